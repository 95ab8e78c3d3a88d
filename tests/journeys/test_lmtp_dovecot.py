"""Mail handed over to a real Dovecot's LMTP server: what it says of each recipient is taken as what it means."""
import os

import pytest
from candor import fields_of_dsn, read_mail, run
from dovecot import Dovecot
from test_quota import said
from waiting import until

USERS = {"alice@here.test": "x", "carol@here.test": "x"}


@pytest.fixture
def handed(candor):
    """handed(**options of Dovecot): a server whose domain goes to it, and it; bob is known to the server alone."""
    started = []

    def start(**options):
        dovecot = Dovecot(USERS, roomy=["alice@here.test"], **options).start()
        started.append(dovecot)
        server = candor(retry="300 ms")
        text = server.config.read_text()
        server.config.write_text(text.replace('maildir = "', f'deliver = lmtp lmtp = "{dovecot.lmtp}" maildir = "'))
        (server.folder / "mailboxes").write_text("alice\nbob\ncarol\n")
        assert run("reload", "-c", server.config).returncode == 0, server.log
        return server, dovecot
    yield start
    for dovecot in started:
        dovecot.close()


def notices(dovecot, user):
    found = [read_mail(file) for file in dovecot.mails(user)]
    return [mail for mail in found if mail.get_content_type() == "multipart/report"]


def large(server, to):
    server.send(to, subject="large", body=("y" * 70 + "\r\n") * 200)


def test_delivered(handed):
    server, dovecot = handed()
    server.send("alice@here.test", subject="to Dovecot")
    until(lambda: dovecot.mails("alice@here.test"), lambda: server.log + dovecot.log())
    mail = read_mail(dovecot.mails("alice@here.test")[0])
    assert mail["Subject"] == "to Dovecot" and mail["Return-Path"] == "<alice@here.test>" and mail["Delivered-To"] == "alice@here.test"
    until(lambda: "Nothing waits" in server.queue("list").stdout, lambda: server.log)
    assert server.log.count(" delivered id=") == 1


def test_nobody_of_that_name(handed):
    """The server took him for known: the sender learns from Dovecot's 550 5.1.1, and at once."""
    server, dovecot = handed()
    with server.smtp() as client:
        client.sendmail("alice@here.test", ["alice@here.test", "bob@here.test"], b"Subject: hi\r\n\r\ntext\r\n")
    (notice,) = until(lambda: notices(dovecot, "alice@here.test"), lambda: server.log + dovecot.log())
    _, (recipient,) = fields_of_dsn(notice)
    assert recipient["Final-Recipient"] == "rfc822; bob@here.test" and recipient["Status"] == "5.1.1"
    assert "550 5.1.1" in recipient["Diagnostic-Code"] and "User doesn't exist" in recipient["Diagnostic-Code"]
    until(lambda: len(dovecot.mails("alice@here.test")) == 2, lambda: server.log)  # her own copy came, too
    assert " cause=no_such_recipient " in server.log


@pytest.mark.parametrize("check", [False, True], ids=["after the content", "at RCPT"])
def test_full_and_for_good(handed, check):
    """552 5.2.2 goes back to the sender, at whichever command Dovecot says it."""
    server, dovecot = handed(quota="4K", more="lmtp_rcpt_check_quota = yes\n" if check else "")
    if check:  # only what is full already is refused at RCPT
        dovecot.fill("carol@here.test", 5000)
    large(server, "carol@here.test")
    (notice,) = until(lambda: notices(dovecot, "alice@here.test"), lambda: server.log + dovecot.log())
    _, (recipient,) = fields_of_dsn(notice)
    assert recipient["Final-Recipient"] == "rfc822; carol@here.test" and recipient["Status"] == "5.2.2"
    assert "552 5.2.2" in recipient["Diagnostic-Code"] and "Quota exceeded" in recipient["Diagnostic-Code"]
    assert f" stage={'rcpt' if check else 'end-of-data'} tls=none code=552 cause=mailbox_full " in server.log


def test_full_for_now(handed):
    """452 4.2.2 waits in the queue, and 452 answers whoever comes; once there is room, it is delivered."""
    server, dovecot = handed(quota="4K", more="quota_full_tempfail = yes\n")
    large(server, "carol@here.test")
    until(lambda: " cause=mailbox_full " in server.log, lambda: server.log + dovecot.log())
    assert "carol@here.test" in server.queue("list", "--json").stdout
    until(lambda: said(server, "carol@here.test")[0] == 452, lambda: server.log)
    text = dovecot.config.read_text()
    dovecot.stop()
    dovecot.config.write_text(text.replace("quota_rule = *:bytes=4K", "quota_rule = *:bytes=1M"))
    dovecot.start()
    until(lambda: len(dovecot.mails("carol@here.test")) == 1, lambda: server.log + dovecot.log())
    until(lambda: said(server, "carol@here.test")[0] == 250, lambda: server.log)
    assert os.path.getsize(dovecot.mails("carol@here.test")[0]) > 14000
