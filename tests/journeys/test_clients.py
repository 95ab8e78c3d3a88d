"""Real clients hand in mail; it arrives in a Maildir as it was sent."""
import smtplib
import subprocess

import mailers
import pytest
from mailers import BODY, SENDER, SUBJECT, Entrance
from postfix import tool


def named(function):
    return function.__name__


@pytest.mark.parametrize("client", mailers.CARRY, ids=named)
def test_a_message_arrives_as_it_was_sent(candor, folder, client):
    server = candor()
    client(Entrance(server.port), folder)
    server.wait_mail("alice")
    raw = server.files("alice")[0].read_bytes()
    assert b"\r" not in raw
    head, body = raw.decode().split("\n\n", 1)
    assert body.rstrip("\n") == BODY.rstrip("\n")
    assert head.startswith(f"Return-Path: <{SENDER}>\n")
    assert "\nReceived: from " in head and "by mx.here.test" in head
    assert f"\nSubject: {SUBJECT}\n" in head + "\n"


@pytest.mark.parametrize("client", mailers.COMPOSE, ids=named)
def test_a_message_that_a_mail_program_wrote_says_the_same(candor, folder, client):
    server = candor()
    client(Entrance(server.port), folder)
    (mail,) = server.wait_mail("alice")
    assert mail["Subject"] == SUBJECT and mail.get_content().rstrip("\n") == BODY.rstrip("\n")
    assert mail["Return-Path"] == f"<{SENDER}>"


def test_smtp_source_sends_five_hundred_messages(candor, folder):
    server = candor()
    words, env = tool("smtp-source")
    done = subprocess.run([*words, "-s", "10", "-m", "500", "-l", "4096", "-d", "-f", "carol@there.test", "-t",
                           "alice@here.test", f"127.0.0.1:{server.port}"], env=env, capture_output=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert len(server.wait_mail("alice", 500, 60)) == 500


def test_an_unknown_mailbox_is_refused_in_plain_words(candor):
    with candor().smtp() as session:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            session.sendmail("carol@there.test", ["nobody@here.test"], "Subject: x\r\n\r\nx\r\n")
    code, text = refused.value.recipients["nobody@here.test"]
    assert code == 550 and text.startswith(b"5.1.1 ") and b"nobody@here.test" in text


def test_one_wrong_recipient_does_not_keep_the_others_from_their_mail(candor):
    server = candor()
    with server.smtp() as session:
        refused = session.sendmail("carol@there.test", ["alice@here.test", "nobody@here.test", "bob@here.test"],
                                   "Subject: three\r\n\r\nx\r\n")
    assert list(refused) == ["nobody@here.test"]
    assert server.wait_mail("alice")[0]["Subject"] == server.wait_mail("bob")[0]["Subject"] == "three"


def test_strangers_may_not_relay(candor):
    server = candor(networks='"192.0.2.0/24"')
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        server.send("carol@there.test")
    code, text = refused.value.recipients["carol@there.test"]
    assert (code, text[:6]) == (550, b"5.7.1 ") and b"relay" in text.lower()


def test_who_is_named_often_gets_one_copy(candor):
    server = candor()
    with server.smtp() as session:
        session.ehlo()
        session.docmd("MAIL FROM:<carol@there.test>")
        for name in ("alice", "Alice", "bob", "ALICE", "alice"):
            assert session.docmd(f"RCPT TO:<{name}@here.test>")[0] == 250
        session.data(b"Subject: once\r\n\r\nx\r\n")
    server.send("alice@here.test", subject="marker")
    assert sorted(mail["Subject"] for mail in server.wait_mail("alice", 2)) == ["marker", "once"]
    assert len(server.wait_mail("bob")) == 1
