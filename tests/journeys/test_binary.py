"""BINARYMIME (RFC 3030): every byte as it came, to those alone who take it as it is."""
import email.policy

import pytest
from candor import fields_of_dsn
from says_no import says_no
from sink import Session, Sink
from test_bdat import bdat
from waiting import until

PART = bytes(range(256)) + b"\n.\n\r.\r\n.\r\n\r" + bytes(2000)
MESSAGE = (b"From: <alice@here.test>\r\nSubject: bytes\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
           b"Content-Transfer-Encoding: binary\r\n\r\n" + PART)


class Chunks(Session):
    """Takes BDAT, too."""

    def answer(self, verb, line):
        if verb == "BDAT":
            assert line.endswith(" LAST")
            self.server.sink.messages.append(self.rfile.read(int(line.split()[1])))
        self.say("250 2.0.0 fine")


@pytest.fixture
def sink():
    sinks = []

    def start(*offers):
        sinks.append(Sink(offers=offers, session=Chunks))
        return sinks[-1]
    yield start
    for each in sinks:
        each.close()


def send(server, to, message=MESSAGE, pieces=3):
    with server.smtp() as client:
        client.ehlo()
        assert client.has_extn("binarymime")
        assert client.docmd("MAIL FROM:<alice@here.test> BODY=BINARYMIME")[0] == 250
        assert client.docmd(f"RCPT TO:<{to}>")[0] == 250
        size = len(message) // pieces + 1
        for at in range(0, len(message), size):
            code, text = bdat(client, message[at:at + size], at + size >= len(message))
            assert code == 250, text


def test_into_a_mailbox(candor):
    server = candor()
    send(server, "bob@here.test")
    until(lambda: server.files("bob"), lambda: server.log[-3000:])
    assert server.files("bob")[0].read_bytes().endswith(MESSAGE)
    mail = email.message_from_bytes(server.files("bob")[0].read_bytes(), policy=email.policy.default)
    assert mail["Subject"] == "bytes" and mail["Return-Path"] == "<alice@here.test>"


def test_on_to_who_takes_it(candor, sink):
    peer = sink("CHUNKING", "BINARYMIME")
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"', queue="", retry="300 ms")
    send(server, "carol@there.test")
    (taken,) = peer.wait()
    assert taken.endswith(MESSAGE) and taken.startswith(b"Received: from client.test")
    mail, _, chunk = [line for line in peer.commands if line.split()[0] in ("MAIL", "RCPT", "BDAT")]
    assert mail.endswith(" BODY=BINARYMIME") and chunk == f"BDAT {len(taken)} LAST" and "DATA" not in peer.commands


@pytest.mark.parametrize("offers", [(), ("CHUNKING",), ("BINARYMIME",)])
def test_to_nobody_else(candor, sink, offers):
    peer = sink(*offers)
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    send(server, "carol@there.test")
    notice = server.wait_mail("alice")[0]
    _, recipients = fields_of_dsn(notice)
    assert recipients[0]["Status"] == "5.6.3" and "BINARYMIME" in recipients[0]["Diagnostic-Code"]
    assert "Remote-MTA" not in recipients[0]  # we knew it without asking
    assert list(notice.iter_parts())[2].get_content_type() == "text/rfc822-headers"
    assert not peer.messages and not any(line.startswith("MAIL") for line in peer.commands)


def test_what_is_text_after_all_goes_to_everybody(candor, sink):
    peer = sink()
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    text = "Subject: text\r\n\r\nGr\u00fc\u00dfe\r\n.\r\n".encode()
    send(server, "carol@there.test", text)
    assert peer.wait()[0].endswith(text)
    assert any(line.endswith(" BODY=8BITMIME") for line in peer.commands)


def test_not_with_data(candor):
    with candor().smtp() as client:
        client.ehlo()
        client.docmd("MAIL FROM:<alice@here.test> BODY=BINARYMIME")
        client.docmd("RCPT TO:<bob@here.test>")
        assert client.docmd("DATA") == says_no(503, b"5.5.1 A message with BODY=BINARYMIME comes with BDAT, not with DATA (RFC 3030)")
        assert bdat(client, MESSAGE, True)[0] == 250


def test_without_the_word_it_is_text(candor):
    with candor().smtp() as client:
        client.ehlo()
        client.mail("alice@here.test")
        client.rcpt("bob@here.test")
        code, text = bdat(client, MESSAGE, True)
        assert code == 554 and text.startswith(b"5.6.0 ")
