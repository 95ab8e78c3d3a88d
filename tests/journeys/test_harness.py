"""The peers themselves behave as the journeys need: if these fail, the others mean nothing."""
import smtplib

import dns_ask
import pytest
from waiting import until


def send(peer, to, subject="hi"):
    with smtplib.SMTP(peer.address, peer.port, timeout=30) as session:
        session.sendmail("me@there.test", [to], f"Subject: {subject}\r\n\r\nhello\r\n")


def test_postfix_accepts_and_delivers(postfix):
    peer = postfix(["carol@there.test"])
    send(peer, "carol@there.test")
    until(lambda: list((peer.maildir("carol@there.test") / "new").glob("*")), "the mail in Postfix's Maildir")


def test_postfix_refuses_an_unknown_recipient(postfix):
    peer = postfix(["carol@there.test"])
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(peer, "nobody@there.test")
    assert refused.value.recipients["nobody@there.test"][1].startswith(b"5.1.1")


def test_nsd_knows_mx_null_mx_and_nothing(nameserver):
    server = nameserver("there.test. MX 10 mx.there.test.", "mx.there.test. A 127.0.0.2", "nomail.test. MX 0 .")
    assert dns_ask.mx(server.port, "there.test") == ("NOERROR", ["mx.there.test."])
    assert dns_ask.mx(server.port, "nomail.test") == ("NOERROR", ["."])
    assert dns_ask.mx(server.port, "gone.test") == ("NXDOMAIN", [])
