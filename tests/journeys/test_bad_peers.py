"""Servers that misbehave in every way: each ends in one right outcome for the message and a diagnosis that names what was
wrong. One Candor for all: each server is the smarthost of a domain of its own."""
import json
import re
import shlex
import threading

import pytest
from candor import fields_of_dsn, running
from misbehaving import Crowd, Output
from pki import Authority
from waiting import until

PLACES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"]
STAGES = {"greeting": "connect", "EHLO": "ehlo", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "end": "end-of-data", "STARTTLS": "starttls"}
NEVER = {"MAIL": "sender_rejected", "RCPT": "recipient_restricted", "DATA": "spam_content", "end": "spam_content"}  # of a 554 5.7.0
PATIENCE = 2.5  # seconds that the server which meets slow ones waits for an answer


class Case:
    """`first`: what the log says of the first attempt: stage, cause, words of the reply; None: there was no other than
    the one that delivered. `ends`: "arrives", "returns" (with a notice) or "waits"."""

    def __init__(self, bad, always, first, ends, tls, verify):
        self.bad, self.always, self.first, self.ends, self.tls, self.verify = bad, always, first, ends, tls, verify


CASES, SLOW, STRICT = {}, {}, {}  # by name


def case(name, first=None, ends="arrives", table=CASES, tls=False, always=False, verify=lambda peer: True):
    """What the decorated function does happens once, on the first connection, unless `always`."""
    def add(bad):
        assert name not in table
        table[name] = Case(bad, always, first, ends, tls, verify)
        return bad
    return add


def at(wanted, act):
    """Acts at one place, and there that is the answer."""
    def bad(session, place):
        if place != wanted:
            return False
        act(session)
        return True
    return bad


def says(*words, then=None):
    def act(session):
        for text in words:
            session.say(text)
        if then:
            then(session)
    return act


def closes(session):
    raise ConnectionError


# ---- refusals and breaks at each place

for place in PLACES:
    stage = STAGES[place]
    case(f"421 at {place}", (stage, "service_unavailable", "421 "))(at(place, says("421 4.3.2 going down\r\n", then=closes)))
    case(f"450 at {place}", (stage, "service_unavailable", "450 "))(at(place, says("450 4.3.2 not now\r\n")))
    case(f"closed at {place}", (stage, "connection_lost", "closed"))(at(place, closes))
    case(f"reset at {place}", (stage, "connection_lost", ""))(at(place, lambda session: session.reset()))
    case(f"cut in the answer to {place}", (stage, "connection_lost", "closed"))(at(place, says("250-half of an ans", then=closes)))
    for number, words in enumerate(["HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x01\x02\xff\r\n" * 3, "999 what\r\n", "25 short\r\n", "\r\n\r\n"]):
        case(f"nonsense {number} at {place}", (stage, None, ""))(at(place, says(words, "\r\n", then=closes)))
    if place in NEVER:  # 5yz to EHLO: HELO follows
        case(f"554 at {place}", (stage, NEVER[place], "554 "), ends="returns", always=True)(at(place, says("554 5.7.0 never\r\n")))
for place in ["greeting", "EHLO", "RCPT", "end"]:
    for name, piece in (("lines", "250-and more\r\n" * 500), ("one line", "250 " + "x" * 8192)):
        case(f"endless {name} at {place}", (STAGES[place], "protocol_error", ""))(at(place, says(*[piece] * 10000)))

case("554 for a greeting", ("connect", "ip_reputation", "554 "), ends="returns", always=True,
     verify=lambda peer: set(peer.verbs) <= {"QUIT"})(at("greeting", says("554 5.7.0 never\r\n")))
case("EHLO refused, HELO taken", verify=lambda peer: "HELO" in peer.verbs)(at("EHLO", says("502 5.5.1 what?\r\n")))


@case("EHLO and HELO refused", ("ehlo", "protocol_error", "502 "), ends="returns", always=True)
def refuses_both(session, place):
    return place in ("EHLO", "HELO") and at(place, says("502 5.5.1 what?\r\n"))(session, place)


# ---- form and pace of replies

@case("replies in pieces", verify=lambda peer: peer.connections == 1)
def in_pieces(session, place):
    if place == "greeting":
        session.wfile = Output(session.wfile, lambda file, data: [file.write(bytes([byte])) for byte in data])


@case("lines that end with LF", verify=lambda peer: peer.connections == 1)
def bare_lf(session, place):
    if place == "greeting":
        session.wfile = Output(session.wfile, lambda file, data: file.write(data.replace(b"\r\n", b"\n")))


@case("cut off at each byte", ("connect", "connection_lost", "closed"), always=True, verify=lambda peer: peer.connections > 100)
def cut_off(session, place):
    """The n-th connection breaks after n bytes of the server's."""
    left = session.number

    def write(file, data):
        nonlocal left
        file.write(data[:left])
        left -= len(data)
        if left < 0:
            raise ConnectionError
    if place == "greeting":
        session.wfile = Output(session.wfile, write)


# ---- order and number of replies

MISFIT, UNASKED = "a code that does not fit there", "answered what it had not been asked"
ONCE_MORE = {"verify": lambda peer: peer.connections == 2}  # the same attempt: one command at a time


def silent(session):
    pass


def one_command_a_packet(session, place):
    """Whatever came with a command is thrown away."""
    if place == "greeting":
        read = session.request.recv

        class Lines:
            def readline(self):
                return read(65536).partition(b"\n")[0]
        session.say("220 there.test ESMTP\r\n")
        session.rfile = Lines()
        return True
    if place == "DATA":
        session.rfile = session.request.makefile("rb")
    return False


case("no answer to RCPT", **ONCE_MORE)(at("RCPT", silent))
case("one answer for MAIL and RCPT", **ONCE_MORE)(at("MAIL", silent))
case("RCPT answered twice", **ONCE_MORE)(at("RCPT", says("250 ok\r\n250 ok\r\n")))
case("354 before the answer to RCPT", **ONCE_MORE)(at("RCPT", says("354 go on\r\n250 ok\r\n")))
case("MAIL answered by 354", **ONCE_MORE)(at("MAIL", says("354 go on\r\n")))
case("DATA answered by 250", **ONCE_MORE)(at("DATA", says("250 taken?\r\n")))
case("DATA answered by 250 each time", ("data", "protocol_error", MISFIT), ends="waits", table=STRICT, tls=True,
     always=True)(at("DATA", says("250 taken?\r\n")))
case("two greetings", ("ehlo", "protocol_error", UNASKED))(at("greeting", says("220 there.test\r\n220 there.test\r\n")))
case("MAIL answered before it was sent", ("mail", "protocol_error", UNASKED))(at("EHLO", says("250 there.test\r\n250 ok\r\n")))


@case("taken before the dot", ("end-of-data", "protocol_error", UNASKED), verify=lambda peer: len(peer.messages) == 1)
def before_the_dot(session, place):
    return at("DATA", says("354 go on\r\n250 2.0.0 taken\r\n", then=closes))(session, place)


@case("354 when all recipients were refused", ("rcpt", "no_such_recipient", "550 "), ends="returns", always=True,
      verify=lambda peer: all(text == b".\r\n" for text in peer.messages))
def goes_on_for_nobody(session, place):
    return at("RCPT", says("550 5.1.1 no such user\r\n"))(session, place)


case("QUIT without an answer", always=True)(at("QUIT", closes))
case("QUIT answered by 500", always=True)(at("QUIT", says("500 5.5.1 what?\r\n")))

# ---- TLS


def say_220(session, more=b""):
    session.say(b"220 go on\r\n" + more)


BROKEN = {
    "no TLS behind 220": says("220 go on\r\n250 not TLS at all\r\n" + "x" * 500, then=closes),
    "closed behind 220": says("220 go on\r\n", then=closes),
    "closed at STARTTLS": closes,
    "STARTTLS refused for now": says("454 4.7.0 TLS not available\r\n"),
    "STARTTLS refused for good": says("502 5.5.1 no\r\n"),
    "an alert instead of a handshake": lambda session: (say_220(session, bytes([21, 3, 3, 0, 2, 2, 40])), closes(session)),
    "reset in the handshake": lambda session: (say_220(session), session.rfile.read(1), session.reset()),
    "STARTTLS refused, and 421 at once": says("454 4.7.0 TLS not available\r\n421 4.7.0 too many errors\r\n", then=closes),
    **{f"{code} to STARTTLS, and closed": says(f"{code} not here\r\n", then=closes) for code in (250, 421, 454, 502, 530, 554)},
}
for name, act in BROKEN.items():
    # mail in the clear is better than none where TLS is not required (RFC 7435)
    case(name, tls=True, always=True, verify=lambda peer: peer.verbs.count("DATA") == 1)(at("STARTTLS", act))
    case(name, ("starttls", "tls_failure", ""), ends="waits", table=STRICT, tls=True, always=True,
         verify=lambda peer: "MAIL" not in peer.verbs)(at("STARTTLS", act))



@case("STARTTLS refused, and 421 to MAIL", tls=True, always=True, verify=lambda peer: peer.verbs.count("DATA") == 1)
def leaves_later(session, place):
    if place == "MAIL" and session.peer.verbs[-2] == "STARTTLS":
        says("421 4.7.0 too many errors\r\n", then=closes)(session)
    return at("STARTTLS", says("454 4.7.0 TLS not available\r\n"))(session, place)


@case("530 to MAIL where the handshake failed", ("mail", "tls_failure", ""), ends="waits", tls=True, always=True)
def wants_what_it_can_not(session, place):
    if place == "MAIL":
        session.say(b"530 5.7.0 Must issue a STARTTLS command first\r\n")
        return True
    return at("STARTTLS", says("220 go on\r\n", then=closes))(session, place)


# ---- slow ones

LEAVES = threading.Event()  # the end of the tests: nobody is to be slow any more


def drips(text, pause):
    def act(session):
        for byte in text.encode():
            session.say(bytes([byte]))
            if LEAVES.wait(pause):
                return
    return act


def waits(_):
    LEAVES.wait(60)


ANSWERS = {"greeting": "220 there.test\r\n", "EHLO": "250 there.test\r\n", "MAIL": "250 ok\r\n", "RCPT": "250 ok\r\n", "end": "250 ok\r\n"}
for place, text in ANSWERS.items():
    if place != "end":  # what was taken is the handler's to note
        case(f"a byte now and then at {place}, soon enough", table=SLOW, always=True,
             verify=lambda peer: peer.connections == 1)(at(place, drips(text, PATIENCE / 3 / len(text))))
    if place in ("greeting", "EHLO", "end"):
        case(f"a byte now and then at {place}, too slow", (STAGES[place], "connection_lost", "timed out waiting for"), table=SLOW)(
            at(place, drips("250-" + text * 20, PATIENCE / 10)))
        case(f"silence at {place}", (STAGES[place], "connection_lost", "timed out waiting for"), table=SLOW)(at(place, waits))
    else:  # some lose what was sent ahead of an answer
        case(f"a byte now and then at {place}, too slow", table=SLOW, **ONCE_MORE)(at(place, drips("250-" + text * 20, PATIENCE / 10)))
        case(f"silence at {place}", table=SLOW, **ONCE_MORE)(at(place, waits))
case("silence for a handshake", table=SLOW, tls=True, always=True,
     verify=lambda peer: peer.verbs.count("DATA") == 1)(at("STARTTLS", lambda session: (say_220(session), waits(session))))
case("reads no content", ("end-of-data", "connection_lost", "timed out sending"), table=SLOW)(at("DATA", says("354 go on\r\n", then=waits)))
case("one command a packet", table=SLOW, always=True, **ONCE_MORE)(one_command_a_packet)


class World:
    def __init__(self, server, cases, crowd):
        self.server, self.cases = server, cases
        self.peers = dict(zip(cases, crowd.all))
        self.domains = dict(zip(cases, (domain_of(number) for number in range(len(cases)))))

    def send(self, name, body="A line.\r\n"):
        self.server.send(f"carol@{self.domains[name]}", body=body)

    def attempts(self, name):
        """What the log says of each: its fields by name, `verdict` too."""
        found = re.findall(rf"^\S+ \S+ +(\S+) (id=.* destination={self.peers[name].at} .*)$", self.server.log, re.M)
        return [dict((word.partition("=")[::2] for word in shlex.split(fields)), verdict=verdict) for verdict, fields in found]

    def rows(self, name):
        lines = self.server.queue("list", "--json", "--recipient", f"@{self.domains[name]}").stdout.splitlines()
        return [row for row in map(json.loads, lines) if "recipient" in row]

    def notices(self, name):
        fields = [fields_of_dsn(mail)[1][0] for mail in self.server.mails("alice")]
        return [f for f in fields if f["Final-Recipient"].endswith(self.domains[name])]

    def judge(self, name):
        it, peer = self.cases[name], self.peers[name]
        shown = lambda: f"{name}: {self.attempts(name)}, said were {peer.verbs}, {self.server.log[-2000:]}"
        wanted = {"arrives": ("delivered",), "returns": ("bounce", "suppress")}.get(it.ends)
        until(lambda: any(not wanted or a["verdict"] in wanted for a in self.attempts(name)), shown, 120)  # some take hundreds of tries
        first, last = self.attempts(name)[0], self.attempts(name)[-1]
        if it.first:
            stage, causes, words = it.first
            causes = (causes,) if isinstance(causes, str) else causes
            assert first["stage"] == stage and (not causes or first["cause"] in causes), shown()
            assert words in f"{first['code']} {first['reply']}", shown()
        else:
            assert first is last or len(self.attempts(name)) == 1, shown()
        if it.ends == "returns":
            (notice,) = until(lambda: self.notices(name), shown)
            assert notice["Action"] == "failed"
        elif it.ends == "arrives":
            until(lambda: [text for text in peer.messages if len(text) > 3], shown)  # noted after it was answered
            assert len([text for text in peer.messages if len(text) > 3]) == 1 and not self.notices(name), shown()
        else:
            assert len(self.rows(name)) == 1 and peer.messages == [] and not self.notices(name), shown()
        assert it.verify(peer), shown()


def domain_of(number):
    return f"d{number}.test"


def make(cases, tls, options="", **more):
    """A world where each domain has its case for a smarthost."""
    crowd = Crowd([(it.bad, it.always, it.tls and tls) for it in cases.values()])
    routes = "".join(f'route r{number} {{ recipients = {{ "{domain_of(number)}" }}  smarthost = "{peer.at}" }}\n' for number, peer in enumerate(crowd.all))
    with running(relay=options, more=routes + "limits { errors = 10000 }\n", **more) as server:
        yield World(server, cases, crowd)
    crowd.close()


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls")).certificate("there.test").context


@pytest.fixture(scope="module")
def world(tls):
    yield from make(CASES, tls, retry="20 ms", suspend="20 ms")


@pytest.fixture(scope="module")
def strict(tls):
    yield from make(STRICT, tls, "tls = must", retry="1 h")


@pytest.fixture(scope="module")
def slow(tls):
    for made in make(SLOW, tls, retry="20 ms", suspend="20 ms", queue=f'answer-timeout = "{PATIENCE * 1000:.0f} ms"'):
        for name in SLOW:  # they are slow together
            made.send(name, "x" * 70 + "\r\n" if name != "reads no content" else ("x" * 70 + "\r\n") * 100000)
        yield made
        LEAVES.set()


@pytest.mark.parametrize("name", CASES)
def test_a_bad_peer(world, name):
    world.send(name)
    world.judge(name)


@pytest.mark.parametrize("name", STRICT)
def test_broken_tls_where_it_has_to_be(strict, name):
    strict.send(name)
    strict.judge(name)


def test_slow_peers(slow):
    for name in SLOW:
        slow.judge(name)
