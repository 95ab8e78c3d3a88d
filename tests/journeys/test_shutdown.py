"""SIGTERM: idle clients are told, what is under way is finished or kept, nothing accepted is lost."""
import signal
import socket
import threading

import pytest
from waiting import free_port, until


def read_reply(stream):
    line = stream.readline()
    while line[3:4] == b"-":
        line = stream.readline()
    return line


def test_an_idle_client_gets_421(candor):
    server = candor()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:
        stream = raw.makefile("rwb")
        assert read_reply(stream).startswith(b"220 ")
        stream.write(b"EHLO client.test\r\n")
        stream.flush()
        assert read_reply(stream).startswith(b"250 ")
        server.process.send_signal(signal.SIGTERM)
        assert read_reply(stream).startswith(b"421 4.3.2 ")
        assert stream.read() == b""
    assert server.process.wait(30) == 0


def test_a_message_under_way_is_finished(candor):
    server = candor()
    session = server.smtp()
    session.ehlo()
    session.docmd("MAIL FROM:<carol@there.test>")
    session.docmd("RCPT TO:<alice@here.test>")
    assert session.docmd("DATA")[0] == 354
    session.send(b"Subject: half\r\n\r\nfirst half\r\n")
    server.process.send_signal(signal.SIGTERM)
    session.send(b"second half\r\n.\r\n")
    assert session.getreply()[0] == 250
    session.close()
    assert server.process.wait(30) == 0
    server.start()
    assert server.wait_mail("alice")[0]["Subject"] == "half"


def test_what_waits_is_there_after_a_restart(candor):
    server = candor(relay=f'smarthost = "127.0.0.1:{free_port()}"', retry="1 h")
    server.send("carol@there.test")
    assert server.stop() == 0
    server.start()
    assert "carol@there.test" in server.queue("list").stdout


def test_stops_quickly_when_nothing_is_under_way(candor):
    assert candor().stop(seconds=5) == 0


def test_sighup_does_not_end_the_server(candor):
    server = candor()
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "reloaded" in server.log, "a word about the signal")
    server.send("alice@here.test")
    assert server.wait_mail("alice")


def test_an_open_control_connection_does_not_hold_up_the_end(candor):
    server = candor()
    until(lambda: "ready" in server.log, "the server to be ready")
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(server.folder / "control"))
        control.sendall(b'{"op":"status"}\n')
        assert b'"ok":true' in control.recv(4096)
        assert server.stop(seconds=5) == 0
        assert control.recv(4096) == b""


class Mute:
    """Answers with these replies, one for each command, then no more; the connection stays open."""

    def __init__(self, *replies):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.replies, self.reached = self.listener.getsockname()[1], replies, threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.listener.accept()
        lines = connection.makefile("rb")
        for reply in self.replies:
            connection.sendall(reply)
            lines.readline()
        self.reached.set()
        lines.read()


@pytest.mark.parametrize("replies", [(), (b"220 hi\r\n",), (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n")],
                         ids=["greeting", "ehlo", "rcpt"])
def test_a_peer_that_hangs_does_not_hold_up_the_end(candor, replies):
    mute = Mute(*replies)
    server = candor(relay=f'smarthost = "127.0.0.1:{mute.port}"')
    server.send("carol@there.test")
    assert mute.reached.wait(30)
    assert server.stop(seconds=5) == 0
    server.start()
    assert "carol@there.test" in server.queue("list").stdout


def test_a_resolver_that_hangs_does_not_hold_up_the_end(candor):
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        server = candor(more=f'resolver {{ nameserver = {{ "127.0.0.1@{mute.getsockname()[1]}" }} }}')
        server.send("carol@there.example")
        mute.settimeout(30)
        assert mute.recv(512)
        assert server.stop(seconds=5) == 0
