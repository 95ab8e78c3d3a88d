"""Who speaks before the greeting is refused; who waits is greeted, and nobody else has to wait."""
import socket
import time

from test_dnsbl import STRANGERS
from waiting import until

DELAY = 'checks { greeting-delay = "%s" }\n'


def test_who_speaks_first_is_refused(candor):
    server = candor(networks=STRANGERS, more=DELAY % "30 s")  # nobody waits that long: the refusal comes at once
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"EHLO spam.bot\r\nMAIL FROM:<>\r\n")
        lines = client.makefile("rb")
        assert lines.readline().startswith(
            b"554 mx.here.test takes no mail from your address [127.0.0.1]. You sent commands before this greeting; "
            b"wait for it, as RFC 5321 4.3.1 says [ref ")
        assert [lines.readline()[:9] for _ in range(2)] == [b"503 5.5.1"] * 2
        client.sendall(b"QUIT\r\n")
        assert lines.readline().startswith(b"221 2.0.0 ") and lines.readline() == b""
    assert "rule=greeting-refused" in server.log and "before this greeting" in server.log


def test_who_waits_is_greeted(candor):
    server = candor(networks=STRANGERS, more=DELAY % "500 ms")
    begun = time.monotonic()
    with server.smtp() as client:
        assert time.monotonic() - begun >= 0.4
        assert client.sendmail("x@there.example", ["alice@here.test"], b"Subject: x\r\n\r\nx\r\n") == {}
    server.wait_mail("alice")


def test_the_relay_networks_do_not_wait(candor):
    server = candor(more=DELAY % "1 m")
    with server.smtp() as client:
        assert client.ehlo()[0] == 250


def test_who_leaves_before_it_is_no_loss(candor):
    server = candor(networks=STRANGERS, more=DELAY % "1 m")
    socket.create_connection(("127.0.0.1", server.port), timeout=20).close()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        until(lambda: server.process.poll() is None, "the server to be there")
        assert server.stop() == 0  # and one that waits is told
        assert client.makefile("rb").readline().startswith(b"421 4.3.2 ")
