"""candor send: sendmail's way to hand in a message, to any server."""
import os

import pytest
from candor import run

MESSAGE = "From: bob@here.test\nTo: alice@here.test\nBcc: bob@here.test\nSubject: from the shell\n\nHello.\n.\nstill here\n"


def send(server, *words, text=MESSAGE):
    return run("send", "--server", f"127.0.0.1:{server.port}", *words, text=text)


def test_recipients_as_arguments(candor):
    server = candor()
    done = send(server, "-f", "carol@there.test", "alice@here.test")
    assert done.returncode == os.EX_OK, done
    raw = server.wait_mail("alice") and server.files("alice")[0].read_text()
    assert raw.startswith("Return-Path: <carol@there.test>\n")


def test_recipients_from_the_headers(candor):
    server = candor()
    assert send(server, "-t", "-i", "-f", "bob@here.test").returncode == os.EX_OK
    for user in ("alice", "bob"):
        mail = server.wait_mail(user)[0]
        assert mail["Bcc"] is None and mail.get_content().endswith(".\nstill here\n")


def test_a_lone_dot_ends_the_message_without_i(candor):
    server = candor()
    assert send(server, "-f", "bob@here.test", "alice@here.test").returncode == os.EX_OK
    assert server.wait_mail("alice")[0].get_content() == "Hello.\n"


def test_a_refusal_is_explained(candor):
    done = send(candor(), "-f", "bob@here.test", "nobody@here.test")
    assert done.returncode == os.EX_NOUSER
    assert "550" in done.stderr and "5.1.1" in done.stderr and "nobody@here.test" in done.stderr


@pytest.mark.parametrize("words, status", [(["-f", "bob@here.test"], os.EX_USAGE),
                                           (["-f", "bob@here.test", "not an address"], os.EX_DATAERR)])
def test_wrong_use(candor, words, status):
    assert send(candor(), *words).returncode == status


def test_nobody_listens():
    done = run("send", "--server", "127.0.0.1:1", "-f", "bob@here.test", "alice@here.test", text=MESSAGE)
    assert done.returncode in (os.EX_TEMPFAIL, os.EX_UNAVAILABLE) and "127.0.0.1:1" in done.stderr


def test_an_ipv6_address_needs_no_brackets():
    done = run("send", "--server", "::1", "-f", "bob@here.test", "alice@here.test", text=MESSAGE)
    assert done.returncode in (0, 75)
    assert "not known" not in done.stderr
