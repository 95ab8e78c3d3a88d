"""Logins that PAM judges: a service of its own, whose judge is a program of the test's."""
import os
import signal
import smtplib
import ssl
import subprocess

import pytest
from candor import run
from says_no import without_reference
from test_login import plain
from test_tls import certificate
from waiting import free_port, until

AWAY = (454, b"4.7.0 The login can't be checked now; try again later")

# alice's password is s3cret; slow waits until somebody writes into the pipe
JUDGE = """#!/bin/sh
read -r password
case "$PAM_USER" in
    slow) read -r go < {folder}/pipe ;;
esac
[ "$password" = "s3cret of $PAM_USER" ]
"""


class World:
    def __init__(self, candor, folder, auth=None, account="pam_permit.so", more=""):
        os.chmod(folder, 0o755)
        self.folder, self.port = folder, free_port()
        os.mkfifo(f"{folder}/pipe")
        with open(f"{folder}/judge", "w", encoding="ascii") as file:
            file.write(JUDGE.format(folder=folder))
        os.chmod(f"{folder}/judge", 0o755)
        with open(f"{folder}/service", "w", encoding="ascii") as file:
            file.write(f"auth required {auth or f'pam_exec.so quiet expose_authtok {folder}/judge'}\naccount required {account}\n")
        self.server = candor(
            networks='"192.0.2.0/24"', more=certificate(folder, "mx.here.test") + f'login {{ pam = "{folder}/service" }}\n' + more +
            f'listen submission {{ address = "127.0.0.1:{self.port}" require-login = true }}\n')

    def session(self):
        client = smtplib.SMTP("127.0.0.1", self.port, timeout=60, local_hostname="client.test")
        client.starttls(context=ssl.create_default_context(cafile=f"{self.folder}/mx.here.test.pem"))
        client.ehlo()
        return client

    def login(self, name, password=None):
        with self.session() as client:
            code, text = client.docmd("AUTH", "PLAIN " + plain(name, password or f"s3cret of {name}"))
            return code, without_reference(text)

    def helpers(self, comm):
        """The processes of that name somewhere below the server's first."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): (int(parent), name) for pid, parent, name in (line.split(None, 2) for line in listed.splitlines())}

        def is_below(pid):
            return pid == self.server.process.pid or (pid in parents and is_below(parents[pid][0]))
        return [pid for pid, (parent, name) in parents.items() if name == comm and is_below(parent)]


@pytest.fixture
def start(candor, folder):
    return lambda **options: World(candor, folder, **options)


def test_right_and_wrong(start):
    world = start()
    assert world.session().esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
    with world.session() as client:
        assert client.docmd("AUTH", "PLAIN " + plain("alice", "s3cret of alice")) == (235, b"2.7.0 Logged in")
        assert client.mail("alice@here.test")[0] == 250 and client.rcpt("x@elsewhere.test")[0] == 250
    assert world.login("bob")[0] == 235
    said = {world.login("alice", "wrong"), world.login("nobody", "wrong"), world.login("alice", "s3cret of bob")}
    assert {code for code, _ in said} == {535} and len(said) == 1
    assert world.server.log.count(" login client=") == 2 and world.server.log.count(" login-failed client=") == 3
    assert "s3cret" not in world.server.log


def test_an_account_that_may_not(start):
    assert start(account="pam_deny.so").login("alice")[0] == 535


@pytest.mark.parametrize("auth", ["pam_no_such_module.so", "pam_debug.so auth=authinfo_unavail"])
def test_modules_that_can_not_tell(start, auth):
    world = start(auth=auth)
    assert world.login("alice") == AWAY
    assert "login-failed" not in world.server.log


def test_a_slow_module_keeps_nobody_waiting(start):
    world = start()
    with world.session() as slow:
        slow.putcmd("AUTH", "PLAIN " + plain("slow", "s3cret of slow"))
        assert world.login("alice")[0] == 235 and world.login("alice", "wrong")[0] == 535
        with open(f"{world.folder}/pipe", "w", encoding="ascii") as pipe:
            pipe.write("go\n")
        assert slow.getreply()[0] == 235


@pytest.mark.parametrize("says, refusal", [
    ("new_authtok_reqd", (432, b"4.7.12 The password of alice is right, but has expired; change it, or have the operator change it, then log in with the new one")),
    ("acct_expired", (525, b"5.7.13 The account alice is disabled, though its password is right; only the operator can enable it again")),
    ("authtok_expired", (525, b"5.7.13 The account alice is disabled, though its password is right; only the operator can enable it again"))])
def test_what_modules_say_of_the_account(start, says, refusal):
    world = start(account=f"pam_debug.so acct={says}")
    assert world.login("alice") == refusal
    assert world.login("alice", "wrong")[0] == 535


def test_the_helper_is_started_anew(start):
    """With a pause that grows while it goes on ending; meanwhile nobody is told that his password is wrong."""
    world = start()
    assert world.login("alice")[0] == 235
    def is_put_off():
        if not (found := world.helpers("candor-pam-ask")):
            return world.login("alice") == AWAY
        os.kill(found[0], signal.SIGKILL)
        return False
    until(is_put_off, lambda: world.server.log)
    until(lambda: world.login("alice")[0] == 235, lambda: world.server.log)
    assert "login-failed" not in world.server.log
    assert 'reason="the process that asks its modules ended, and is started anew"' in world.server.log


def test_the_helper_and_who_starts_it_are_gone(start):
    world = start()
    for helper in [*world.helpers("candor-pam"), *world.helpers("candor-pam-ask")]:
        os.kill(helper, signal.SIGKILL)
    until(lambda: world.login("alice") == AWAY, lambda: world.server.log)
    assert "login-failed" not in world.server.log


def test_the_helper_ends_with_the_server(start):
    world = start()
    helpers = [pid for comm in ("candor-pam", "candor-pam-ask") for pid in world.helpers(comm)]
    world.server.kill()
    until(lambda: not any(os.path.exists(f"/proc/{helper}") for helper in helpers), "the helpers to end")


def test_limits_hold(start):
    world = start(more='limits { failed-logins = 2 login-delay = "0 s" }\n')
    assert world.login("alice", "wrong")[0] == 535 and world.login("alice", "wrong")[0] == 535
    assert world.login("alice")[0] == 421


def test_a_wrong_setting_is_told(start):
    world = start()
    text = world.server.config.read_text()
    for wrong, words in (("/service", f'pam = "{world.folder}/missing"'), ("login { pam", f'login {{ dovecot = "{world.folder}/d" pam')):
        world.server.config.write_text(text.replace(f'pam = "{world.folder}/service"', words) if wrong == "/service" else text.replace(wrong, words))
        done = run("check", "-c", world.server.config)
        assert done.returncode == os.EX_CONFIG, done
        assert ("missing" if wrong == "/service" else "login has both dovecot and pam") in done.stderr
