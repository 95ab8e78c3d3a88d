"""AUTH with real clients: who has an account may send to anywhere, in encrypted connections only."""
import base64
import os
import smtplib
import ssl

import pytest
from candor import Candor, run
from says_no import says_no, without_reference
from test_tls import certificate
from waiting import free_port, until


@pytest.fixture
def accounts(candor, folder):
    """A server for nobody's network, with alice's account on .submission."""
    users, port = f"{folder}/users", free_port()
    for name, password in (("alice", "s3cret ünd länger"), ("bob@here.test", "x"), ("carol", "gone")):
        done = run("user", "add", name, "--file", users, text=password + "\n")
        assert done.returncode == os.EX_OK, done
    assert run("user", "disable", "carol", "--file", users).returncode == os.EX_OK
    server = candor(networks='"192.0.2.0/24"', retry="1 h", relay=f'smarthost = "127.0.0.1:{free_port()}"',
                    more=certificate(folder, "mx.here.test") + f'login {{ users = "{users}" }}\n'
                    f'listen submission {{ address = "127.0.0.1:{port}" require-login = true }}\n')
    server.submission, server.users = port, users
    server.authority = f"{folder}/mx.here.test.pem"
    server.trust = ssl.create_default_context(cafile=server.authority)
    return server


def session(server, encrypted=True):
    client = smtplib.SMTP("127.0.0.1", server.submission, timeout=30, local_hostname="client.test")
    client.ehlo()
    if encrypted:
        client.starttls(context=server.trust)
        client.ehlo()
    return client


def plain(name, password):
    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()


def test_with_a_login_mail_goes_to_anywhere(accounts):
    with session(accounts) as client:
        assert client.esmtp_features["auth"].split() == ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"]
        assert client.mail("alice@here.test")[0] == 530
        assert client.docmd("AUTH", "PLAIN " + plain("alice", "s3cret ünd länger")) == (235, b"2.7.0 Logged in")
        assert client.docmd("AUTH", "PLAIN " + plain("alice", "s3cret ünd länger"))[0] == 503
        client.sendmail("alice@here.test", ["bob@here.test", "dave@elsewhere.test"], b"Subject: hi\r\n\r\nx\r\n")
    (mail,) = accounts.wait_mail("bob")
    assert " with ESMTPSA id " in " ".join(mail["Received"].split())
    assert "dave@elsewhere.test" in accounts.queue("list").stdout
    with accounts.smtp() as client:  # the other entrance, without: not for strangers' addresses
        assert client.ehlo()[0] == 250 and client.mail("x@elsewhere.test")[0] == 250
        assert client.rcpt("dave@elsewhere.test")[0] == 550


def test_python_login_and_its_mechanisms(accounts):
    with session(accounts) as client:
        client.login("bob@here.test", "x")
    with session(accounts) as client:
        client.user, client.password = "bob@here.test", "x"
        assert client.auth("LOGIN", client.auth_login, initial_response_ok=False)[0] == 235


def test_never_in_the_clear(accounts):
    with session(accounts, encrypted=False) as client:
        assert "auth" not in client.esmtp_features
        assert client.docmd("AUTH", "PLAIN " + plain("alice", "s3cret ünd länger"))[0] == 538


def test_wrong_passwords(accounts):
    """The answer is one and the same, whether there is such an account, and after three the door is closed."""
    said = []
    for name, password in (("alice", "mistyped"), ("nobody", "mistyped"), ("carol", "mistyped")):
        with session(accounts) as client:
            said.append(client.docmd("AUTH", "PLAIN " + plain(name, password)))
            assert client.mail("alice@here.test")[0] == 530
    assert len({(code, without_reference(text)) for code, text in said}) == 1 and said[0][0] == 535 and said[0][1].startswith(b"5.7.8")
    client = session(accounts)
    assert client.docmd("AUTH", "PLAIN " + plain("alice", "1"))[0] == 535
    assert client.docmd("AUTH", "PLAIN " + plain("alice", "2"))[0] == 535
    assert client.docmd("AUTH", "PLAIN " + plain("alice", "3"))[0] == 535
    assert client.getreply()[0] == 421
    until(lambda: accounts.log.count("login-failed") == 6, lambda: accounts.log)
    assert "mistyped" not in accounts.log  # a password, perhaps with a typing mistake in it


def test_what_is_malformed(accounts):
    with session(accounts) as client:
        assert client.docmd("AUTH", "PLAIN *")[0] == 501
        assert client.docmd("AUTH", "LOGIN")[0] == 334
        assert client.docmd("*") == says_no(501, b"5.7.0 Login cancelled")
        assert client.docmd("AUTH", "CRAM-MD5") == says_no(504, b"5.5.4 The mechanism CRAM-MD5 is not offered; offered: SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN")
        assert client.docmd("AUTH", "PLAIN " + base64.b64encode(b"bob@here.test\0alice\0x").decode())[0] == 501
        assert client.docmd("AUTH", "LOGIN")[0] == 334
        assert client.docmd("x" * 1990)[0] == 501
        assert client.noop()[0] == 250


def test_accounts_from_the_command_line(folder):
    users = f"{folder}/users"
    def user(*words, text=""):
        return run("user", *words, "--file", users, text=text)
    assert user("add", "alice", text="one\n").stdout == "alice added.\n"
    assert os.stat(users).st_mode & 0o077 == 0
    first = open(users, encoding="ascii").read()
    assert first.startswith("alice:$y$") and "one" not in first
    again = user("add", "alice", text="two\n")
    assert again.returncode != 0 and "already" in again.stderr and open(users, encoding="ascii").read() == first
    assert user("passwd", "alice", text="two\n").returncode == 0 and open(users, encoding="ascii").read() != first
    assert user("add", "bob", text="\n").returncode != 0 and user("add", "b:b", text="x\n").returncode == os.EX_USAGE
    assert user("disable", "alice").returncode == 0 and user("list").stdout == "alice  (disabled)\n"
    assert user("enable", "alice").returncode == 0 and user("list").stdout == "alice\n"
    assert user("remove", "nobody").returncode != 0 and user("remove", "alice").returncode == 0 and user("list").stdout == ""


@pytest.mark.parametrize("content, mode, words", [
    ("alice\n", 0o600, "users:1: this is no account"), ("a:x\0y\n", 0o600, "users:1: this is no account"),
    ("a:x\na:y\n", 0o600, "users:2: a stands there twice"),
    ("a:x\n", 0o644, "chmod 600")])
def test_a_wrong_file_is_told(folder, content, mode, words):
    users = f"{folder}/users"
    open(users, "w", encoding="ascii").write(content)
    os.chmod(users, mode)
    server = Candor(more=certificate(folder, "mx.here.test") + f'login {{ users = "{users}" }}\n')
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and words in done.stderr
    server.close()


def test_accounts_that_can_not_be_read_any_more(accounts):
    """The server says which file, and goes on with those that it knows: nobody is told that his password is wrong."""
    os.rename(accounts.users, accounts.users + ".away")
    done = run("reload", "-c", accounts.config)
    assert done.returncode != os.EX_OK and accounts.users in done.stdout + done.stderr
    with session(accounts) as client:
        assert client.docmd("AUTH", "PLAIN " + plain("alice", "s3cret ünd länger"))[0] == 235
    os.rename(accounts.users + ".away", accounts.users)
    assert run("reload", "-c", accounts.config).returncode == os.EX_OK
