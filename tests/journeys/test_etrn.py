"""ETRN (RFC 1985): who is not always connected calls for what waits for his domain."""
import json
import threading

import pytest
from says_no import says_no
from sink import Session, Sink
from waiting import free_port, until


class Later(Session):
    """Puts mail off until it is told otherwise."""

    def answer(self, verb, line):
        is_late = verb == "RCPT" and getattr(self.server.sink, "puts_off", True)
        self.say("450 4.2.1 come again" if is_late else "250 2.0.0 fine")


@pytest.fixture
def peer():
    sink = Sink(session=Later)
    yield sink
    sink.close()


def waiting_recipients(server, words=""):
    return sum('"recipient"' in line and words in line for line in server.queue("list", "--json").stdout.splitlines())


@pytest.fixture
def waiting(candor, peer):
    """A server with a message that waits for an hour for each of these."""
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"', listen="etrn = true", retry="1 h")
    for to in ("carol@there.example", "dave@there.example", "erin@inner.there.example", "frank@elsewhere.example"):
        server.send(to)
    until(lambda: waiting_recipients(server, "come again") == 4, lambda: server.queue("list").stdout)
    peer.puts_off = False
    return server


def etrn(server, words):
    with server.smtp() as client:
        client.ehlo()
        assert client.has_extn("etrn")
        return client.docmd("ETRN", words)


def test_what_waits_for_a_domain_is_sent(waiting, peer):
    assert etrn(waiting, "There.Example") == (253, b"2.0.0 Messages that wait for There.Example: 2; they are being sent now")
    peer.wait(2)
    until(lambda: waiting_recipients(waiting) == 2, lambda: waiting.queue("list").stdout)
    assert etrn(waiting, "there.example") == (251, b"2.0.0 No message waits for there.example")


def test_with_those_below_it(waiting, peer):
    code, text = etrn(waiting, "@there.example")
    assert code == 253 and b"there.example: 3;" in text
    peer.wait(3)


def test_what_the_operator_stopped_stays(waiting, peer):
    """All of it: 458. A part: 252, and the rest goes."""
    assert waiting.queue("suspend", "--sender", "alice@here.test", "--reason", "not yet").returncode == 0
    assert etrn(waiting, "there.example") == says_no(
        458, b"4.5.0 What waits for there.example was stopped by the operator of this server and can't be sent now; ask there, then again later")
    assert waiting.queue("resume", "--all").returncode == 0
    held = next(line for line in waiting.queue("list", "--json").stdout.splitlines() if "dave@" in line)
    assert waiting.queue("hold", json.loads(held)["id"]).returncode == 0
    assert etrn(waiting, "there.example") == (
        252, b"2.0.0 Messages that wait for there.example: 1 are being sent now; 1 others were stopped by the operator of this server, and stay")
    peer.wait(1)
    until(lambda: waiting_recipients(waiting) == 3, lambda: waiting.queue("list").stdout)
    assert etrn(waiting, "there.example")[0] == 458


class Slow(Session):
    """Answers RCPT when it is told to."""

    def answer(self, verb, line):
        if verb == "RCPT":
            self.server.sink.go.wait(60)
        self.say("250 2.0.0 fine")


def test_what_is_on_its_way_is_said_to_be(candor):
    sink = Sink(session=Slow)
    sink.go = threading.Event()
    try:
        server = candor(relay=f'smarthost = "127.0.0.1:{sink.port}"', listen="etrn = true")
        server.send("carol@there.example")
        until(lambda: waiting_recipients(server, "Being delivered"), lambda: server.queue("list").stdout)
        assert etrn(server, "there.example") == (250, b"2.0.0 What waits for there.example is being sent already")
        sink.go.set()
        until(lambda: waiting_recipients(server) == 0, lambda: server.queue("list").stdout)
        assert etrn(server, "there.example")[0] == 251
    finally:
        sink.go.set()
        sink.close()


def test_what_the_sender_holds_back_stays(candor, peer):
    port = free_port()
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"', more=f'listen submission {{ address = "127.0.0.1:{port}"  etrn = true }}\n')
    server.port = port
    with server.smtp() as client:
        client.sendmail("alice@here.test", ["carol@there.example"], b"Subject: x\r\n\r\nx\r\n", mail_options=["HOLDFOR=3600"])
    assert etrn(server, "there.example")[0] == 251


def test_strangers_and_our_own_domains(candor):
    server = candor(listen="etrn = true", networks='"192.0.2.0/24"')
    assert etrn(server, "there.example") == says_no(
        459, b"4.5.0 Only people who log in, and the relay networks, may ask for what waits for there.example; log in first, or ask the operator")
    server = candor(listen="etrn = true")
    code, text = etrn(server, "HERE.test")
    assert code == 459 and b"delivered here" in text


def test_what_is_wrong_is_named(candor):
    server = candor(listen="etrn = true")
    for words in ("", "#queue", "-x-", "a b"):
        code, text = etrn(server, words)
        assert code == 501 and text.startswith(b"5.5.4 "), words


def test_only_where_the_operator_wants_it(candor):
    with candor().smtp() as client:
        client.ehlo()
        assert not client.has_extn("etrn")
        assert client.docmd("ETRN", "there.example")[0] == 502
