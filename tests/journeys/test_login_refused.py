"""Logins that are right and refused all the same: the password has expired (432), the account is disabled (525), the mechanism is too weak for
it (534). Who does not know the password is told nothing of that."""
import datetime
import os
import smtplib

import pytest
import scram
from candor import run
from says_no import without_reference
from secured import running_secured
from talk import Talk
from test_rfc4954 import b64

TODAY, TOMORROW = (str((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).date()) for days in (0, 1))
ACCOUNTS = {
    "dora": (["disable"], "525 5.7.13 The account dora is disabled, though its password is right; only the operator can enable it again"),
    "erin": (["expire"], "432 4.7.12 The password of erin is right, but has expired; change it, or have the operator change it, then log in with the new one"),
    "emil": (["expire", "--date", "2026-01-31"],
             "432 4.7.12 The password of emil is right, but has expired; change it, or have the operator change it, then log in with the new one"),
    "sven": (["scram-only"], "534 5.7.9 The account sven may log in only with a mechanism that keeps its password secret, such as SCRAM-SHA-256; "
             "choose that in your mail program"),
    "anna": (["expire", "--date", "2999-12-31"], "235 2.7.0 Logged in"),
    "otto": (["any-login"], "235 2.7.0 Logged in"),
}


def add(users, name, words):
    assert run("user", "add", name, "--file", users, text=f"s3cret of {name}\n").returncode == 0
    done = run("user", words[0], name, *words[1:], "--file", users)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    users = tmp_path_factory.mktemp("accounts") / "users"
    for name, (words, _) in ACCOUNTS.items():
        add(users, name, words)
    os.chmod(users.parent, 0o755)
    with running_secured(more='limits { failed-logins = 0  login-delay = "0 s" }\n', users=users) as made:
        made.users = users
        yield made


def login(server, *lines):
    with Talk(server.entrances["implicit"].port, implicit=server.trust) as talk:
        talk.ehlo()
        for line in lines[:-1]:
            assert talk.say(line).code == 334, line
        answer = talk.say(lines[-1])
        allowed = talk.say("MAIL FROM:<x@here.test>").code
        assert allowed == (250 if answer.code == 235 else 530)
        return without_reference(f"{answer.codes} {answer.lines[0]}".encode()).decode()


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_right_password_is_told_why(server, name):
    said, password = ACCOUNTS[name][1], f"s3cret of {name}"
    assert login(server, "AUTH PLAIN " + b64(f"\0{name}\0{password}")) == said
    assert login(server, "AUTH LOGIN", b64(name), b64(password)) == said
    assert f"user={name}" in server.log and password not in server.log


@pytest.mark.parametrize("name", [*ACCOUNTS, "nobody"])
def test_a_wrong_one_is_told_nothing(server, name):
    assert login(server, "AUTH PLAIN " + b64(f"\0{name}\0wrong")) == "535 5.7.8 Name or password is wrong; check both, and that the account may log in here"


@pytest.mark.parametrize("name", ACCOUNTS)
def test_by_scram(server, name):
    """Which is good enough for all, and tells nothing to whom it does not prove the password either."""
    with smtplib.SMTP("localhost", server.port, timeout=30, local_hostname="client.test") as client:
        client.starttls(context=server.trust)
        client.ehlo()
        assert scram.login(client, name, "wrong")[0] == 535
        code, text = scram.login(client, name, f"s3cret of {name}")
    said = "235 2.7.0 Logged in" if name == "sven" else ACCOUNTS[name][1]
    assert f"{code} {without_reference(text).decode()}" == said


def test_a_new_password_does_not_expire_and_other_terms_stay(folder):
    users = f"{folder}/users"
    def user(*words, text=""):
        return run("user", *words, "--file", users, text=text)
    add(users, "erin", ["expire"])
    add(users, "sven", ["scram-only"])
    assert user("expire", "sven", "--date", TOMORROW).returncode == 0
    assert user("list").stdout == f"erin  (password expires {TODAY})\nsven  (SCRAM only)  (password expires {TOMORROW})\n"
    assert user("passwd", "erin", text="new\n").returncode == 0 and user("passwd", "sven", text="new\n").returncode == 0
    assert user("list").stdout == "erin\nsven  (SCRAM only)\n"
    assert user("any-login", "sven").returncode == 0 and user("disable", "sven").returncode == 0
    assert user("list").stdout == "erin\nsven  (disabled)\n"
    wrong = user("expire", "erin", "--date", "2026-02-30")
    assert wrong.returncode != 0 and "2026-02-30: this is no day; right is, for example, 2026-12-31" in wrong.stderr
    assert user("expire", "nobody").returncode != 0 and user("disable", "erin", "--date", TODAY).returncode == os.EX_USAGE
    assert user("list").stdout == "erin\nsven  (disabled)\n"


@pytest.mark.parametrize("line, words", [
    ("erin:$6$abc$w3v7n4w0:password-expires=soon", "users:1: erin: password-expires is no day; right is, for example, password-expires=2026-12-31"),
    ("erin:$6$abc$w3v7n4w0:scram-only", "users:1: erin: it is to log in by SCRAM only, and has no verifier for that; `candor user passwd` writes one")])
def test_a_wrong_line_is_told(server, folder, line, words):
    users = f"{folder}/users"
    with open(users, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(line + "\n")
    text = server.config.read_text()
    changed = f"{folder}/candor.conf"
    with open(changed, "w", encoding="utf-8") as file:
        file.write(text.replace(str(server.users), users))
    done = run("check", "-c", changed)
    assert done.returncode == os.EX_CONFIG and words in done.stderr
