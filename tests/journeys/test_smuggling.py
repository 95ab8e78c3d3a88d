"""Ends of data that are none, from clients directly and through a real Postfix and a real Exim: no second message gets
through (RFC 5321 4.1.1.4: CR LF . CR LF alone ends a message)."""
import collections
import contextlib
import tempfile

import pytest
from candor import running
from exim import Exim
from postfix import Postfix
from talk import Talk
from test_dnsbl import STRANGERS
from waiting import free_port, until

FIRST = b"Subject: first\r\n\r\nx"
SECOND = b"MAIL FROM:<carol@there.test>\r\nRCPT TO:<bob@here.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"

# What some server somewhere takes, or took, for the end of a message.
ENDS = {
    "lf-lf": b"\n.\n", "crlf-lf": b"\r\n.\n", "lf-crlf": b"\n.\r\n", "cr-cr": b"\r.\r", "crlf-cr": b"\r\n.\r",
    "cr-crlf": b"\r.\r\n", "lf-cr": b"\n.\r", "cr-lf": b"\r.\n", "lflf-crlf": b"\n\n.\r\n", "crlf-crcrlf": b"\r\n.\r\r\n",
    "crcrlf": b"\r\r\n.\r\r\n", "crlf-crnul": b"\r\n.\r\0", "crnul": b"\r\0.\r\0\n", "nul-before": b"\r\n\0.\r\n",
    "nul-behind": b"\r\n.\0\r\n", "nul-between": b"\r\n.\r\0\n",
}
# These are text: they have no bare line end and no NUL.
TEXTS = {
    "space": b"\r\n. \r\n", "two-dots": b"\r\n..\r\n", "vt": b"\x0b.\x0b", "ff": b"\x0c.\x0c", "nel": b"\xc2\x85.\xc2\x85",
    "line-separator": b"\xe2\x80\xa8.\xe2\x80\xa8", "fullwidth": b"\r\n\xef\xbc\x8e\r\n", "sub": b"\r\n\x1a\r\n",
}
TRICKS = [pytest.param(end, id=name) for name, end in (ENDS | TEXTS).items()]


def serve():
    """A server; `.old` is an entrance that mends bare line ends."""
    old = free_port()
    return old, running(networks=STRANGERS, more=f'listen old {{ address = "127.0.0.1:{old}" line-endings = normalize }}\nlimits {{ errors = 1000 }}\n')


@pytest.fixture(scope="module")
def server():
    """One for all; at the end bob has what was sent to him openly."""
    old, server = serve()
    with server as made:
        made.old = old
        yield made
        made.send("bob@here.test", "carol@there.test", "marker")
        assert [mail["Subject"] for mail in made.wait_mail("bob")] == ["marker"]


def in_one_piece(session, content):
    session.send(content)


def byte_by_byte(session, content):
    for at in range(len(content)):
        session.send(content[at:at + 1])


@pytest.mark.parametrize("way", [in_one_piece, byte_by_byte], ids=lambda way: way.__name__)
@pytest.mark.parametrize("end", TRICKS)
def test_after_data(server, end, way):
    with Talk(server.port) as session:
        session.begin()
        assert session.say("DATA").codes == "354"
        way(session, FIRST + end + SECOND + b"QUIT\r\n")
        refused = end in ENDS.values()
        assert session.rest() == ["554 5.6.0" if refused else "250 2.6.0", "221 2.0.0"]


@pytest.mark.parametrize("end", TRICKS)
def test_where_bare_line_ends_are_mended(server, end):
    """They end lines there, and still no message."""
    with Talk(server.old) as session:
        session.begin()
        assert session.say("DATA").codes == "354"
        session.send(FIRST + end + SECOND + b"QUIT\r\n")
        replies = session.rest()
        assert len(replies) == 2 and replies[0] in ("554 5.6.0", "250 2.6.0") and replies[1] == "221 2.0.0"


@pytest.mark.parametrize("end", TRICKS)
def test_all_at_once(server, end):
    """The whole session in one write, as no honest client does before it has seen 354."""
    with Talk(server.port) as session:
        session.send(b"EHLO client.test\r\nMAIL FROM:<carol@there.test>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\n" +
                               FIRST + end + SECOND + b"QUIT\r\n")
        replies = session.rest()
        assert sum(reply.startswith("354") for reply in replies) <= 1 and replies[-1].startswith(("221", "554", "421"))


@pytest.mark.parametrize("end", [*TRICKS, pytest.param(b"\r\n.\r\n", id="proper")])
def test_in_a_chunk(server, end):
    content = FIRST + end + SECOND
    with Talk(server.port) as session:
        session.begin()
        session.send(b"BDAT %d LAST\r\n" % len(content) + content + b"QUIT\r\n")
        assert session.rest() == ["554 5.6.0" if end in ENDS.values() else "250 2.6.0", "221 2.0.0"]


@pytest.mark.parametrize("end", [*TRICKS, pytest.param(b"\r\n.\r\n", id="proper")])
def test_cut_by_two_chunks(server, end):
    """The trick lies across their border, at each of its bytes."""
    for cut in range(1, len(end)):
        with Talk(server.port) as session:
            session.begin()
            before, behind = FIRST + end[:cut], end[cut:] + SECOND
            session.send(b"BDAT %d\r\n" % len(before) + before + b"BDAT %d LAST\r\n" % len(behind) + behind + b"QUIT\r\n")
            replies = session.rest()
            assert len(replies) == 3 and replies[2] == "221 2.0.0", replies
            assert not any(reply.startswith("354") for reply in replies) and "2.6.0" not in replies[0]


@pytest.mark.parametrize("words", [b"BDAT 3\r\nx\r\nDATA", b"BDAT 0\r\nDATA", b"BDAT 3\r\nx\r\nBDAT x\r\nDATA"],
                         ids=["after-a-chunk", "after-an-empty-chunk", "after-a-wrong-chunk"])
def test_data_and_chunks_do_not_mix(server, words):
    """DATA is refused once a chunk came: what a client that does not look sends behind it are wrong commands, and its BDAT
    is the message's end, with all that it counts."""
    inner = b"BDAT %d LAST\r\n" % len(SECOND) + SECOND
    with Talk(server.port) as session:
        session.begin()
        session.send(words + b"\r\nSubject: x\r\n\r\n" + inner + b"QUIT\r\n")
        replies = session.rest()
        assert sum(reply.startswith("250 2.6.0") for reply in replies) == 1 and replies[-2:] == ["250 2.6.0", "221 2.0.0"]
        assert not any(reply.startswith("354") for reply in replies)


def test_chunks_in_data_are_text(server):
    with Talk(server.port) as session:
        session.begin()
        assert session.say("DATA").codes == "354"
        session.send(FIRST + b"\r\nBDAT 0 LAST\r\nBDAT %d LAST\r\n" % len(SECOND) + SECOND + b"QUIT\r\n")
        assert session.rest() == ["250 2.6.0", "221 2.0.0"]


class Front:
    """A peer that hands all on to the server."""

    def __init__(self, port, idle, stop):
        self.port, self.idle, self.stop = port, idle, stop


def postfix(folder, smarthost):
    peer = Postfix(f"{folder}/postfix", free_port(), ["nobody@peer.test"], settings={
        "relayhost": f"[127.0.0.1]:{smarthost}", "relay_domains": "here.test", "relay_transport": "smtp", "notify_classes": ""}).start()
    return Front(peer.port, lambda: not any(
        path.is_file() for name in ("incoming", "active", "deferred", "maildrop") for path in (peer.folder / "queue" / name).rglob("*")), peer.stop)


def exim(folder, smarthost):
    peer = Exim(f"{folder}/exim", free_port(), smarthost, "smtp_enforce_sync = false").start()
    return Front(peer.port, lambda: not any((peer.folder / "spool/input").rglob("*-H")), peer.stop)


@pytest.fixture(scope="module", params=[postfix, exim], ids=lambda kind: kind.__name__)
def front(request):
    with tempfile.TemporaryDirectory(prefix="journey-") as folder, contextlib.ExitStack() as stack:
        server = stack.enter_context(serve()[1])
        made = request.param(folder, server.port)
        made.server = server
        stack.callback(made.stop)
        yield made


def hand_in(front, command, content):
    """How many messages the front took, out of one session that goes on with `content` behind DATA or BDAT."""
    with Talk(front.port) as session:
        session.begin()
        if command == b"DATA":
            assert session.say("DATA").codes == "354"
        session.send(content + b"QUIT\r\n")
        return sum(reply.code == 250 and any(mark in reply.lines[-1] for mark in ("queued as", "id=")) for reply in iter(session.reply, None))


def subjects(server):
    return collections.Counter(mail["Subject"] for user in ("alice", "bob") for mail in server.mails(user))


@pytest.mark.parametrize("command", [b"DATA", b"BDAT"], ids=["data", "bdat"])
def test_through_a_peer(front, command):
    """Of what the peer saw as one message comes one or none; a second comes only where the peer itself was taken in."""
    server, taken = front.server, {}
    for name, end in (ENDS | TEXTS).items():
        mark = f"{command.decode()} {name}"
        content = FIRST.replace(b"first", mark.encode()) + end + SECOND.replace(b"smuggled", mark.encode() + b" smuggled")
        taken[mark] = hand_in(front, command, content if command == b"DATA" else b"BDAT %d LAST\r\n" % len(content) + content)
    until(front.idle, "the peer to be done with all")
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), "the server to be done with all")
    came = subjects(server)
    assert not [mark for mark, count in taken.items() if came[mark] > min(1, count) or came[mark + " smuggled"] > max(0, count - 1)]
    assert sum(count == 1 for count in taken.values()) >= len(TEXTS)


def test_a_peer_with_two_messages_hands_in_two(front):
    """What the others look for can be seen: here the end is a proper one."""
    before = len(front.server.files("bob"))
    assert hand_in(front, b"DATA", FIRST + b"\r\n.\r\n" + SECOND) == 2
    until(lambda: len(front.server.files("bob")) == before + 1, lambda: front.server.log[-3000:])
