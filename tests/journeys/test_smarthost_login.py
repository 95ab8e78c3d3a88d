"""Mail goes to a smarthost that wants a login (relay { smarthost-user, smarthost-password })."""
import base64
import os

import pytest
from candor import Candor, run
from pki import Authority
from sink import Session, Sink
from waiting import until


class LoginSession(Session):
    """Wants me and secret, by the mechanisms that the sink offers."""

    def answer(self, verb, line):
        if verb == "AUTH":
            said = self.take(line.split()[1:])
            self.is_known = said == ["me", "secret"] and self.is_secure
            return self.say("235 2.7.0 welcome" if self.is_known else "535 5.7.8 who are you?")
        if verb == "MAIL" and not getattr(self, "is_known", False):
            return self.say("530 5.7.0 log in first")
        return super().answer(verb, line)

    def take(self, words):
        if words[0] == "PLAIN":
            return base64.b64decode(words[1]).decode().split("\0")[1:]
        said = []
        for asked in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"):
            self.say(f"334 {asked}")
            said.append(base64.b64decode(self.rfile.readline()).decode())
        return said


def relay(folder, port, tls="verify", password="secret", mode=0o600):
    """Text of the section, with the password in its file."""
    with open(f"{folder}/password", "w", encoding="ascii") as file:
        file.write(password + "\n")
    os.chmod(f"{folder}/password", mode)
    return f'smarthost = "localhost:{port}" tls = {tls} smarthost-user = "me" smarthost-password = "{folder}/password" '


class World:
    def __init__(self, candor, folder, mechanisms, password="secret"):
        authority = Authority(folder)
        self.sink = Sink(tls=authority.certificate("localhost").context, offers=[f"AUTH {mechanisms}"], session=LoginSession)
        self.server = candor(relay=relay(folder, self.sink.port, password=password) + f'authorities = "{authority.file}"', retry="1 h")
        self.server.send("carol@there.example")


@pytest.fixture
def world(candor, folder):
    made = []

    def start(*words, **options):
        made.append(World(candor, folder, *words, **options))
        return made[-1]
    yield start
    for each in made:
        each.sink.close()


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN", "CRAM-MD5 PLAIN"])
def test_the_smarthost_knows_us(world, mechanisms):
    there = world(mechanisms)
    there.sink.wait()
    assert there.sink.secure == [True]
    there.server.send("carol@there.example")  # on the same connection, without another login
    there.sink.wait(2)


def test_a_wrong_password_waits_for_the_operator(world):
    there = world("PLAIN", password="wrong")
    until(lambda: "535" in there.server.log and "stage=auth" in there.server.log, lambda: there.server.log)
    assert there.sink.messages == [] and there.server.files("alice") == []  # no bounce
    assert "wrong" not in there.server.log


def test_no_login_that_is_known(world):
    there = world("CRAM-MD5")
    until(lambda: "offers no login by PLAIN or LOGIN" in there.server.log, lambda: there.server.log)
    assert there.sink.messages == []


@pytest.mark.parametrize("tls, password, mode, words", [
    ("may", "secret", 0o600, "sent in encrypted connections only; right is tls = verify"),
    ("verify", "", 0o600, "its first line is to be the password"),
    ("verify", "secret", 0o644, "everybody may read this password; chmod 600"),
])
def test_what_is_wrong_is_told(folder, tls, password, mode, words):
    server = Candor(relay=relay(folder, 25, tls, password, mode))
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and words in done.stderr, done
    server.close()
