"""Clients that hold a connection with a byte now and then, and a server that does not get round to its connections."""
import os
import pathlib
import signal
import socket
import ssl
import threading

from candor import run
from faults import FailingMemory
from talk import Talk
from test_dnsbl import STRANGERS
from test_tls import certificate
from waiting import free_port, until

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


def silence(file):
    """What is still sent to a client that says no more, until it is cut off."""
    return file.read().decode()


def test_each_stage_of_tls_a_login_and_a_proxys_header_has_its_time(candor, folder):
    implicit, behind, users = free_port(), free_port(), f"{folder}/users"
    assert run("user", "add", "alice", "--file", users, text="right\n").returncode == 0
    server = candor(more='limits { command-timeout = "1 s" }\n' + certificate(folder, "mx.here.test") + f'login {{ users = "{users}" }}\n'
                    f'listen implicit {{ address = "127.0.0.1:{implicit}" tls = implicit }}\n'
                    f'listen behind {{ address = "127.0.0.1:{behind}" proxy-protocol = {{ "127.0.0.1" }} }}\n')
    trust = ssl.create_default_context(cafile=f"{folder}/mx.here.test.pem")
    for port, begin in ((implicit, b""), (implicit, b"\x16\x03\x01"), (behind, b""), (behind, b"PROXY TCP4 192.0.2.1 ")):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client, client.makefile("rwb", buffering=0) as file:
            file.write(begin)
            assert silence(file) == ""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client, client.makefile("rwb", buffering=0) as file:
        file.write(b"EHLO client.test\r\nSTARTTLS\r\n")
        assert silence(file).splitlines()[-1].startswith("220 ")  # and no handshake
    with socket.create_connection(("127.0.0.1", implicit), timeout=30) as plain, \
            trust.wrap_socket(plain, server_hostname="mx.here.test") as client, client.makefile("rwb", buffering=0) as file:
        file.write(b"EHLO client.test\r\nAUTH LOGIN\r\n")
        *_, asked, last = silence(file).splitlines()
        assert asked.startswith("334 ") and last.startswith("421 4.4.2 mx.here.test waited 1 seconds for your next command")
    assert server.log.count("the client did not end the handshake in time") == 3
    assert server.log.count("no whole PROXY header came within 1 seconds") == 2


NO_MEMORY = "421 4.3.0 mx.here.test has no memory left for this session; try again later"


def test_no_memory(candor, folder):
    """Who speaks or comes then is told, by words that were written before; the others stay, and what was accepted is there."""
    memory = FailingMemory(folder)
    server = candor(env=memory.env)
    with Talk(server.port) as quiet, Talk(server.port) as speaking, Talk(server.port) as sending, Talk(server.port) as typing:
        quiet.begin()
        speaking.ehlo()
        typing.ehlo()
        sending.begin()
        assert sending.content("Subject: before\r\n\r\nx").codes == "250 2.6.0"
        sending.envelope()
        assert sending.say("DATA").codes == "354"
        memory.on()
        answer = speaking.say("NOOP")
        assert f"{answer.codes} {answer.lines[0]}" == NO_MEMORY and speaking.reply() is None
        typing.send("NOO")
        assert typing.rest() == ["421 4.3.0"]
        with Talk(server.port) as coming:
            assert coming.greeting.codes == "421 4.3.0" and coming.reply() is None
        sending.send("Subject: lost\r\n\r\nx\r\n.\r\n")
        assert all(codes[0] == "4" for codes in sending.rest())
        memory.off()
        assert quiet.content("Subject: after\r\n\r\nx").codes == "250 2.6.0"
    server.send("bob@here.test", subject="later")
    server.wait_mail("bob")
    assert sorted(mail["Subject"] for mail in server.wait_mail("alice", 2)) == ["after", "before"]
