"""Mail goes to a smarthost that wants a login (relay { smarthost-user, smarthost-password })."""
import base64
import os
import shutil

import pytest
import scram
from candor import UNPRIVILEGED, Candor, run
from pki import Authority
from sink import Session, Sink
from waiting import free_port, until


class LoginSession(Session):
    """Wants me and secret, by the mechanisms that the sink offers."""
    iterations, lies = 4096, False

    def answer(self, verb, line):
        if verb == "AUTH":
            said = self.take(line.split()[1:])
            self.is_known = said == ["me", "secret"] and self.is_secure
            return self.say("235 2.7.0 welcome" if self.is_known else "535 5.7.8 who are you?")
        if verb == "MAIL" and not getattr(self, "is_known", False):
            return self.say("530 5.7.0 log in first")
        return super().answer(verb, line)

    def take(self, words):
        if words[0] == "SCRAM-SHA-256":
            known = scram.serve(self.say, self.rfile.readline, words[1], "secret", self.iterations, self.lies)
            return ["me", "secret"] if known else []
        if words[0] in ("XOAUTH2", "OAUTHBEARER"):
            return self.take_token(words)
        if words[0] == "PLAIN":
            return base64.b64decode(words[1]).decode().split("\0")[1:]
        said = []
        for asked in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"):
            self.say(f"334 {asked}")
            said.append(base64.b64decode(self.rfile.readline()).decode())
        return said


    def take_token(self, words):
        said = base64.b64decode(words[1]).decode()
        begins = {"XOAUTH2": "user=me\x01", "OAUTHBEARER": "n,a=me,\x01"}[words[0]]
        if said == begins + "auth=Bearer secret\x01\x01":
            return ["me", "secret"]
        self.say("334 " + scram.text64('{"status":"invalid_token"}'))
        assert self.rfile.readline().strip() == {"XOAUTH2": b"", "OAUTHBEARER": b"AQ=="}[words[0]]
        return []


class Liar(LoginSession):
    """Does not know the password itself."""
    lies = True


class Slow(LoginSession):
    iterations = 10000000

    def take(self, words):
        nonce = base64.b64decode(words[1]).decode().partition("r=")[2]
        self.say("334 " + scram.text64(f"r={nonce}x,s=c2FsdA==,i={self.iterations}"))
        return []


def write_token(folder, token):
    """As another program does it; the server has to be able to read it once it runs as its user."""
    with open(f"{folder}/token.new", "w", encoding="ascii") as file:
        file.write(token + "\n")
    os.chmod(f"{folder}/token.new", 0o600)
    if os.getuid() == 0:
        shutil.chown(f"{folder}/token.new", UNPRIVILEGED)
        os.chmod(folder, 0o711)
    os.rename(f"{folder}/token.new", f"{folder}/token")


def use_token(folder, text, token):
    write_token(folder, token)
    return text.replace(f'smarthost-password = "{folder}/password"', f'smarthost-token = "{folder}/token"')


def relay(folder, port, tls="verify", password="secret", mode=0o600):
    """Text of the section, with the password in its file."""
    with open(f"{folder}/password", "w", encoding="ascii") as file:
        file.write(password + "\n")
    os.chmod(f"{folder}/password", mode)
    return f'smarthost = "localhost:{port}" tls = {tls} smarthost-user = "me" smarthost-password = "{folder}/password" '


class World:
    def __init__(self, candor, folder, mechanisms, password="secret", session=LoginSession, secret="password", retry="1 h"):
        authority = Authority(folder)
        self.sink = Sink(tls=authority.certificate("localhost").context, offers=[f"AUTH {mechanisms}"], session=session)
        text = relay(folder, self.sink.port, password=password)
        text = use_token(folder, text, password) if secret == "token" else text
        self.server = candor(relay=text + f'authorities = "{authority.file}"', retry=retry)
        self.server.send("carol@there.example")

    def logins(self):
        return [line.split()[1] for line in self.sink.commands if line.startswith("AUTH")]


@pytest.fixture
def world(candor, folder):
    made = []

    def start(*words, **options):
        made.append(World(candor, folder, *words, **options))
        return made[-1]
    yield start
    for each in made:
        each.sink.close()


@pytest.mark.parametrize("mechanisms, secret, best", [
    ("PLAIN LOGIN SCRAM-SHA-256", "password", "SCRAM-SHA-256"), ("LOGIN PLAIN XOAUTH2", "password", "PLAIN"), ("LOGIN", "password", "LOGIN"),
    ("CRAM-MD5 PLAIN", "password", "PLAIN"), ("PLAIN XOAUTH2 OAUTHBEARER", "token", "OAUTHBEARER"), ("LOGIN XOAUTH2", "token", "XOAUTH2")])
def test_the_smarthost_knows_us(world, mechanisms, secret, best):
    there = world(mechanisms, secret=secret)
    there.sink.wait()
    assert there.sink.secure == [True] and there.logins() == [best]
    there.server.send("carol@there.example")  # on the same connection, without another login
    there.sink.wait(2)


@pytest.mark.parametrize("mechanism, secret", [
    ("PLAIN", "password"), ("SCRAM-SHA-256", "password"), ("XOAUTH2", "token"), ("OAUTHBEARER", "token")])
def test_a_wrong_password_waits_for_the_operator(world, mechanism, secret):
    there = world(mechanism, password="wrong", secret=secret)
    until(lambda: "535" in there.server.log and "stage=auth" in there.server.log, lambda: there.server.log)
    assert there.sink.messages == [] and there.server.files("alice") == []  # no bounce
    assert "wrong" not in there.server.log


def test_no_login_that_is_known(world):
    there = world("CRAM-MD5 XOAUTH2")
    until(lambda: "offers no login by SCRAM-SHA-256, PLAIN or LOGIN" in there.server.log, lambda: there.server.log)
    assert there.sink.messages == []


@pytest.mark.parametrize("session, words", [(Liar, "did not prove that it knows the password"), (Slow, "more than 200000")])
def test_a_smarthost_that_is_not_trusted(world, session, words):
    there = world("SCRAM-SHA-256", session=session)
    until(lambda: words in there.server.log, lambda: there.server.log)
    assert there.sink.messages == []


def test_a_token_is_renewed_by_another_program(world, folder):
    there = world("XOAUTH2", password="old", secret="token", retry="1 s")
    until(lambda: "535" in there.server.log, lambda: there.server.log)
    write_token(folder, "secret")
    assert there.server.queue("retry", "--all").returncode == 0
    there.sink.wait()


def test_a_token_that_is_gone(candor, folder):
    authority = Authority(folder)
    sink = Sink(tls=authority.certificate("localhost").context, offers=["AUTH XOAUTH2"], session=LoginSession)
    text = use_token(folder, relay(folder, sink.port), "secret")
    server = candor(relay=text + f'authorities = "{authority.file}"', retry="1 h")
    os.unlink(f"{folder}/token")
    server.send("carol@there.example")
    until(lambda: "the file with the token for the login can't be read, or is empty" in server.log, lambda: server.log)
    sink.close()


def test_two_of_ours(candor, folder):
    """One server logs in at another by SCRAM, which takes its mail for that alone."""
    users, authority = f"{folder}/users", Authority(folder)
    assert run("user", "add", "me", "--file", users, text="secret\n").returncode == os.EX_OK
    shown = authority.certificate("localhost")
    there = candor(networks='"192.0.2.0/24"', retry="1 h", relay=f'smarthost = "127.0.0.1:{free_port()}"',
                   more=f'certificate own {{ file = "{shown.file}" key = "{shown.key}" }} login {{ users = "{users}" }}')
    here = candor(relay=relay(folder, there.port) + f'authorities = "{authority.file}"', retry="1 h")
    here.send("carol@there.example")
    until(lambda: "carol@there.example" in there.queue("list").stdout, lambda: here.log + there.log)
    assert "user=me" in there.log


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
