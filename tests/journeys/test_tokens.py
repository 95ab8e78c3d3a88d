"""Logins with a token of OAuth 2: OAUTHBEARER (RFC 7628) and XOAUTH2, by asking its issuer (RFC 7662)."""
import base64
import contextlib
import http.server
import json
import os
import smtplib
import ssl
import subprocess
import threading
import time
import urllib.parse

import pytest
from candor import run
from pki import Authority
from says_no import without_reference
from test_login import plain
from test_tls import certificate
from waiting import free_port, until

AWAY = (454, b"4.7.0 The login can't be checked now; try again later")
WRONG = 535
NAME = "login.there.example"


class Issuer:
    """An introspection endpoint at 127.0.0.3; `tokens`: token -> answer. `status` and `text` say something else instead."""

    def __init__(self, context):
        self.tokens, self.asked, self.status, self.text, self.port = {}, [], 200, None, free_port("127.0.0.3")
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                issuer.asked.append((self.path, self.headers["Host"], self.headers["Authorization"], form))
                answer = issuer.tokens.get(form["token"][0], {"active": False})
                self.send_response(issuer.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write((json.dumps(answer) if issuer.text is None else issuer.text).encode())

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client_address):
                with contextlib.suppress(ssl.SSLError, OSError):
                    super().finish_request(context.wrap_socket(request, server_side=True), client_address)

        self.server = Server(("127.0.0.3", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class World:
    """A server that believes the issuer; alice's token is `good`."""

    def __init__(self, candor, nameserver, folder, login="", shown=NAME, more="", users=(), disabled=()):
        authority, self.folder, self.port = Authority(folder), folder, free_port()
        dns = nameserver(f"{NAME}. A 127.0.0.3")
        self.issuer = Issuer(authority.certificate(shown).context)
        self.issuer.tokens["good"] = {"active": True, "username": "alice@here.test", "scope": "mail", "email": "a@here.test"}
        for name in users:
            assert run("user", "add", name, "--file", f"{folder}/users", text="x\n").returncode == os.EX_OK
            login = f'users = "{folder}/users"'
        for name in disabled:
            assert run("user", "disable", name, "--file", f"{folder}/users").returncode == os.EX_OK
        self.server = candor(
            networks='"192.0.2.0/24"', more=certificate(folder, "mx.here.test") + dns.section + more +
            f'login {{ tokens = "https://{NAME}:{self.issuer.port}/introspect?x=y" tokens-authorities = "{authority.file}" {login} }}\n'
            f'listen submission {{ address = "127.0.0.1:{self.port}" require-login = true }}\n')

    def session(self):
        client = smtplib.SMTP("127.0.0.1", self.port, timeout=60, local_hostname="client.test")
        client.starttls(context=ssl.create_default_context(cafile=f"{self.folder}/mx.here.test.pem"))
        client.ehlo()
        return client

    def login(self, token, name="alice@here.test", mechanism="OAUTHBEARER"):
        """The last reply, and what the challenge before it said."""
        with self.session() as client:
            code, said = client.docmd("AUTH", f"{mechanism} {response(token, name, mechanism)}")
            if code != 334:
                return (code, without_reference(said)), None
            told = json.loads(base64.b64decode(said))
            code, said = client.docmd("AQ==" if mechanism == "OAUTHBEARER" else "")
            return (code, without_reference(said)), told

    def close(self):
        self.issuer.close()


def response(token, name, mechanism):
    begin = f"user={name}" if mechanism == "XOAUTH2" else f"n,a={name}," if name else "n,,"
    return base64.b64encode(f"{begin}\x01auth=Bearer {token}\x01\x01".encode()).decode()


@pytest.fixture
def start(candor, nameserver, folder):
    with contextlib.ExitStack() as stack:
        def make(**options):
            world = World(candor, nameserver, folder, **options)
            stack.callback(world.close)
            return world
        yield make


def test_a_good_token(start):
    world = start()
    with world.session() as client:
        assert client.esmtp_features["auth"].split() == ["OAUTHBEARER", "XOAUTH2"]
        assert client.docmd("AUTH", "OAUTHBEARER") == (334, b"")
        assert client.docmd(response("good", "alice@here.test", "OAUTHBEARER")) == (235, b"2.7.0 Logged in")
        assert client.mail("alice@here.test")[0] == 250 and client.rcpt("x@elsewhere.test")[0] == 250
    assert world.issuer.asked == [("/introspect?x=y", NAME, None, {"token": ["good"], "token_type_hint": ["access_token"]})]
    assert world.login("good", "", "OAUTHBEARER")[0][0] == 235 and world.login("good", mechanism="XOAUTH2")[0][0] == 235
    assert " login client=127.0.0.1 user=alice@here.test" in world.server.log and "good" not in world.server.log


def test_answers_are_remembered_for_a_while(start):
    world = start()
    for _ in range(6):
        assert world.login("good")[0][0] == 235
    assert len(world.issuer.asked) <= 2  # once on each loop
    world.issuer.tokens["short"] = {"active": True, "username": "alice@here.test", "exp": int(time.time()) + 2}
    assert world.login("short")[0][0] == 235
    del world.issuer.tokens["short"]
    until(lambda: world.login("short")[0][0] == WRONG, lambda: world.server.log)


@pytest.mark.parametrize("mechanism, told", [("OAUTHBEARER", {"status": "invalid_token"}), ("XOAUTH2", {"status": "401", "schemes": "bearer"})])
def test_a_token_that_is_not_good(start, mechanism, told):
    world = start()
    assert world.login("bad", mechanism=mechanism) == (
        (535, b"5.7.8 Name or password is wrong; check both, and that the account may log in here"), told)
    assert world.login("good", "bob@here.test", mechanism)[1] == told
    assert " login-failed client=127.0.0.1 user=bob@here.test" in world.server.log and " login client=" not in world.server.log


def test_what_is_malformed(start):
    world = start()
    with world.session() as client:
        for said in ("n,,\x01auth=Basic x\x01\x01", "n,,\x01auth=Bearer x\r\nX-Y: z\x01\x01", "good"):
            assert client.docmd("AUTH", "OAUTHBEARER " + base64.b64encode(said.encode()).decode())[0] == 501
        assert client.docmd("AUTH", "PLAIN " + plain("alice@here.test", "x"))[0] == 504
    assert not world.issuer.asked


def test_a_long_token(start):
    """RFC 4954 4: lines of a login may have 12288 bytes."""
    world = start()
    world.issuer.tokens["x" * 8000] = world.issuer.tokens["good"]
    assert world.login("x" * 8000)[0][0] == 235
    assert world.login("x" * 9500)[0][0] == 500


def test_our_name_there_a_scope_and_another_member(start, folder):
    with open(f"{folder}/secret", "w", encoding="ascii") as file:
        file.write("pass word\n")
    os.chmod(f"{folder}/secret", 0o600)
    world = start(login=f'tokens-user = "cand:or" tokens-password = "{folder}/secret" tokens-scope = "mail" tokens-name = "email"')
    assert world.login("good", "a@here.test")[0][0] == 235
    assert base64.b64decode(world.issuer.asked[0][2].split()[1]) == b"cand%3Aor:pass%20word"
    world.issuer.tokens["narrow"] = {"active": True, "email": "a@here.test", "scope": "mailbox"}
    assert world.login("narrow", "a@here.test")[0][0] == WRONG


def test_with_accounts_of_our_own(start):
    """Who is not among them, or was disabled, has no use of a token, and the latter is told; passwords go on."""
    world = start(users=["alice@here.test", "carol@here.test"], disabled=["carol@here.test"])
    assert world.session().esmtp_features["auth"].split() == ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"]
    assert world.login("good")[0][0] == 235
    with world.session() as client:
        assert client.docmd("AUTH", "PLAIN " + plain("alice@here.test", "x"))[0] == 235
    for name, code in (("bob@here.test", WRONG), ("carol@here.test", 525)):
        world.issuer.tokens[name[0]] = {"active": True, "username": name}
        assert world.login(name[0], name)[0][0] == code


@pytest.mark.parametrize("status, text, words", [
    (500, None, "200"), (401, None, "tokens-user"), (200, "<html>", "RFC 7662"), (200, '{"active": true}', "tokens-name"),
    (200, '{"active": true, "username": "a', "RFC 7662"), (200, "x" * 70000, "too long")])
def test_an_issuer_that_does_not_say(start, status, text, words):
    world = start()
    world.issuer.status, world.issuer.text = status, text
    assert world.login("good") == (AWAY, None)
    assert f"tokens-away host={NAME}" in world.server.log and words in world.server.log and "login-failed" not in world.server.log


def test_an_issuer_that_is_away(start):
    world = start()
    world.issuer.close()
    assert world.login("good") == (AWAY, None)
    assert f"tokens-away host={NAME}" in world.server.log


def test_an_impostor_is_not_asked(start):
    """The token would be his to use."""
    world = start(shown="login.elsewhere.example")
    assert world.login("good") == (AWAY, None)
    assert not world.issuer.asked and f"tokens-away host={NAME}" in world.server.log


def test_limits_hold(start):
    world = start(more='limits { failed-logins = 2 login-delay = "0 s" }\n')
    assert world.login("bad")[0][0] == WRONG and world.login("bad")[0][0] == WRONG
    with world.session() as client:
        assert client.docmd("AUTH", "OAUTHBEARER " + response("good", "alice@here.test", "OAUTHBEARER"))[0] == 421


def test_curl(start, folder):
    world = start()
    message = f"{folder}/message"
    with open(message, "w", encoding="ascii") as file:
        file.write("Subject: x\r\n\r\nx\r\n")
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        done = subprocess.run(["curl", "-sS", "--cacert", f"{folder}/mx.here.test.pem", f"smtp://127.0.0.1:{world.port}", "--ssl-reqd",
                               "--user", "alice@here.test", "--oauth2-bearer", "good", "--login-options", f"AUTH={mechanism}",
                               "--mail-from", "alice@here.test", "--mail-rcpt", "bob@here.test", "-T", message],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
    assert len(world.server.wait_mail("bob", 2)) == 2


@pytest.mark.parametrize("text, words", [
    ('tokens = "http://login.example.org/"', "no address to ask at"), ('tokens = "https://a.example/" tokens-user = "x"', "tokens-password"),
    ('tokens-scope = "x"', "but not where")])
def test_a_wrong_setting_is_told(candor, folder, text, words):
    server = candor(more=certificate(folder, "mx.here.test"))
    server.config.write_text(server.config.read_text() + f"login {{ {text} }}\n")
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and words in done.stderr


@pytest.mark.parametrize("status, text, words", [
    (200, None, None), (401, None, "can't be asked: it does not let us ask; look at `tokens-user` and `tokens-password`; until it can, "),
    (500, None, "can't be asked: it does not answer with 200; "), (200, "<html>", "can't be asked: "),
    (200, '{"active": true, "username": "alice"}', "calls a token active that nobody issued; with it anybody could log in: ")])
def test_check_asks_the_issuer(start, status, text, words):
    """For a token that nobody issued."""
    world = start()
    world.issuer.status, world.issuer.text = status, text
    done = run("check", "-c", world.server.config)
    assert done.returncode == os.EX_OK
    assert (f"login: tokens: https://{NAME}:{world.issuer.port}/introspect?x=y {words}" in done.stderr) if words else "tokens" not in done.stderr


def test_check_names_an_issuer_that_is_away(start):
    world = start()
    world.issuer.close()
    done = run("check", "-c", world.server.config)
    assert done.returncode == os.EX_OK and "can't be asked: " in done.stderr and "454 4.7.0" in done.stderr
