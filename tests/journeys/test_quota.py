"""Mailboxes with a quota: what is full is said with the mailbox's name, at RCPT as soon as it is known."""
import shutil

import pytest
from candor import run
from says_no import says_no
from waiting import until

TEXT = b"Subject: x\r\n\r\n" + 60 * (70 * b"x" + b"\r\n")  # 4.4 KB


@pytest.fixture
def quota(candor):
    """quota(keys): a server whose domain has them."""
    def start(keys):
        server = candor(retry="200 ms")
        text = server.config.read_text()
        server.config.write_text(text.replace('maildir = "', keys + ' maildir = "'))
        assert run("reload", "-c", server.config).returncode == 0, server.log
        return server
    return start


def said(server, to, size=""):
    with server.smtp() as client:
        client.ehlo()
        assert client.mail("bob@here.test", [size] if size else [])[0] == 250
        code, text = client.rcpt(to)
        return code, text.decode()


def test_full_for_now(quota):
    server = quota('quota = "10 KiB"')
    with server.smtp() as client:
        for count in (1, 2, 2):
            client.sendmail("bob@here.test", ["alice@here.test"], TEXT)
            server.wait_mail("alice", count)
    until(lambda: said(server, "alice@here.test")[0] == 452, lambda: server.log)
    assert said(server, "alice+news@here.test") == says_no(
        452, "4.2.2 The mailbox <alice+news@here.test> is full for now; try again later, or reach its owner in another way: mail is "
             "taken when some is deleted there")
    assert said(server, "bob@here.test")[0] == 250
    assert "mailbox_full" in server.queue("list", "--json").stdout
    lines = (server.folder / "mail/alice/maildirsize").read_text().splitlines()
    assert lines[0] == "10240S" and len(lines) == 4
    for file in server.files("alice"):
        assert f",S={file.stat().st_size}" in file.name
    for file in server.files("alice"):
        file.unlink()
    (server.folder / "mail/alice/maildirsize").unlink()  # as an IMAP server does, to have it counted
    server.queue("retry", "--all")
    server.wait_mail("alice", 1)
    until(lambda: said(server, "alice@here.test")[0] == 250, lambda: server.log)


def test_full_for_good(quota):
    server = quota('quota = "5 KiB" when-full = refuse')
    for _ in range(2):
        with server.smtp() as client:
            client.sendmail("bob@here.test", ["alice@here.test"], TEXT)
        server.wait_mail("alice", 1)
    until(lambda: " code=552 cause=mailbox_full " in server.log, lambda: server.log)
    assert said(server, "alice@here.test")[0] == 552
    assert said(server, "alice@here.test")[1].startswith("5.2.2 The mailbox <alice@here.test> is full;")


def test_larger_than_the_mailbox(quota):
    server = quota('quota = "3 KiB"')
    assert said(server, "alice@here.test", "SIZE=5000") == says_no(
        552, "5.2.3 Your message of 5000 bytes is larger than the 3072 bytes that the mailbox <alice@here.test> may hold; send a "
             "smaller one")
    assert said(server, "alice@here.test", "SIZE=3000")[0] == 250
    with server.smtp() as client:
        client.ehlo()
        assert client.mail("bob@here.test")[0] == 250
        assert client.rcpt("alice@here.test")[0] == 250
        assert client.data(TEXT)[0] == 250
    until(lambda: " code=552 " in server.log, lambda: server.log)
    assert "larger than the 3072 bytes" in server.log and not server.files("alice")


def test_the_mailbox_s_own_limit(candor):
    server = candor(retry="1 h")
    box = server.folder / "mail/alice"
    server.send("alice@here.test")
    server.wait_mail("alice")
    (box / "maildirsize").write_text("100000S,1C\n100 1\n")
    shutil.chown(box / "maildirsize", box.owner())
    server.send("alice@here.test")
    until(lambda: said(server, "alice@here.test")[0] == 452, lambda: server.log)
