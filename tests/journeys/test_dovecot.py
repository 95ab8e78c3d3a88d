"""Logins that a real Dovecot judges, over its auth-client socket."""
import base64
import contextlib
import os
import smtplib
import socketserver
import ssl
import threading

import pytest
from candor import run
from dovecot import Dovecot
from says_no import without_reference
from scram import login as scram
from test_login import plain
from test_tls import certificate
from waiting import free_port, until

USERS = {"alice@here.test": "s3cret", "bob@here.test": "länger, and with spaces"}
AWAY = (454, b"4.7.0 The login can't be checked now; try again later")
WRONG = (535, b"5.7.8 Name or password is wrong; check both, and that the account may log in here")


def answer(client, name, password):
    code, text = client.docmd("AUTH", "PLAIN " + plain(name, password))
    return code, without_reference(text)


class World:
    def __init__(self, candor, folder, stack):
        self.start_candor, self.folder, self.stack, self.dovecot, self.server = candor, folder, stack, None, None

    def dove(self, **options):
        self.dovecot = Dovecot(USERS, **options)
        self.stack.callback(self.dovecot.close)
        return self.dovecot

    def candor(self, place, more="", listen="require-login = true", **options):
        self.port = free_port()
        self.server = self.start_candor(
            networks='"192.0.2.0/24"', more=certificate(self.folder, "mx.here.test") + f'login {{ dovecot = "{place}" }}\n' + more +
            f'listen submission {{ address = "127.0.0.1:{self.port}" {listen} }}\n', **options)
        return self.server

    def session(self):
        client = smtplib.SMTP("127.0.0.1", self.port, timeout=60, local_hostname="client.test")
        client.starttls(context=ssl.create_default_context(cafile=f"{self.folder}/mx.here.test.pem"))
        client.ehlo()
        return client

    def login(self, name, password):
        with self.session() as client:
            return answer(client, name, password)


@pytest.fixture
def world(candor, folder):
    os.chmod(folder, 0o755)
    with contextlib.ExitStack() as stack:
        yield World(candor, folder, stack)


def test_the_mechanisms_are_dovecots(world):
    world.candor(world.dove(mechanisms="plain scram-sha-256 cram-md5 anonymous").start().socket)
    until(lambda: world.session().esmtp_features["auth"].split() == ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN"], lambda: world.server.log)
    with world.session() as client:
        assert client.docmd("AUTH", "LOGIN")[0] == 504 and client.docmd("AUTH", "ANONYMOUS")[0] == 504
    with smtplib.SMTP("127.0.0.1", world.port, timeout=30) as client:
        client.ehlo()
        assert "auth" not in client.esmtp_features
        assert client.docmd("AUTH", "PLAIN " + plain("alice@here.test", "s3cret"))[0] == 538


def test_right_and_wrong(world):
    world.candor(world.dove().start().socket)
    for name, password in USERS.items():
        assert world.login(name, password) == (235, b"2.7.0 Logged in")
    said = {world.login("alice@here.test", "wrong"), world.login("nobody@here.test", "wrong"), world.login("nobody@here.test", "s3cret")}
    assert said == {WRONG}
    assert world.server.log.count(" login client=127.0.0.1 user=") == 2 and world.server.log.count(" login-failed ") == 3
    assert "s3cret" not in world.server.log
    with world.session() as client:
        assert client.docmd("AUTH", "LOGIN")[0] == 334
        assert client.docmd(base64.b64encode(b"alice@here.test").decode())[0] == 334
        assert client.docmd(base64.b64encode(b"s3cret").decode())[0] == 235
        assert client.mail("alice@here.test")[0] == 250 and client.rcpt("bob@here.test")[0] == 250


def test_scram_and_cram(world):
    """Mechanisms with challenges are passed on, both ways."""
    world.candor(world.dove(mechanisms="plain scram-sha-256 cram-md5").start().socket)
    until(lambda: "SCRAM-SHA-256" in world.session().esmtp_features["auth"], lambda: world.server.log)
    with world.session() as client:
        assert scram(client, "alice@here.test", "s3cret")[0] == 235
    with world.session() as client:
        assert scram(client, "alice@here.test", "wrong")[0] == 535
    for password, code in (("s3cret", 235), ("wrong", 535)):
        with world.session() as client:
            client.user, client.password = "alice@here.test", password
            with contextlib.suppress(smtplib.SMTPAuthenticationError):
                assert client.auth("CRAM-MD5", client.auth_cram_md5)[0] == code == 235
    until(lambda: world.server.log.count("login-failed client=127.0.0.1 user=alice@here.test") == 2, lambda: world.server.log)


def test_nothing_else_gets_into_dovecots_lines(world):
    world.candor(world.dove(mechanisms="plain scram-sha-256").start().socket)
    until(lambda: "SCRAM-SHA-256" in world.session().esmtp_features["auth"], lambda: world.server.log)
    with world.session() as client:
        assert client.docmd("AUTH", "SCRAM-SHA-256 YWJj\tmaster")[0] == 501
        assert client.docmd("AUTH", "SCRAM-SHA-256")[0] == 334
        assert client.docmd("YWJj\tAUTH\t9\tPLAIN")[0] == 501
        assert client.docmd("AUTH", "SCRAM-SHA-256")[0] == 334
        assert client.docmd("*")[0] == 501
        assert client.docmd("AUTH", "PLAIN " + plain("alice@here.test", "s3cret"))[0] == 235
    assert "accounts-away" not in world.server.log


def test_dovecot_away_and_back(world):
    """Before it was ever there, and when it stops under us: come back later, not a wrong password; once in the log."""
    dovecot = world.dove()
    world.candor(dovecot.socket)
    assert world.login("alice@here.test", "s3cret") == AWAY and world.login("alice@here.test", "s3cret") == AWAY
    assert f'accounts-away socket={dovecot.socket} reason="connection refused: the socket is not there"' in world.server.log
    dovecot.start()
    assert world.login("alice@here.test", "s3cret")[0] == 235
    until(lambda: f"accounts-back socket={dovecot.socket}" in world.server.log, lambda: world.server.log)
    with world.session() as client:  # that it is gone is seen in the midst of a session
        dovecot.stop()
        assert answer(client, "alice@here.test", "s3cret") == AWAY
        dovecot.start()
        assert client.docmd("AUTH", "PLAIN " + plain("alice@here.test", "s3cret"))[0] == 235
    assert "login-failed" not in world.server.log


def test_what_dovecot_cannot_tell_now(world):
    """Its own password database is broken: temp_fail."""
    checker = f"{world.folder}/checker"
    with open(checker, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexit 111\n")
    os.chmod(checker, 0o755)
    world.candor(world.dove(passdb=f"driver = checkpassword\n  args = {checker}").start().socket)
    assert world.login("alice@here.test", "s3cret") == AWAY
    assert "login-failed" not in world.server.log


def test_accounts_that_may_not_log_in(world):
    """`nologin` beside the account, as Dovecot's own login processes heed it."""
    dovecot = world.dove()
    users = dovecot.folder / "users"
    users.write_text("".join(line + " nologin\n" if line.startswith("bob") else line + "\n" for line in users.read_text().splitlines()))
    world.candor(dovecot.start().socket)
    assert world.login("alice@here.test", USERS["alice@here.test"])[0] == 235
    assert world.login("bob@here.test", USERS["bob@here.test"]) == \
        (525, b"5.7.13 The account bob@here.test is disabled, though its password is right; only the operator can enable it again")
    assert world.login("bob@here.test", "wrong") == WRONG


def test_limits_hold(world):
    """Three in one session; and an account's within a minute, whoever tries."""
    world.candor(world.dove().start().socket, more='limits { failed-logins = 4 login-delay = "0 s" }\n', listen="")
    client = world.session()
    for _ in range(3):
        assert client.docmd("AUTH", "PLAIN " + plain("alice@here.test", "wrong"))[0] == 535
    assert client.getreply()[0] == 421
    assert world.login("alice@here.test", "wrong")[0] == 535
    assert world.login("alice@here.test", "s3cret")[0] == 421


class Hostile(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.server.says)
        while line := self.rfile.readline():
            if line.startswith(b"AUTH\t"):
                self.wfile.write(self.server.answers.replace(b"ID", line.split(b"\t")[1]))


READY = b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nDONE\n"


@pytest.mark.parametrize("says, answers, words", [
    (b"220 mx.here.test ESMTP\r\n", b"", "auth-client socket?"), (b"VERSION\t9\t0\n", b"", "another version"),
    (READY, b"x" * 9000, "longer than 8192 bytes"), (READY, b"OK\tID\n", None), (READY, b"OK\tID\tuser=\n", None),
    (READY, b"OK\tID\tuser=a\x01nb\n", None)],
    ids=["SMTP", "another version", "an endless line", "nobody", "an empty name", "a name with a line end"])
def test_a_service_that_is_none(world, says, answers, words):
    """What does not speak as Dovecot does lets nobody in, and nobody is told that his password is wrong."""
    path = f"{world.folder}/hostile"
    with socketserver.ThreadingUnixStreamServer(path, Hostile) as service:
        service.daemon_threads, service.says, service.answers = True, says, answers
        os.chmod(path, 0o777)
        threading.Thread(target=service.serve_forever, args=(0.05,), daemon=True).start()
        world.candor(path)
        assert world.login("alice@here.test", "s3cret") == AWAY
        assert (f"accounts-away socket={path}" in world.server.log) == (words is not None)
        assert (words or "") in world.server.log and " login client=" not in world.server.log
        service.shutdown()


@pytest.mark.parametrize("answers, refusal", [
    (b"FAIL\tID\tuser=alice@here.test\tcode=pass_expired\n",
     (432, b"4.7.12 The password of alice@here.test is right, but has expired; change it, or have the operator change it, then log in with the new one")),
    (b"FAIL\tID\tuser=alice@here.test\tcode=user_disabled\n",
     (525, b"5.7.13 The account alice@here.test is disabled, though its password is right; only the operator can enable it again"))])
def test_reasons_that_dovecot_gives(world, answers, refusal):
    path = f"{world.folder}/scripted"
    with socketserver.ThreadingUnixStreamServer(path, Hostile) as service:
        service.daemon_threads, service.says, service.answers = True, READY, answers
        os.chmod(path, 0o777)
        threading.Thread(target=service.serve_forever, args=(0.05,), daemon=True).start()
        world.candor(path)
        assert world.login("alice@here.test", "s3cret") == refusal
        assert "login-failed" not in world.server.log
        service.shutdown()


def test_check_names_what_is_wrong(world):
    server = world.candor(world.dove().start().socket)
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_OK and "dovecot" not in done.stderr
    world.dovecot.stop()
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_OK
    assert f"login: dovecot = {world.dovecot.socket} can't be asked: " in done.stderr and "454 4.7.0" in done.stderr
    text = server.config.read_text()
    server.config.write_text(text.replace("login { dovecot", f'login {{ users = "{server.config}" dovecot'))
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and "login has both users and dovecot" in done.stderr
