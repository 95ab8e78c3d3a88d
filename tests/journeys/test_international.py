"""International domains: one name, whether as U-labels or as A-labels, for mailboxes, aliases, limits, the DNS and the next server."""
import pytest
from says_no import says_no
from sink import Sink
from test_dns import exchangers
from waiting import until

A_LABELS, U_LABELS = "xn--bcher-kva.example", "bücher.example"


@pytest.fixture
def sink():
    """A server at 127.0.0.2 that knows nothing of SMTPUTF8."""
    peer = Sink(address="127.0.0.2")
    yield peer
    peer.close()


def domain(name):
    return f'domain {name} {{ mailboxes = "{{folder}}/mailboxes"  aliases = "{{folder}}/books"  maildir = "{{folder}}/mail/%u" }}\n'


def session(server):
    client = server.smtp()
    client.command_encoding = "utf-8"
    client.ehlo()
    return client


def begin(client, sender="carol@there.test", smtputf8=True):
    assert client.docmd(f"MAIL FROM:<{sender}>{' SMTPUTF8' if smtputf8 else ''}")[0] == 250


@pytest.mark.parametrize("configured", [A_LABELS, U_LABELS])
def test_a_mailbox_is_reached_under_both_forms(candor, configured):
    server = candor(more=domain(configured), files={"books": ""}, networks='"192.0.2.0/24"')
    with session(server) as client:
        for number, written in enumerate((A_LABELS, U_LABELS, A_LABELS.upper(), U_LABELS.upper())):
            begin(client, smtputf8=written != A_LABELS)
            assert client.docmd(f"RCPT TO:<alice@{written}>")[0] == 250, written
            assert client.docmd(f"RCPT TO:<nobody@{written}>")[0] == 550
            assert client.data(f"Subject: {number}\r\n\r\nx\r\n".encode())[0] == 250
    assert sorted(mail["Subject"] for mail in server.wait_mail("alice", 4)) == ["0", "1", "2", "3"]


def test_named_in_both_forms_it_is_one_recipient(candor):
    server = candor(more=domain(U_LABELS), files={"books": ""})
    with session(server) as client:
        begin(client)
        for written in (A_LABELS, U_LABELS):
            assert client.docmd(f"RCPT TO:<bob@{written}>")[0] == 250
        assert client.data(b"Subject: once\r\n\r\nx\r\n")[0] == 250
    server.send("bob@here.test", subject="marker")
    assert sorted(mail["Subject"] for mail in server.wait_mail("bob", 2)) == ["marker", "once"]


def test_an_alias_may_lead_to_either_form(candor):
    server = candor(more=domain(A_LABELS), files={"books": f"first: alice@{U_LABELS}\nsecond: bob@{A_LABELS}\n"})
    with session(server) as client:
        begin(client)
        assert client.docmd(f"RCPT TO:<first@{A_LABELS}>")[0] == 250
        assert client.docmd(f"RCPT TO:<second@{U_LABELS}>")[0] == 250
        assert client.data(b"Subject: books\r\n\r\nx\r\n")[0] == 250
    assert server.wait_mail("alice")[0]["Subject"] == server.wait_mail("bob")[0]["Subject"] == "books"


def test_a_domain_that_takes_no_mail(candor):
    server = candor(more=f'refuse {{ domains = {{ "{U_LABELS}" }} }}\n')
    with session(server) as client:
        begin(client)
        assert client.docmd(f"RCPT TO:<x@{A_LABELS}>")[0] == client.docmd(f"RCPT TO:<x@{U_LABELS}>")[0] == 521


def test_it_is_looked_up_and_sent_on_in_ascii(candor, nameserver, sink):
    dns = nameserver(f"{A_LABELS}. MX 10 mx.{A_LABELS}.", f"mx.{A_LABELS}. A 127.0.0.2")
    server = candor(relay=exchangers(sink.port), more=dns.section)
    with session(server) as client:
        begin(client, f"carol@{U_LABELS}")
        assert client.docmd(f"RCPT TO:<dave@{U_LABELS}>")[0] == 250
        assert client.data(b"Subject: plain\r\n\r\nx\r\n")[0] == 250
    sink.wait()
    assert f"MAIL FROM:<carol@{A_LABELS}>" in sink.commands and f"RCPT TO:<dave@{A_LABELS}>" in sink.commands


def test_what_needs_smtputf8_comes_back_from_who_has_it_not(candor, nameserver, sink):
    dns = nameserver(f"{A_LABELS}. A 127.0.0.2")
    server = candor(relay=exchangers(sink.port), more=dns.section)
    for address, text in ((f"änne@{U_LABELS}", b"Subject: x\r\n\r\nx\r\n"), (f"dave@{U_LABELS}", "Subject: ü\r\n\r\nx\r\n".encode())):
        with session(server) as client:
            begin(client, "alice@here.test")
            assert client.docmd(f"RCPT TO:<{address}>")[0] == 250
            assert client.data(text)[0] == 250
    assert all("5.6.7" in mail.as_string() for mail in server.wait_mail("alice", 2))
    assert not sink.messages


def test_the_senders_domain_is_looked_up_too(candor, nameserver):
    dns = nameserver(f"{A_LABELS}. MX 0 .")
    server = candor(networks='"192.0.2.0/24"', more=dns.section + "checks { sender-domain = true }\n")
    with session(server) as client:
        code, text = client.docmd(f"MAIL FROM:<x@{U_LABELS}> SMTPUTF8")
        assert code == 550 and text.startswith(b"5.7.27 ")


def test_what_can_be_no_name_is_refused(candor):
    with session(candor()) as client:
        assert client.docmd("MAIL FROM:<x@☃.example> SMTPUTF8") == says_no(
            501, "5.1.7 <x@☃.example> is not a valid sender address: its domain holds what no international name may (RFC 5891); "
                 "right is, for example: <user@example.org>".encode())
        begin(client)
        code, text = client.docmd("RCPT TO:<x@☃.example>")
        assert code == 501 and text.startswith(b"5.1.3 ")
