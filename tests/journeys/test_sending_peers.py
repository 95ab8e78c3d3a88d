"""Postfix and Exim hand in mail: what they were told of notices, of international addresses and of 8-bit text arrives with it,
in few packets, and from Exim in chunks."""
import contextlib
import smtplib
import tempfile

import pytest
from candor import Candor, fields_of_dsn
from exim import Exim
from postfix import Postfix
from waiting import free_port, until
from wire import Wire


def postfix(folder, port):
    return Postfix(f"{folder}/postfix", free_port(), ["nobody@peer.test"], settings={
        "relayhost": f"[127.0.0.1]:{port}", "relay_domains": "here.test", "relay_transport": "smtp", "smtputf8_enable": "yes"})


def exim(folder, port):
    return Exim(f"{folder}/exim", free_port(), port, "dsn_advertise_hosts = *\nsmtputf8_advertise_hosts = *")


class Pair:
    def __init__(self, peer, server, wire):
        self.peer, self.server, self.wire = peer, server, wire

    def send(self, message, mail=(), rcpt=()):
        """Hands it to the peer; what the peer then sent, once the mail is there."""
        before, said = len(self.server.files("alice")), len(self.wire.text)
        with smtplib.SMTP("127.0.0.1", self.peer.port, timeout=30, local_hostname="client.test") as session:
            session.sendmail("bob@here.test", ["alice@here.test"], message.replace("\n", "\r\n").encode(), mail, rcpt)
        until(lambda: len(self.server.files("alice")) > before, lambda: self.peer.complaints() + self.server.log[-3000:])
        return self.server.mails("alice")[-1], self.wire.text[said:]


@pytest.fixture(scope="module", params=[postfix, exim], ids=lambda kind: kind.__name__)
def pair(request):
    with tempfile.TemporaryDirectory(prefix="journey-") as folder, contextlib.ExitStack() as stack:
        server = Candor()
        stack.callback(server.close)
        wire = Wire(server.start().port)
        stack.callback(wire.close)
        peer = request.param(folder, wire.port)
        stack.callback(peer.stop)
        yield Pair(peer.start(), server, wire)


def test_pipelining(pair):
    pair.send("Subject: quick\n\nx\n")
    assert any(b"MAIL FROM:" in packet and b"RCPT TO:" in packet for packet in pair.wire.packets)


def test_eight_bits(pair):
    mail, _ = pair.send("Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGr\u00fc\u00dfe\n",
                        ["BODY=8BITMIME"])
    assert mail.get_content() == "Gr\u00fc\u00dfe\n"


def test_international_mail(pair):
    mail, said = pair.send("From: <bob@here.test>\nTo: <alice@here.test>\nSubject: Gr\u00fc\u00dfe\n\nx\n", ["SMTPUTF8", "BODY=8BITMIME"])
    assert mail["Subject"] == "Gr\u00fc\u00dfe" and " SMTPUTF8" in said
    assert " with UTF8SMTP id " in " ".join(mail.get_all("Received")[0].split())


def test_a_notice_of_success(pair):
    """RFC 3461: the peer leaves the notice to us, since we offer DSN; what the sender named is in it."""
    before = len(pair.server.files("bob"))
    _, said = pair.send("Subject: please tell\n\nx\n", ["RET=HDRS", "ENVID=QQ314159"], ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Alice@old.example"])
    assert " RET=HDRS" in said and " ENVID=QQ314159" in said
    until(lambda: len(pair.server.files("bob")) > before, lambda: pair.peer.complaints() + pair.server.log[-3000:])
    message, (recipient,) = fields_of_dsn(pair.server.mails("bob")[-1])
    assert message["Original-Envelope-Id"] == "QQ314159" and recipient["Action"] == "delivered"
    assert recipient["Original-Recipient"] == "rfc822; Alice@old.example" and recipient["Status"].startswith("2.")


def test_exim_sends_chunks(pair):
    lines = "".join(f"line {number}\n.\n" for number in range(20000))
    mail, said = pair.send("Subject: many\n\n" + lines)
    assert mail.get_content() == lines
    assert ("BDAT " in said) == isinstance(pair.peer, Exim)
