"""Clients that hold a connection with a byte now and then, and a server that does not get round to its connections."""
import os
import pathlib
import signal
import socket
import threading

from test_dnsbl import STRANGERS
from waiting import until

BEGIN = b"HELO slow\r\nMAIL FROM:<>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\nSubject: x\r\n\r\n"


def drip(server, begin, piece):
    """Sends begin, then `piece` five times a second; what the server said until it closed."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as client:
        client.sendall(begin)
        said = b""
        for _ in range(200):
            try:
                got = client.recv(4096)
                if not got:
                    return said.decode()
                said += got
            except TimeoutError:
                client.sendall(piece)
        raise AssertionError(f"still open: {said}")


def test_a_dripping_message(candor):
    server = candor(more='limits { data-timeout = "1 s"  data-rate = 1000 }\n')
    last = drip(server, BEGIN, b"x").splitlines()[-1]
    assert last.startswith("421 4.4.2 mx.here.test got ") and "wants at least 1000 a second" in last
    assert server.files("alice") == []


def test_a_silent_message_and_a_dripping_command(candor):
    server = candor(more='limits { data-timeout = "1 s"  command-timeout = "1 s" }\n')
    assert drip(server, BEGIN, b"").splitlines()[-1].startswith("421 4.4.2 mx.here.test waited 1 seconds for the rest of your message")
    assert drip(server, b"HELO slow\r\n", b"N").splitlines()[-1].startswith("421 4.4.2 mx.here.test waited 1 seconds for your next command")


def test_a_steady_client_is_not_disturbed(candor):
    server = candor(more='limits { data-timeout = "1 s"  data-rate = 1 }\n')
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        lines = client.makefile("rb")
        client.sendall(BEGIN)
        while not lines.readline().startswith(b"354"):
            pass
        for _ in range(10):
            client.sendall(b"a line of a slow but honest client\r\n")
            threading.Event().wait(0.25)  # the pace is what is tested
        client.sendall(b".\r\n")
        assert lines.readline().startswith(b"250 2.6.0 ")


def stands_still(pid):
    return all(task.joinpath("stat").read_text().rpartition(") ")[2][0] == "T" for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def test_who_comes_while_the_server_is_late_is_put_off(candor):
    server = candor(networks=STRANGERS, more='limits { overload-delay = "500 ms" }\n')
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as early:
        said = early.makefile("rb")
        assert said.readline().startswith(b"220 ")
        os.kill(server.mail_process, signal.SIGSTOP)
        until(lambda: stands_still(server.mail_process), "all its threads to stand still")
        late = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        threading.Event().wait(2.5)  # as long as the server is kept from its work: the cause itself
        os.kill(server.mail_process, signal.SIGCONT)
        with late:
            assert late.makefile("rb").readline().startswith(
                b"421 4.3.2 mx.here.test is too busy for new connections now; try again in a minute [ref ")
        early.sendall(b"HELO early\r\n")  # those in progress go on
        assert said.readline().startswith(b"250 ")

    def greeted():
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            return client.makefile("rb").readline().startswith(b"220 ")
    until(greeted, "the server to take connections again")
