"""Real clients hand in mail; it arrives in a Maildir as it was sent."""
import os
import shutil
import smtplib
import subprocess

import pytest
from postfix import tool

BODY = "First line.\n\n.a line that begins with a dot\n..two dots\n.\nGr\u00fc\u00dfe \u2603\n" + "x" * 900 + "\nlast\n"
MESSAGE = f"From: Carol <carol@there.test>\nTo: alice@here.test\nSubject: a journey\nMIME-Version: 1.0\n" \
          f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{BODY}"


def call(words, folder, text=""):
    done = subprocess.run([str(word) for word in words], input=text.encode(), capture_output=True, timeout=60,
                          check=False, env=dict(os.environ, HOME=folder))
    assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])


def swaks(server, folder):
    file = f"{folder}/mail"
    open(file, "w").write(MESSAGE)
    call(["swaks", "--server", "127.0.0.1", "--port", server.port, "--from", "carol@there.test", "--to",
          "alice@here.test", "--data", f"@{file}"], folder)


def swaks_pipelining(server, folder):
    file = f"{folder}/mail"
    open(file, "w").write(MESSAGE)
    call(["swaks", "--server", "127.0.0.1", "--port", server.port, "--from", "carol@there.test", "--to",
          "alice@here.test", "--pipeline", "--data", f"@{file}"], folder)


def curl(server, folder):
    file = f"{folder}/mail"
    open(file, "wb").write(MESSAGE.replace("\n", "\r\n").encode())
    call(["curl", "-sS", f"smtp://127.0.0.1:{server.port}/client.test", "--mail-from", "carol@there.test",
          "--mail-rcpt", "alice@here.test", "-T", file], folder)


def msmtp(server, folder):
    call(["msmtp", "--host=127.0.0.1", f"--port={server.port}", "--from=carol@there.test", "--auth=off", "--tls=off",
          "alice@here.test"], folder, MESSAGE)


def python(server, folder):
    with server.smtp() as session:
        session.sendmail("carol@there.test", ["alice@here.test"], MESSAGE.replace("\n", "\r\n").encode(),
                         mail_options=["BODY=8BITMIME"])


@pytest.mark.parametrize("client", [swaks, swaks_pipelining, curl, msmtp, python], ids=lambda f: f.__name__)
def test_a_message_arrives_as_it_was_sent(candor, folder, client):
    server = candor()
    client(server, folder)
    server.wait_mail("alice")
    raw = server.files("alice")[0].read_bytes()
    assert b"\r" not in raw
    head, body = raw.decode().split("\n\n", 1)
    assert body.rstrip("\n") == BODY.rstrip("\n")
    assert head.startswith("Return-Path: <carol@there.test>\n")
    assert "\nReceived: from " in head and "by mx.here.test" in head
    assert "\nSubject: a journey\n" in head + "\n"


def test_smtp_source_sends_five_hundred_messages(candor, folder):
    server = candor()
    words, env = tool("smtp-source")
    done = subprocess.run([*words, "-s", "10", "-m", "500", "-l", "4096", "-d", "-f", "carol@there.test", "-t",
                           "alice@here.test", f"127.0.0.1:{server.port}"], env=env, capture_output=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert len(server.wait_mail("alice", 500, 60)) == 500


def test_an_unknown_mailbox_is_refused_in_plain_words(candor):
    with candor().smtp() as session:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            session.sendmail("carol@there.test", ["nobody@here.test"], "Subject: x\r\n\r\nx\r\n")
    code, text = refused.value.recipients["nobody@here.test"]
    assert code == 550 and text.startswith(b"5.1.1 ") and b"nobody@here.test" in text


def test_one_wrong_recipient_does_not_keep_the_others_from_their_mail(candor):
    server = candor()
    with server.smtp() as session:
        refused = session.sendmail("carol@there.test", ["alice@here.test", "nobody@here.test", "bob@here.test"],
                                   "Subject: three\r\n\r\nx\r\n")
    assert list(refused) == ["nobody@here.test"]
    assert server.wait_mail("alice")[0]["Subject"] == server.wait_mail("bob")[0]["Subject"] == "three"


def test_strangers_may_not_relay(candor):
    server = candor(networks='"192.0.2.0/24"')
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        server.send("carol@there.test")
    code, text = refused.value.recipients["carol@there.test"]
    assert (code, text[:6]) == (550, b"5.7.1 ") and b"relay" in text.lower()


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r"],
                         ids=["lf", "crlf-lf", "lf-crlf", "cr", "crlf-cr"])
def test_no_bare_line_end_smuggles_a_second_message(candor, end):
    server = candor()
    smuggled = (b"MAIL FROM:<evil@there.test>\r\nRCPT TO:<bob@here.test>\r\nDATA\r\n"
                b"Subject: smuggled\r\n\r\nx\r\n.\r\n")
    with server.smtp() as session:
        session.ehlo()
        for command in ("MAIL FROM:<carol@there.test>", "RCPT TO:<alice@here.test>"):
            assert session.docmd(command)[0] == 250
        assert session.docmd("DATA")[0] == 354
        session.send(b"Subject: first\r\n\r\nx" + end + smuggled)
        session.getreply()
        session.docmd("RSET")
    server.send("bob@here.test", subject="marker")
    assert [mail["Subject"] for mail in server.wait_mail("bob")] == ["marker"]


def test_the_clients_are_there():
    assert [name for name in ("swaks", "curl", "msmtp") if not shutil.which(name)] == []


def test_who_is_named_often_gets_one_copy(candor):
    server = candor()
    with server.smtp() as session:
        session.ehlo()
        session.docmd("MAIL FROM:<carol@there.test>")
        for name in ("alice", "Alice", "bob", "ALICE", "alice"):
            assert session.docmd(f"RCPT TO:<{name}@here.test>")[0] == 250
        session.data(b"Subject: once\r\n\r\nx\r\n")
    server.send("alice@here.test", subject="marker")
    assert sorted(mail["Subject"] for mail in server.wait_mail("alice", 2)) == ["marker", "once"]
    assert len(server.wait_mail("bob")) == 1
