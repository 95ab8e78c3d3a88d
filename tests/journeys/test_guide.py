"""What is said without a message: HELP STATUS, VRFY and EXPN; domains and hosts that never take mail; whose a sender is."""
import smtplib

import pytest
from says_no import says_no
from test_login import accounts, plain, session  # noqa: F401  the fixture is used by its name
from waiting import free_port

VAGUE = "2.0.0 Addresses are not confirmed here; send the message, it is the only sure test"
ALIASES = "team: alice, bob@here.test, carol@elsewhere.test\nold: :moved: new@elsewhere.test\naway: :told: new@elsewhere.test\n"


def ask(server, command):
    with server.smtp() as client:
        client.ehlo()
        code, text = client.docmd(command)
        return code, text.decode()


def test_trusted_clients_may_verify(candor):
    server = candor(aliases=ALIASES, more='refuse { domains = { "never.test" } }\n')
    assert ask(server, "VRFY alice@here.test") == (250, "2.1.5 <alice@here.test>")
    assert ask(server, "VRFY Alice <ALICE+tag@here.test>") == (250, "2.1.5 <ALICE+tag@here.test>")
    assert ask(server, "VRFY bob") == (250, "2.1.5 <bob@here.test>")
    assert ask(server, "VRFY team") == (250, "2.1.5 <team@here.test>")
    code, text = ask(server, "VRFY nobody@here.test")
    assert (code, text[:6]) == (550, "5.1.1 ") and "<nobody@here.test>" in text
    assert ask(server, "VRFY old") == says_no(551, "5.1.6 <old@here.test> has moved; please try <new@elsewhere.test>")
    assert ask(server, "VRFY away")[0] == 251
    assert ask(server, "VRFY x@elsewhere.test") == (
        252, "2.1.5 <x@elsewhere.test> is not of this server, which can't tell whether it is there; a message from you is taken, and sent on")
    assert ask(server, "VRFY x@never.test")[0] == 521


def test_trusted_clients_may_expand(candor):
    server = candor(aliases=ALIASES)
    assert ask(server, "EXPN team") == (
        250, "2.1.5 <alice@here.test>\n2.1.5 <bob@here.test>\n2.1.5 <carol@elsewhere.test>")
    assert ask(server, "EXPN alice") == says_no(550, "5.1.1 There is no list <alice@here.test> here")


def test_strangers_learn_nothing(candor):
    server = candor(networks='"192.0.2.0/24"', aliases=ALIASES)
    for name in ("alice@here.test", "nobody@here.test", "old"):
        assert ask(server, f"VRFY {name}") == (252, VAGUE)
    assert ask(server, "EXPN team") == says_no(502, "5.5.1 Mailing lists are not shown here; EXPN is switched off")


def test_status(candor):
    code, text = ask(candor(), "HELP STATUS")
    lines = text.splitlines()
    assert code == 211 and lines[0] == "2.0.0 mx.here.test, this session:"
    assert lines[1] == "2.0.0 You are [127.0.0.1], of a network that may send to anywhere"
    assert lines[2:4] == ["2.0.0 The connection is not encrypted", "2.0.0 You are not logged in"]
    assert lines[4].startswith("2.0.0 Connections open here: 1, of at most ")
    code, text = ask(candor(networks='"192.0.2.0/24"'), "HELP STATUS")
    assert code == 211 and "Connections" not in text


def test_domains_that_never_take_mail(candor):
    server = candor(more='refuse { domains = { "never.test" } }\n')
    with server.smtp() as client:
        client.ehlo()
        assert client.mail("alice@here.test")[0] == 250
        code, text = client.rcpt("x@Never.test")
        assert (code, text) == says_no(521, b"5.3.2 The domain of <x@Never.test> takes no mail at all; nobody can be reached there by mail")
        assert client.rcpt("bob@here.test")[0] == 250


def test_a_host_that_never_takes_mail(candor):
    port = free_port()
    candor(more=f'listen mx-none {{ address = "127.0.0.1:{port}" never-accepts = true }}\n')
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.SMTP("127.0.0.1", port, timeout=30)
    assert refused.value.smtp_code == 521 and b"never takes mail" in refused.value.smtp_error


def test_senders_are_their_owners(accounts):  # noqa: F811
    text = accounts.config.read_text()
    accounts.config.write_text(text.replace("login { ", "login { senders = own "))
    (accounts.folder / "aliases").write_text("sales: alice\n")
    assert accounts.queue("list").returncode == 0
    accounts.stop()
    accounts.start()
    with session(accounts) as client:
        assert client.docmd("AUTH", "PLAIN " + plain("alice", "s3cret ünd länger"))[0] == 235
        assert client.mail("bob@here.test") == says_no(
            553, b"5.7.1 The sender address <bob@here.test> does not belong to alice, who is logged in; send with an address of your own")
        for sender in ("alice@here.test", "alice+x@here.test", "sales@here.test", ""):
            assert client.mail(sender)[0] == 250
            client.rset()
        assert client.docmd("VRFY", "bob@here.test") == (250, b"2.1.5 <bob@here.test>")
        assert b"You are logged in as alice" in client.docmd("HELP", "STATUS")[1]
