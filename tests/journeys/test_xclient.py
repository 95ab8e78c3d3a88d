"""XCLIENT and XFORWARD: what a known proxy says of its client counts, or is noted; nobody else may say it."""
import smtplib
import subprocess

import pytest

from waiting import free_port, until

STRANGERS = '"192.0.2.0/24"'
PROXY = 'trusted-proxies = { "127.0.0.1" }'


def session(server, source="127.0.0.1"):
    client = smtplib.SMTP("127.0.0.1", server.port, timeout=30, local_hostname="proxy.test", source_address=(source, 0))
    client.ehlo()
    return client


def rcpt(client, to="y@elsewhere.example"):
    assert client.ehlo("client.test")[0] == 250
    assert client.mail("x@there.example")[0] == 250
    code, text = client.rcpt(to)
    return code, text.decode()


def test_only_the_proxy_is_offered_them(candor):
    server = candor(networks=STRANGERS, listen=PROXY)
    with session(server) as client:
        assert client.esmtp_features["xclient"] == "NAME ADDR PORT PROTO HELO LOGIN"
        assert client.esmtp_features["xforward"] == "NAME ADDR PORT PROTO HELO IDENT SOURCE"
    with session(server, "127.0.0.9") as client:
        assert not client.has_extn("xclient") and not client.has_extn("xforward")
        for command in ("XCLIENT ADDR=192.0.2.1", "XFORWARD ADDR=192.0.2.1"):
            code, text = client.docmd(command)
            assert code == 550 and text.startswith(b"5.7.1 " + command.split()[0].encode())


@pytest.mark.parametrize("told, address", [("203.0.113.7", "203.0.113.7"), ("IPV6:2001:db8::7", "2001:db8::7"),
                                           ("[UNAVAILABLE]", "0.0.0.0"), ("[TEMPUNAVAIL]", "0.0.0.0")])
def test_the_client_is_whom_it_names(candor, told, address):
    server = candor(networks=STRANGERS, listen=PROXY)
    with session(server) as client:
        code, text = client.docmd(f"XCLIENT ADDR={told} NAME=client.test PORT=4711")
        assert code == 220 and text == b"mx.here.test ESMTP Candor"
        assert client.docmd("MAIL FROM:<x@there.example>")[0] == 503  # the session begins anew
        code, text = rcpt(client)
        assert code == 550 and text.startswith("5.7.1 ") and f"[{address}]" in text
        client.rset()
        assert client.sendmail("x@there.example", ["alice@here.test"], b"Subject: x\r\n\r\nx\r\n") == {}
        code, text = client.docmd("XCLIENT ADDR=192.0.2.1")  # once only: he is a client now
        assert code == 550 and text.startswith(b"5.7.1 ")
    literal = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
    assert literal in server.wait_mail("alice")[0]["Received"]
    assert "port=4711" in server.log and "proxy=127.0.0.1" in server.log


def test_a_client_of_the_relay_networks_and_one_who_logged_in_may_relay(candor):
    server = candor(networks=STRANGERS, listen=PROXY)
    for words in ("XCLIENT ADDR=192.0.2.7", "XCLIENT ADDR=203.0.113.7 LOGIN=alice"):
        with session(server) as client:
            assert client.docmd(words)[0] == 220
            assert rcpt(client)[0] == 250
    with session(server) as client:
        assert client.docmd("XCLIENT ADDR=203.0.113.7 LOGIN=[UNAVAILABLE]")[0] == 220
        assert rcpt(client)[0] == 550


def test_one_client_after_the_other_where_the_operator_wants_that(candor):
    server = candor(networks=STRANGERS, listen=PROXY + "  clients-in-turn = true", more="limits { connections-per-client = 1 }\n")
    with session(server) as client:
        assert client.docmd("XCLIENT ADDR=203.0.113.7 LOGIN=alice")[0] == 220
        assert rcpt(client)[0] == 250
        client.rset()
        assert client.docmd("XCLIENT ADDR=203.0.113.8")[0] == 220
        code, text = rcpt(client)  # the login was the other's
        assert code == 550 and "[203.0.113.8]" in text
        client.rset()
        assert client.sendmail("x@there.example", ["alice@here.test"], b"Subject: x\r\n\r\nx\r\n") == {}
        with session(server) as other:  # the first client's only connection is over, the second's is not
            code, text = other.docmd("XCLIENT ADDR=203.0.113.8")
            assert code == 421 and text.startswith(b"4.7.0 Too many connections from [203.0.113.8]")
        with session(server) as other:
            assert other.docmd("XCLIENT ADDR=203.0.113.7")[0] == 220
    assert "[203.0.113.8]" in server.wait_mail("alice")[0]["Received"]


def test_the_next_client_comes_while_the_dns_is_asked_about_the_one_before(candor):
    server = candor(networks=STRANGERS, listen=PROXY + "  clients-in-turn = true",
                    more=f'resolver {{ nameserver = {{ "127.0.0.1@{free_port()}" }} }}\nchecks {{ reverse-dns = true  dns-timeout = "500 ms" }}\n')
    with session(server) as client:
        assert client.docmd("XCLIENT ADDR=203.0.113.7")[0] == 220
        assert client.docmd("XCLIENT ADDR=203.0.113.8")[0] == 220
        code, text = rcpt(client, "alice@here.test")
        assert code == 450 and "[203.0.113.8]" in text
    with session(server) as client:  # and who leaves meanwhile does no harm
        assert client.docmd("XCLIENT ADDR=203.0.113.7")[0] == 220
        client.send("XCLIENT ADDR=203.0.113.8\r\n")
        client.close()


def test_an_unknown_address_is_not_the_proxys(candor):
    server = candor(listen=PROXY)  # the proxy itself may relay
    with session(server) as client:
        assert client.docmd("XCLIENT ADDR=[UNAVAILABLE]")[0] == 220
        assert rcpt(client)[0] == 550


def test_limits_are_the_clients_and_not_the_proxys(candor):
    server = candor(networks=STRANGERS, listen=PROXY, more="limits { connections-per-client = 1 }\n")
    with session(server) as one, session(server) as two, session(server) as three:
        assert one.docmd("XCLIENT ADDR=203.0.113.7")[0] == 220
        code, text = two.docmd("XCLIENT ADDR=203.0.113.7")
        assert code == 421 and text.startswith(b"4.7.0 Too many connections from [203.0.113.7]")
        assert three.docmd("XCLIENT ADDR=203.0.113.8")[0] == 220


def test_wrong_attributes(candor):
    server = candor(listen=PROXY)
    with session(server) as client:
        for words in ("XCLIENT", "XCLIENT ADDR=192.0.2.300", "XCLIENT ADDR=", "XCLIENT SOURCE=LOCAL", "XCLIENT NAME=a+zz", "XCLIENT PORT=0",
                      "XFORWARD LOGIN=alice", "XFORWARD PROTO=HTTP"):
            code, text = client.docmd(words)
            assert code == 501 and text.startswith(b"5.5.4 "), words
        assert client.mail("x@there.example")[0] == 250
        for words in ("XCLIENT ADDR=192.0.2.3", "XFORWARD IDENT=1"):
            code, text = client.docmd(words)
            assert code == 503 and text.startswith(b"5.5.1 "), words


def test_swaks(candor):
    server = candor(networks=STRANGERS, listen=PROXY)
    done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(server.port), "--from", "x@there.example", "--to", "alice@here.test",
                           "--xclient-addr", "203.0.113.9", "--xclient-name", "client.test", "--xclient-helo", "client.test", "--helo", "client.test"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "XCLIENT " in done.stdout
    assert "[203.0.113.9]" in server.wait_mail("alice")[0]["Received"]


def test_a_postfix_in_front_says_where_its_mail_comes_from(candor, postfix):
    server = candor(listen=PROXY)
    front = postfix(["x@peer.test"], settings={
        "relayhost": f"[127.0.0.1]:{server.port}", "mynetworks": "127.0.0.0/8", "smtp_send_xforward_command": "yes",
        "smtpd_recipient_restrictions": "permit_mynetworks,reject"})
    with smtplib.SMTP("127.0.0.1", front.port, timeout=30, local_hostname="first.test", source_address=("127.0.0.44", 0)) as client:
        client.sendmail("x@there.example", ["alice@here.test"], b"Subject: x\r\n\r\nx\r\n")
    server.wait_mail("alice")
    until(lambda: " xforward " in server.log, "the client to be noted")
    lines = [line for line in server.log.splitlines() if " xforward " in line]  # a command may be split in several
    assert all("proxy=127.0.0.1" in line for line in lines)
    assert "client=127.0.0.44" in " ".join(lines) and "helo=first.test" in " ".join(lines)
