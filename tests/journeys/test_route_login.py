"""Routes with logins of their own: several accounts at one smarthost, or at several."""
import base64
import contextlib
import json
import os
import shutil

import pytest
from candor import UNPRIVILEGED, Candor, run
from dovecot import Dovecot
from pki import Authority
from sink import Session, Sink
from waiting import until


class Accounts(Session):
    """Knows the sink's accounts, by PLAIN, LOGIN and XOAUTH2; takes mail of those who logged in alone."""

    def answer(self, verb, line):
        if verb == "AUTH":
            user, secret = self.read(line.split()[1:])
            self.user = user if self.is_secure and self.server.sink.accounts.get(user) == secret else None
            return self.say("235 2.7.0 welcome" if self.user else "535 5.7.8 who are you?")
        if verb == "MAIL":
            if not getattr(self, "user", None):
                return self.say("530 5.7.0 log in first")
            self.server.sink.senders.append((self.user, line.split("<")[1].split(">")[0]))
        return super().answer(verb, line)

    def read(self, words):
        if words[0] == "PLAIN":
            return base64.b64decode(words[1]).decode().split("\0")[1:]
        if words[0] == "XOAUTH2":
            user, bearer = base64.b64decode(words[1]).decode().split("\x01")[:2]
            return user.removeprefix("user="), bearer.removeprefix("auth=Bearer ")
        said = []
        for asked in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"):
            self.say(f"334 {asked}")
            said.append(base64.b64decode(self.rfile.readline()).decode())
        return said


class World:
    """A smarthost `localhost` with accounts, and the text for a configuration that uses it."""

    def __init__(self, candor, folder):
        self.candor, self.folder, self.authority, self.stack = candor, folder, Authority(folder), contextlib.ExitStack()

    def smarthost(self, mechanisms="PLAIN LOGIN XOAUTH2", **accounts):
        sink = Sink(tls=self.authority.certificate("localhost").context, offers=[f"AUTH {mechanisms}"], session=Accounts)
        sink.accounts, sink.senders = accounts, []
        self.stack.callback(sink.close)
        return sink

    def secret(self, name, text, mode=0o600):
        path = f"{self.folder}/{name}"
        with open(path, "w", encoding="ascii") as file:
            file.write(text + "\n")
        os.chmod(path, mode)
        if os.getuid() == 0:
            shutil.chown(path, UNPRIVILEGED)
            os.chmod(self.folder, 0o711)
        return path

    def login(self, user, password, kind="password", **more):
        words = "".join(f" {name.replace('_', '-')} = {value}" for name, value in more.items())
        return f'smarthost-user = "{user}" smarthost-{kind} = "{self.secret(user + "." + kind, password)}"{words}'

    def route(self, name, text, senders=None):
        return f'route {name} {{ senders = {{ "{senders or name + ".test"}" }}  {text} }}\n'

    def serve(self, routes, relay="", **options):
        self.server = self.candor(relay=f'{relay} authorities = "{self.authority.file}"', more=routes, **options)
        return self.server

    def send(self, *senders):
        for name in senders:
            self.server.send("carol@there.example", sender=f"{name}@{name}.test")


@pytest.fixture
def world(candor, folder):
    made = World(candor, folder)
    with made.stack:
        yield made


def test_accounts_at_one_smarthost_by_sender(world):
    sink = world.smarthost(one="1st", two="2nd", usual="3rd")
    world.serve("".join(world.route(name, world.login(name, secret)) for name, secret in (("one", "1st"), ("two", "2nd"))),
                relay=f'smarthost = "localhost:{sink.port}" tls = verify ' + world.login("usual", "3rd"))
    world.send("one", "two", "other", "one", "two", "other")
    sink.wait(6)
    assert sorted(set(sink.senders)) == [("one", "one@one.test"), ("two", "two@two.test"), ("usual", "other@other.test")]
    assert sink.secure == [True] * 6


def test_a_wrong_password_stops_its_own_mail_alone(world):
    sink = world.smarthost(one="1st", two="2nd")
    server = world.serve("".join(world.route(name, world.login(name, secret)) for name, secret in (("one", "wrong"), ("two", "2nd"))),
                         relay=f'smarthost = "localhost:{sink.port}" tls = verify', retry="1 h")
    world.send("one")
    until(lambda: "535" in server.log, lambda: server.log)
    world.send("two", "two")
    sink.wait(2)
    (row,) = [json.loads(line) for line in server.queue("list", "--json").stdout.splitlines()]
    assert row["cause"] == "smtp_auth_required" and row["site"] == "localhost as one", row
    assert [user for user, _ in sink.senders] == ["two", "two"] and server.files("alice") == [] and "wrong" not in server.log


def test_a_smarthost_of_its_own_without_a_login_gets_that_of_nobody(world):
    usual, other = world.smarthost(usual="secret"), world.smarthost()
    server = world.serve(world.route("one", f'smarthost = "localhost:{other.port}"'),
                         relay=f'smarthost = "localhost:{usual.port}" tls = verify ' + world.login("usual", "secret"), retry="1 h")
    world.send("one", "two")
    usual.wait()
    until(lambda: "log in first" in server.log, lambda: server.log)
    assert not any(line.startswith("AUTH") for line in other.commands)


def test_a_route_may_want_more_of_tls_than_the_rest(world):
    """The world gets its mail in the clear where it must; the smarthost only with proof of its name."""
    sink = world.smarthost(one="1st")
    server = world.serve(world.route("one", f'smarthost = "127.0.0.1:{sink.port}" ' + world.login("one", "1st", tls="verify"))
                         + world.route("two", f'smarthost = "localhost:{sink.port}" ' + world.login("two", "2nd", tls="verify")), retry="1 h")
    sink.accounts["two"] = "2nd"
    world.send("one", "two")
    sink.wait()
    until(lambda: "`tls` in the section route" in server.log, lambda: server.log)
    assert sink.senders == [("two", "two@two.test")] and "tls=verified" in server.log


@pytest.mark.parametrize("mechanism, kind", [("plain", "password"), ("login", "password"), ("xoauth2", "token")])
def test_the_mechanism_that_is_named(world, mechanism, kind):
    sink = world.smarthost("PLAIN LOGIN SCRAM-SHA-256 OAUTHBEARER XOAUTH2", one="1st")
    world.serve(world.route("one", f'smarthost = "localhost:{sink.port}" ' + world.login("one", "1st", kind, tls="verify", smarthost_mechanism=mechanism)))
    world.send("one")
    sink.wait()
    assert [line.split()[1].lower() for line in sink.commands if line.startswith("AUTH")] == [mechanism]


def test_a_mechanism_that_is_not_offered(world):
    sink = world.smarthost("PLAIN", one="1st")
    server = world.serve(world.route("one", f'smarthost = "localhost:{sink.port}" '
                                     + world.login("one", "1st", tls="verify", smarthost_mechanism="scram-sha-256")), retry="1 h")
    world.send("one")
    until(lambda: "does not offer the login that smarthost-mechanism names" in server.log, lambda: server.log)
    assert sink.messages == []


def test_a_reload_takes_another_login(world):
    """What waited for the operator goes with the password that is right."""
    sink = world.smarthost(one="1st", other="2nd")
    server = world.serve(world.route("one", f'smarthost = "localhost:{sink.port}" ' + world.login("one", "wrong", tls="verify")), retry="1 h")
    world.send("one")
    until(lambda: "535" in server.log, lambda: server.log)
    world.login("other", "2nd")
    text = server.config.read_text()
    server.config.write_text(text.replace('smarthost-user = "one"', 'smarthost-user = "other"').replace("one.password", "other.password"))
    assert run("reload", "--socket", f"{server.folder}/control").returncode == os.EX_OK
    sink.wait()
    assert sink.senders == [("other", "one@one.test")]


WRONG = [
    ('smarthost-user = "one"', "route one has a smarthost-user without a smarthost-password or smarthost-token"),
    ('smarthost-user = "one" smarthost-password = "{password}" smarthost-token = "{token}"', "which one is it to log in with?"),
    ('smarthost-user = "one" smarthost-password = "{password}"', "route one has a smarthost-user, but no smarthost"),
    ('smarthost = "x.example:587" smarthost-user = "one" smarthost-password = "{password}"', "route one has a smarthost-user, whose password is sent in encrypted"),
    ('smarthost = "x.example:587" tls = must smarthost-user = "one" smarthost-password = "{open}"', "everybody may read this password; chmod 600"),
    ('smarthost = "x.example:587" tls = must smarthost-user = "one" smarthost-password = "{empty}"', "its first line is to be the password"),
    ('smarthost = "x.example:587" tls = must smarthost-user = "one" smarthost-token = "{token}" smarthost-mechanism = plain',
     "route one has a smarthost-mechanism that takes a password; right is oauthbearer or xoauth2"),
    ('smarthost = "x.example:587" tls = must smarthost-user = "one" smarthost-password = "{password}" smarthost-mechanism = xoauth2',
     "route one has a smarthost-mechanism that takes a token"),
    ('smarthost = "x.example:587" smarthost-mechanism = plain', "there is nobody to log in as"),
    ('smarthost = "x.example:587" smarthost-mechanism = cram-md5', "right is"),
]


@pytest.mark.parametrize("text, words", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_told(world, text, words):
    files = {"password": world.secret("p", "secret"), "token": world.secret("t", "token"), "open": world.secret("o", "secret", 0o644),
             "empty": world.secret("e", "")}
    server = Candor(more=world.route("one", text.format(**files)))
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and words in done.stderr and "secret" not in done.stderr.replace("/secret", ""), done
    server.close()


# ---- a smarthost of others' making

def test_postfix_with_dovecot(world, postfix):
    """Real ones: Postfix asks Dovecot who it is."""
    accounts = Dovecot({"one": "1st", "two": "2nd"})
    world.stack.callback(accounts.stop)
    accounts.start()
    shown = world.authority.certificate("localhost")
    peer = postfix(["carol@there.example"], settings={
        "smtpd_tls_security_level": "may", "smtpd_tls_cert_file": shown.file, "smtpd_tls_key_file": shown.key,
        "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": accounts.socket, "smtpd_tls_auth_only": "yes",
        "smtpd_recipient_restrictions": "permit_sasl_authenticated,reject"})
    server = world.serve("".join(world.route(name, world.login(name, secret)) for name, secret in (("one", "1st"), ("two", "2nd"), ("bad", "no"))),
                         relay=f'smarthost = "localhost:{peer.port}" tls = verify', retry="1 h")
    world.send("one", "two", "bad")
    until(lambda: server.log.count(" delivered ") == 2 and "stage=auth" in server.log, lambda: server.log + peer.complaints())
    maillog = peer.log.read_text()
    for name in ("one", "two"):
        assert f"sasl_username={name}" in maillog, maillog
    assert "sasl_method=SCRAM-SHA-256" in maillog and server.log.count("cause=smtp_auth_required") == 1


# ---- candor probe

def probe(world, sender, *words):
    done = run("probe", "-c", world.server.config, "--json", "-f", f"{sender}@{sender}.test", *words, "carol@there.example")
    assert "1st" not in done.stdout + done.stderr and "Sanitizer" not in done.stderr, done
    return done.returncode, json.loads(done.stdout)


def steps(found, name):
    for step in found.get("steps", ()):
        if step["step"] == name:
            yield step
        yield from steps(step, name)


def test_the_probe_goes_that_way_and_logs_in(world, nameserver):
    sink = world.smarthost(one="1st")
    dns = nameserver()
    world.serve(dns.section + world.route("one", f'smarthost = "127.0.0.1:{sink.port}" ' + world.login("one", "1st", tls="must"))
                + world.route("two", f'smarthost = "127.0.0.1:{sink.port}" ' + world.login("two", "1st", tls="must")))
    status, found = probe(world, "one")
    (way,), (auth,) = steps(found, "smarthost"), steps(found, "auth")
    assert status == 0 and (way["section"], way["user"], auth["code"]) == ("route one", "one", "235"), found
    assert sink.senders == [("one", "one@one.test")] and "RCPT TO:<carol@there.example>" in sink.commands and sink.messages == []
    status, found = probe(world, "two")
    (auth,) = steps(found, "auth")
    assert status != 0 and auth["code"] == "535" and "smtp_auth_required" in json.dumps(auth), found
    status, found = probe(world, "one", "--direct")
    assert status != 0 and not list(steps(found, "smarthost")) and "does not exist" in json.dumps(found)
