"""The operator's view of what waits."""
import os
import socket
import subprocess

import pytest
from candor import PROGRAM, Candor, run
from waiting import free_port, until


@pytest.fixture
def waiting(candor):
    """A server with one message for carol@there.test that finds nobody at its smarthost; and its queue ID."""
    server = candor(relay=f'smarthost = "127.0.0.1:{free_port()}"', retry="1 h")
    server.send("carol@there.test", subject="stuck")
    until(lambda: "127.0.0.1" in server.queue("list").stdout, lambda: server.queue("list").stdout + server.log[-2000:])
    words = server.queue("list").stdout.split()
    return server, words


def queue_id(server):
    """The first word of a listing that `queue show` knows."""
    for word in server.queue("list").stdout.split():
        if len(word) >= 6 and word.isalnum() and server.queue("show", word).returncode == os.EX_OK:
            return word
    raise AssertionError(server.queue("list").stdout)


def test_list_tells_who_why_and_until_when(waiting):
    server, words = waiting
    text = " ".join(words)
    assert "carol@there.test" in text and "alice@here.test" in text
    assert "refused" in text.lower() or "connect" in text.lower(), text


def test_show_tells_the_last_attempt(waiting):
    server, _ = waiting
    shown = server.queue("show", queue_id(server)).stdout
    assert "carol@there.test" in shown and "127.0.0.1" in shown


def test_hold_and_remove(waiting):
    server, _ = waiting
    name = queue_id(server)
    assert server.queue("hold", name).returncode == os.EX_OK
    assert "held" in server.queue("list").stdout.lower()
    assert server.queue("remove", name).returncode == os.EX_OK
    until(lambda: "carol@there.test" not in server.queue("list").stdout, "the message to be gone")
    assert server.files("alice") == []


def test_bounce_tells_the_sender(waiting):
    server, _ = waiting
    assert server.queue("bounce", queue_id(server)).returncode == os.EX_OK
    assert server.wait_mail("alice")[0].get_content_type() == "multipart/report"


@pytest.fixture
def pair(candor):
    """A server with two messages for there.test, next due in an hour, and its smarthost, which isn't up yet."""
    smarthost = Candor()
    smarthost.config.write_text(smarthost.config.read_text().replace("here.test", "there.test"))
    server = candor(relay=f'smarthost = "127.0.0.1:{smarthost.port}"', retry="1 h")
    server.send("alice@there.test", subject="first")
    server.send("bob@there.test", subject="second")
    until(lambda: server.queue("list").stdout.count("connection refused") >= 1, lambda: server.queue("list").stdout)
    yield server, smarthost
    smarthost.close()


def test_retry_goes_now_when_the_smarthost_is_back(pair):
    server, smarthost = pair
    smarthost.start()
    done = server.queue("retry", "--all")
    assert done.returncode == os.EX_OK and "2 messages" in done.stdout
    assert smarthost.wait_mail("alice")[0]["Subject"] == "first"
    assert smarthost.wait_mail("bob")[0]["Subject"] == "second"
    until(lambda: "Nothing waits" in server.queue("list").stdout, lambda: server.queue("list").stdout)


def test_a_held_message_stays_when_the_others_go_and_is_released(pair):
    server, smarthost = pair
    assert server.queue("hold", "--recipient", "alice@there.test").returncode == os.EX_OK
    smarthost.start()
    assert "2 messages" not in server.queue("retry", "--recipient", "bob@there.test").stdout
    smarthost.wait_mail("bob")
    until(lambda: "1 message to 1 recipient" in server.queue("list").stdout, lambda: server.queue("list").stdout)
    assert smarthost.files("alice") == [] and "held" in server.queue("list").stdout.lower()
    assert server.queue("release", "--all").returncode == os.EX_OK
    assert smarthost.wait_mail("alice")[0]["Subject"] == "first"


def test_hold_outlives_a_restart(pair):
    server, smarthost = pair
    assert server.queue("hold", "--all").returncode == os.EX_OK
    server.kill()
    server.start()
    smarthost.start()
    assert server.queue("list").stdout.lower().count("held") >= 2
    assert server.queue("release", "--all").returncode == os.EX_OK
    smarthost.wait_mail("alice"), smarthost.wait_mail("bob")


def test_dry_run_changes_nothing(pair):
    server, _ = pair
    before = run("queue", "list", "--json", "-c", server.config).stdout
    done = server.queue("remove", "--sender", "@here.test", "--dry-run")
    assert "2 messages would be" in done.stdout
    assert run("queue", "list", "--json", "-c", server.config).stdout.count("there.test") == before.count("there.test") > 0
    assert "0 messages" in server.queue("remove", "--cause", "greylisted", "--dry-run").stdout


def test_an_unknown_id_is_an_error(waiting):
    server, _ = waiting
    done = server.queue("show", "doesnotexist")
    assert done.returncode != os.EX_OK and "doesnotexist" in done.stderr + done.stdout


def test_without_a_server_it_says_so(folder):
    config = f"{folder}/candor.conf"
    open(config, "w").write(f'hostname = "mx.here.test"\nlisten mx {{ address = "127.0.0.1:2525" }}\n'
                            f'control {{ path = "{folder}/control" }}\n')
    done = run("queue", "list", "-c", config)
    assert done.returncode == os.EX_UNAVAILABLE or done.returncode == os.EX_TEMPFAIL, done
    assert f"{folder}/control" in done.stderr


def test_answers_all_that_was_asked_before_the_end(waiting):
    """As `nc -N` asks: all requests, the end, and only then a look at the answers."""
    server, _ = waiting
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(server.folder / "control"))
        control.sendall(b'{"op":"status"}\n' * 300)
        control.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: control.recv(65536), b""))
    assert answers.count(b'"ok":true') == 300


def test_the_reason_why_no_connection_could_be_begun_is_told(candor):
    server = candor(relay='smarthost = "255.255.255.255:25"', retry="1 h")  # TCP can't go there
    server.send("carol@there.test")
    until(lambda: "unreachable" in server.queue("list").stdout, lambda: server.queue("list").stdout)


def test_a_file_in_the_place_of_the_control_socket_is_left_alone(candor):
    server = candor()
    assert server.stop() == 0
    (server.folder / "control").write_text("somebody's notes")
    done = subprocess.run([PROGRAM, "serve", "-c", server.config], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == os.EX_UNAVAILABLE and f"{server.folder}/control" in done.stderr
    assert (server.folder / "control").read_text() == "somebody's notes"
