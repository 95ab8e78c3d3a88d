"""Mail to address literals (RFC 5321 4.1.3): straight to that address, never round and round to this server."""
import json
import smtplib

import pytest
from candor import fields_of_dsn
from sink import Sink
from test_addresses import Sink6, port_of_both
from waiting import free_port, until


@pytest.fixture
def sink():
    made = []

    def start(address, port):
        made.append((Sink6 if ":" in address else Sink)(address=address, port=port))
        return made[-1]
    yield start
    for each in made:
        each.close()


@pytest.mark.parametrize("literal, address", [("[127.0.0.3]", "127.0.0.3"), ("[IPv6:::1]", "::1"), ("[ipv6:0:0:0:0:0:0:0:1]", "::1")])
def test_it_goes_to_that_address(candor, nameserver, sink, literal, address):
    """Without a question to the DNS, which knows no such name."""
    port = port_of_both()
    peer = sink(address, port)
    server = candor(relay=f"port = {port}", more=nameserver().section)
    server.send(f"carol@{literal}")
    peer.wait()
    assert any(line.upper() == f"RCPT TO:<CAROL@{literal.upper()}>" for line in peer.commands), peer.commands
    until(lambda: server.queue().stdout == "Nothing waits.\n", lambda: server.queue("list").stdout)


def test_two_addresses_are_two_destinations(candor, sink):
    port = port_of_both()
    peers = [sink(address, port) for address in ("127.0.0.2", "127.0.0.3")]
    server = candor(relay=f"port = {port}")
    with server.smtp() as session:
        session.sendmail("alice@here.test", ["a@[127.0.0.2]", "b@[127.0.0.3]"], "Subject: x\r\n\r\nx\r\n")
    for peer, name in zip(peers, "ab"):
        peer.wait()
        assert [line for line in peer.commands if line.startswith("RCPT")] == [f"RCPT TO:<{name}@[{peer.server.server_address[0]}]>"]


def test_a_smarthost_gets_it_where_there_is_one(candor, sink):
    peer = sink("127.0.0.2", port_of_both())
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"')
    server.send("carol@[127.0.0.3]")
    peer.wait()
    assert "RCPT TO:<carol@[127.0.0.3]>" in peer.commands


def test_nobody_listens_there(candor):
    server = candor(relay=f"port = {free_port('127.0.0.3')}", retry="1 h")
    server.send("carol@[127.0.0.3]")

    def tried():
        rows = [json.loads(line) for line in server.queue("list", "--json").stdout.splitlines()]
        return rows[0] if rows and rows[0].get("last") else None
    row = until(tried, lambda: server.queue("list").stdout)
    assert (row["destination"], row["cause"]) == ("[127.0.0.3]", "connection_failed"), row


OWN = {  # an address to listen at, and a literal that leads there
    "the same": ("127.0.0.1", "[127.0.0.1]"), "any": ("0.0.0.0", "[127.0.0.9]"), "any of both": ("[::]", "[127.0.0.9]"),
    "any of IPv6": ("[::]", "[IPv6:::1]"), "IPv6": ("[::1]", "[IPv6:::1]"),
}


@pytest.mark.parametrize("name", OWN)
def test_what_leads_back_to_us_comes_back_at_once(candor, name):
    """The relay networks may send anywhere; without the check it would go round until the hops are counted."""
    listen, literal = OWN[name]
    port = port_of_both()
    server = candor(relay=f"port = {port}", more=f'listen more {{ address = "{listen}:{port}" }}\n')
    server.send(f"carol@{literal}")
    message, (recipient,) = fields_of_dsn(server.wait_mail("alice")[0])
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.4.6"), recipient.as_string()
    assert "lead back to this server" in recipient["Diagnostic-Code"].replace("\n", " ") and message
    assert server.log.count(" received ") == 2  # it, and the bounce


@pytest.mark.parametrize("wrong", ["[127.0.0.300]", "[IPv6:127.0.0.1]", "[IPv6:::g]", "[X-tag:1]", "[]", "[127.0.0.1"])
def test_what_is_no_literal_is_refused(candor, wrong):
    server = candor()
    with server.smtp() as session, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        session.sendmail("alice@here.test", [f"carol@{wrong}"], "Subject: x\r\n\r\nx\r\n")
    ((code, text),) = refused.value.recipients.values()
    assert code in (501, 553, 550) and text.startswith((b"5.1.3", b"5.5.4", b"5.1.2")), (code, text)
