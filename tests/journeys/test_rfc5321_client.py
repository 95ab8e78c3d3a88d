"""RFC 5321, SMTP: what its sentences with MUST say of who hands mail on, seen by the server that gets it."""
import pytest
from candor import fields_of_dsn, running
from sink import Session, Sink
from talk import Talk
from waiting import until


class Scripted(Session):
    """Answers from .sink.script: by verb, a reply, or a list of them that is used up."""
    taken = False  # a recipient, at least

    def handle(self):
        greeting = self.scripted("greeting", "")
        if greeting:
            self.say(greeting)
            return self.server.sink.commands.extend(line.decode().strip() for line in self.rfile)
        return super().handle()

    def scripted(self, verb, otherwise):
        said = self.server.sink.script.get(verb, otherwise)
        return (said.pop(0) if said else otherwise) if isinstance(said, list) else said

    def offer(self):
        said = self.scripted("EHLO", "")
        if said:
            self.say(said)
        else:
            super().offer()

    def take_message(self):
        said = self.scripted("DATA", "" if self.taken else "554 5.5.1 no valid recipients")
        if said:
            self.say(said)
        else:
            super().take_message()

    def answer(self, verb, line):
        said = self.scripted(verb, "250 2.0.0 fine").split("\n")
        self.taken = said[-1].startswith("2") and (verb == "RCPT" or self.taken and verb != "MAIL")
        self.say(*said)


@pytest.fixture(scope="module")
def server():
    peer = Sink(session=Scripted)
    peer.script = {}
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"', suspend="100 ms", retry="100 ms", more="limits { errors = 1000 }\n") as made:
        made.peer = peer
        yield made
    peer.close()


@pytest.fixture
def peer(server):
    """The next server, with a clean slate."""
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), lambda: server.queue("list").stdout)
    for kept in (server.peer.messages, server.peer.commands):
        kept.clear()
    server.peer.script = {}
    return server.peer


def send(server, text="Subject: x\r\n\r\nx", to=("carol@there.test",), sender="alice@here.test", parameters=""):
    with Talk(server.port) as talk:
        talk.begin(*to, sender=sender, parameters=parameters)
        assert talk.content(text).codes == "250 2.6.0"


def bounced(server, before):
    until(lambda: len(server.files("alice")) > before, lambda: server.log[-3000:])
    return fields_of_dsn(server.mails("alice")[-1])[1][0]


def test_2_3_8_lines_end_with_cr_lf_and_are_complete(server, peer):
    send(server, "Subject: x\r\n\r\none\r\ntwo\r\nthree")
    (message,) = peer.wait()
    assert message.endswith(b"\r\n\r\none\r\ntwo\r\nthree\r\n") and message.count(b"\n") == message.count(b"\r\n") == message.count(b"\r")


def test_3_2_ehlo_comes_first_and_helo_where_it_is_not_known(candor):
    peer = Sink(session=Scripted)  # of its own: an open connection to it is used again, without either
    peer.script = {"EHLO": "502 5.5.1 not here", "HELO": "250 there.test"}
    send(candor(relay=f'smarthost = "127.0.0.1:{peer.port}"'))
    peer.wait()
    peer.close()
    assert [line.split()[0] for line in peer.commands[:3]] == ["EHLO", "HELO", "MAIL"]
    assert not any("=" in line for line in peer.commands if line.startswith(("MAIL", "RCPT")))  # no extension was offered


def test_4_1_1_10_it_says_quit(server, peer):
    send(server)
    until(lambda: "QUIT" in peer.commands, lambda: peer.commands)


@pytest.mark.parametrize("codes", ["250", "251 2.1.5 goes elsewhere", "259 2.9.9 nobody's code", "250-one\n250-two\n250 three"])
def test_4_2_1_the_first_digit_decides_success(server, peer, codes):
    peer.script = {"RCPT": codes}
    send(server)
    peer.wait()


@pytest.mark.parametrize("codes", ["450 4.2.1 busy", "499 4.9.9 nobody's code", "421 4.3.2 closing"])
def test_4_2_1_the_first_digit_decides_on_another_try(server, peer, codes):
    peer.script = {"RCPT": [codes]}
    send(server)
    peer.wait()
    assert sum(line.startswith("RCPT") for line in peer.commands) == 2


@pytest.mark.parametrize("codes", ["550 5.1.1 nobody", "599 5.9.9 nobody's code", "554"])
def test_4_2_1_the_first_digit_decides_on_giving_up(server, peer, codes):
    peer.script = {"RCPT": codes}
    before = len(server.files("alice"))
    send(server)
    assert bounced(server, before)["Action"] == "failed"


def test_3_1_behind_a_refusal_in_the_greeting_there_is_only_quit(candor):
    peer = Sink(session=Scripted)
    peer.script = {"greeting": "554 5.3.2 no service"}
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"', retry="1 h")
    send(server)
    until(lambda: "no service" in server.queue("list").stdout or server.files("alice"), lambda: server.log[-3000:])
    assert set(peer.commands) <= {"QUIT"}
    peer.close()


def test_4_2_5_mail_is_kept_until_250_after_the_data(server, peer):
    peer.script = {"DATA": ["451 4.3.0 not now"]}
    send(server)
    peer.wait()
    assert len(peer.messages) == 1


def test_4_4_what_was_traced_before_stays_in_its_order(server, peer):
    old = b"Received: from a.test by b.test; Fri, 27 Nov 2026 10:00:00 +0000\r\nReceived: from c.test by a.test; Fri, 27 Nov 2026 09:00:00 +0000\r\n"
    send(server, old + b"Subject: x\r\n\r\nx")
    (message,) = peer.wait()
    assert message.startswith(b"Received: from client.test ") and message.count(b"Received:") == 3 and old in message
    assert b"Return-Path:" not in message


@pytest.mark.parametrize("text", [".", "..", ".\r\n.\r\n..x", "x\r\n.\r\n\r\n."])
def test_4_5_2_dots_go_through(server, peer, text):
    send(server, "Subject: x\r\n\r\n" + "\r\n".join("." + line if line.startswith(".") else line for line in text.split("\r\n")))
    (message,) = peer.wait()
    assert message.endswith(b"\r\n\r\n" + text.encode() + b"\r\n")


def test_4_5_5_and_6_1_a_notice_comes_from_nobody_and_none_is_sent_about_it(server, peer):
    peer.script = {"RCPT": ["550 5.1.1 nobody"]}
    send(server, sender="dave@elsewhere.test")
    (notice,) = peer.wait()
    assert b"Content-Type: multipart/report" in notice
    assert [line for line in peer.commands if line.startswith("MAIL")][-1].startswith("MAIL FROM:<>")
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), lambda: server.queue("list").stdout)
    peer.messages.clear()
    peer.script = {"RCPT": "550 5.1.1 nobody"}
    send(server, sender="")
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), lambda: server.queue("list").stdout)
    assert peer.messages == []
