"""Servers that misbehave: nothing is lost, nobody waits for ever, and `candor queue` says what happened."""
import contextlib
import json
import os
import socketserver
import ssl
import threading

import pytest
from pki import Authority
from waiting import until

PLACES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"]


class Script(socketserver.StreamRequestHandler):
    """A well-behaved server but for what `bad(session, place)` does before it answers; True: that was the answer."""

    def say(self, text):
        self.wfile.write(text.encode())

    def answer(self, place, text):
        peer = self.server.peer
        if not peer.bad(self, place):
            self.say(text)

    def handle(self):
        with contextlib.suppress(ConnectionError, ssl.SSLError, ValueError):
            self.talk()

    def talk(self):
        peer = self.server.peer
        with peer.lock:
            self.number, peer.connections = peer.connections, peer.connections + 1
        self.secure = self.refused = False
        self.answer("greeting", "220 there.test ESMTP\r\n")
        while line := self.rfile.readline():
            verb = line.split()[0].decode(errors="replace").upper() if line.split() else ""
            peer.verbs.append(verb)
            if verb == "EHLO":
                offers = ["there.test", "PIPELINING", "8BITMIME"] + (["STARTTLS"] if peer.tls and not self.secure else [])
                self.answer("EHLO", "".join(f"250{'-' if o != offers[-1] else ' '}{o}\r\n" for o in offers))
            elif verb == "STARTTLS":
                self.answer("STARTTLS", "220 go on\r\n")
                if self.refused:
                    continue
                self.connection = peer.tls.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile, self.secure = self.connection.makefile("rb"), self.connection.makefile("wb", 0), True
            elif verb == "DATA":
                self.answer("DATA", "354 go on\r\n")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    more = self.rfile.readline()
                    if not more:
                        return
                    text += more
                self.answer("end", "250 2.0.0 taken\r\n")
                peer.messages.append(text)
            elif verb == "QUIT":
                self.say("221 bye\r\n")
                return
            else:
                self.answer(verb, "250 2.0.0 fine\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


class Peer:
    def __init__(self, bad, tls=None):
        self.bad, self.tls, self.connections, self.messages, self.verbs, self.lock = bad, tls, 0, [], [], threading.Lock()
        self.server = Server(("127.0.0.1", 0), Script)
        self.server.peer = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def peer():
    made = []

    def start(bad, tls=None):
        made.append(Peer(bad, tls))
        return made[-1]
    yield start
    for one in made:
        one.close()


def send(candor, peer, **options):
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"', **options)
    server.send("carol@there.test")
    return server


def arrives(server, peer):
    until(lambda: peer.messages, lambda: f"the message; said were {peer.verbs}; {server.log[-3000:]}")
    until(lambda: server.queue().stdout == "Nothing waits.\n", lambda: server.queue("list").stdout)


def row_of(server):
    """The message that waits, once it was tried."""
    def found():
        rows = [json.loads(line) for line in server.queue("list", "--json").stdout.splitlines()]
        return next((row for row in rows if row.get("last")), None)
    return until(found, lambda: server.queue("list").stdout + server.log[-2000:])


def only_first(act):
    return lambda session, place: act(session, place) if session.number == 0 else None


class Output:
    """The session's, in another way."""

    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("place", PLACES)
def test_421_anywhere_and_then_it_works(candor, peer, place):
    def bad(session, at):
        if at != place:
            return False
        session.say("421 4.3.2 going down\r\n")
        raise ConnectionError
    there = peer(only_first(bad))
    server = send(candor, there)
    arrives(server, there)
    assert "code=421" in server.log and len(there.messages) == 1


@pytest.mark.parametrize("place", PLACES)
def test_a_connection_that_is_cut_anywhere(candor, peer, place):
    def bad(_, at):
        if at == place:
            raise ConnectionError
    there = peer(only_first(bad))
    server = send(candor, there)
    arrives(server, there)
    assert "cause=connection_lost" in server.log or "closed" in server.log


def test_cut_off_at_each_byte(candor, peer):
    """The n-th connection breaks after so many bytes of the server's; what is whole at last arrives."""
    class Cut(Output):
        left = 0

        def write(self, data):
            self.file.write(data[:self.left])
            self.left -= len(data)
            if self.left < 0:
                raise ConnectionError

    def bad(session, at):
        if at == "greeting":
            session.wfile = Cut(session.wfile)
            session.wfile.left = session.number * 2
    there = peer(bad)
    server = send(candor, there, retry="10 ms", suspend="10 ms")
    arrives(server, there)
    assert there.connections > 40


def test_replies_in_pieces(candor, peer):
    class Pieces(Output):
        def write(self, data):
            for byte in data:
                self.file.write(bytes([byte]))

    def bad(session, at):
        if at == "greeting":
            session.wfile = Pieces(session.wfile)
    there = peer(bad)
    arrives(send(candor, there), there)
    assert there.connections == 1


def test_ehlo_refused_helo_taken(candor, peer):
    def bad(session, at):
        if at == "EHLO":
            session.say("502 5.5.1 what?\r\n")
            return True
        return False
    there = peer(bad)
    arrives(send(candor, there), there)
    assert "HELO" in there.verbs


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("words", ["HTTP/1.1 400 Bad Request\r\n\r\n", "\x00\x01\x02\xff\r\n" * 3, "999 what\r\n", "25 short\r\n", "\r\n\r\n"])
def test_garbage_is_no_reply_and_the_next_connection_works(candor, peer, place, words):
    def bad(session, at):
        if at == place:
            session.wfile.write(words.encode("latin-1"))
            session.wfile.write(b"\r\n")
            raise ConnectionError
    there = peer(only_first(bad))
    server = send(candor, there)
    arrives(server, there)


@pytest.mark.parametrize("place", ["greeting", "EHLO", "RCPT", "end"])
@pytest.mark.parametrize("piece", [b"250-and more\r\n", b"250 " + b"x" * 4096], ids=["lines", "one-line"])
def test_a_reply_without_an_end_is_given_up(candor, peer, place, piece):
    def bad(session, at):
        if at == place:
            for _ in range(100000):
                session.wfile.write(piece)
        return False
    there = peer(bad)
    server = send(candor, there, retry="1 h")
    assert row_of(server)["attempts"] == 1 and there.messages == []


def plain_after_220(session, at):
    if at == "STARTTLS":
        session.say("220 go on\r\n250 not TLS at all\r\n" + "x" * 500)
        raise ConnectionError


def closes_after_220(session, at):
    if at == "STARTTLS":
        session.say("220 go on\r\n")
        raise ConnectionError


def cuts_instead(_, at):
    if at == "STARTTLS":
        raise ConnectionError


def refuses_now(session, at):
    if at == "STARTTLS":
        session.say("454 4.7.0 TLS not available\r\n")
        session.refused = True
        return True
    return False


def refuses_for_good(session, at):
    if at == "STARTTLS":
        session.say("502 5.5.1 no\r\n")
        session.refused = True
        return True
    return False


def alerts(session, at):
    if at == "STARTTLS":
        session.say("220 go on\r\n")
        session.wfile.write(bytes([21, 3, 3, 0, 2, 2, 40]))
        raise ConnectionError


BROKEN = [plain_after_220, closes_after_220, cuts_instead, refuses_now, refuses_for_good, alerts]


@pytest.fixture
def tls(folder):
    return Authority(folder).certificate("there.test").context


@pytest.mark.parametrize("bad", BROKEN)
def test_tls_that_breaks_is_left_out_where_it_may_be(candor, peer, tls, bad):
    there = peer(bad, tls)
    server = send(candor, there)
    arrives(server, there)
    assert "tls=none" in server.log


@pytest.mark.parametrize("bad", BROKEN)
def test_tls_that_breaks_keeps_the_mail_back_where_it_must_not(candor, peer, tls, bad):
    there = peer(bad, tls)
    server = candor(relay=f'smarthost = "127.0.0.1:{there.port}"  tls = must', retry="1 h")
    server.send("carol@there.test")
    row = row_of(server)
    assert row["last"]["stage"] == "starttls" and row["cause"] in ("tls_failure", "connection_lost"), row
    assert there.messages == [] and "MAIL" not in there.verbs
    assert server.queue().returncode == os.EX_OK
