"""RFC 6152, 8BITMIME: text with all its bits. Relaying: whoever gets such a message without having offered it gets it as it is, on purpose,
since a conversion breaks signatures; what has to hold is that it is announced where it was offered, and never changed."""
import pytest
from candor import running
from sink import Session, Sink
from talk import Talk
from waiting import until

TEXT = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe \u2603"


class SevenBits(Session):
    def offer(self):
        self.say("250-there.test", "250 PIPELINING")


@pytest.fixture(scope="module", params=[Session, SevenBits], ids=["offered", "not-offered"])
def server(request):
    peer = Sink(session=request.param)
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"') as made:
        made.peer, made.is_offered = peer, request.param is Session
        yield made
    peer.close()


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        session.ehlo()
        yield session


def test_2_it_is_offered_without_parameters(talk):
    assert talk.ehlo()["8BITMIME"] == ""


@pytest.mark.parametrize("value, codes", [("7BIT", "250 2.1.0"), ("8BITMIME", "250 2.1.0"), ("8bitmime", "250 2.1.0"), ("9BIT", "504 5.5.4"), ("", "501 5.5.4")])
def test_2_mail_says_which_of_two(talk, value, codes):
    assert talk.say(f"MAIL FROM:<carol@there.test> BODY={value}").codes == codes


@pytest.mark.parametrize("declared", ["", " BODY=8BITMIME", " BODY=7BIT"])
def test_3_all_bits_of_all_bytes_are_kept(server, talk, declared):
    talk.envelope(parameters=declared)
    before = len(server.files("alice"))
    every = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")
    assert talk.content(b"Subject: x\r\n\r\n" + every).codes == "250 2.6.0"
    until(lambda: len(server.files("alice")) > before, lambda: server.log[-3000:])
    assert any(file.read_bytes().endswith(b"\n\n" + every + b"\n") for file in server.files("alice"))


def test_3_it_goes_on_unchanged_and_announced_where_that_is_understood(server, talk):
    talk.envelope("dave@there.test", parameters=" BODY=8BITMIME")
    before = len(server.peer.messages)
    assert talk.content(TEXT).codes == "250 2.6.0"
    assert server.peer.wait(before + 1)[-1].endswith(TEXT.encode() + b"\r\n")
    assert any(" BODY=8BITMIME" in line for line in server.peer.commands) == server.is_offered
