"""Mail for elsewhere: to a real Postfix that accepts, puts off, refuses the recipient, refuses the content."""
import json
import smtplib

import pytest
from candor import fields_of_dsn, run, words_of_dsn
from waiting import free_port, until

BLOCKED = "5.7.1 Service unavailable; client [127.0.0.1] blocked using zen.spamhaus.org"


def smarthost(peer):
    return f'smarthost = "127.0.0.1:{peer.port}"'


def delivered(peer, user):
    return sorted((peer.maildir(user) / "new").glob("*"))


def cause_of(reply):
    return json.loads(run("explain", "--json", reply).stdout)


def test_a_message_goes_on_to_the_smarthost(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=smarthost(peer))
    server.send("carol@there.test", subject="over the hill", body="..\r\n.\r\nend\r\n")
    file = until(lambda: delivered(peer, "carol@there.test"), lambda: "delivery\n" + server.log[-3000:] + peer.complaints())[0]
    text = file.read_text()
    assert "Subject: over the hill\n" in text and text.endswith("\n..\n.\nend\n")
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), "the queue to be empty")


def test_450_first_and_accepted_later(candor, postfix):
    peer = postfix(["carol@there.test"], own_processes=True, settings={
        "smtpd_hard_error_limit": "1",  # each attempt gets a connection, and so a process, of its own
        "smtpd_recipient_restrictions": "check_recipient_access texthash:$meta_directory/access "
                                        "reject_unauth_destination"},
        tables={"access": "carol@there.test 450 4.2.0 Greylisted, come back later\n"})
    server = candor(relay=smarthost(peer))
    server.send("carol@there.test")
    until(lambda: "Greylisted, come back later" in server.queue("list").stdout, "the queue to tell why it waits")
    assert not delivered(peer, "carol@there.test")
    peer.write_table("access", "")
    until(lambda: delivered(peer, "carol@there.test"), lambda: "delivery\n" + server.log[-3000:])
    until(lambda: "Greylisted" not in server.queue("list").stdout, "the queue to forget it")
    assert len(delivered(peer, "carol@there.test")) == 1
    assert server.files("alice") == []


def test_a_delay_is_told_once_with_its_reason_and_until_when(candor, postfix):
    peer = postfix(["carol@there.test"], own_processes=True, settings={
        "smtpd_hard_error_limit": "1",  # each attempt gets a connection, and so a process, of its own
        "smtpd_recipient_restrictions": "check_recipient_access texthash:$meta_directory/access "
                                        "reject_unauth_destination"},
        tables={"access": "carol@there.test 452 4.2.2 Mailbox full\n"})
    server = candor(relay=smarthost(peer), warn="500 ms", retry="300 ms")
    server.send("carol@there.test", subject="is late")
    mail = server.wait_mail("alice")[0]
    fields = fields_of_dsn(mail)[1][0]
    assert (fields["Action"], fields["Status"]) == ("delayed", "4.2.2") and fields["Will-Retry-Until"]
    assert cause_of("452 4.2.2 Mailbox full")["summary"] in words_of_dsn(mail)
    peer.write_table("access", "")
    until(lambda: delivered(peer, "carol@there.test"), lambda: "delivery\n" + server.log[-3000:])
    assert len(server.files("alice")) == 1


def test_550_at_rcpt_comes_back_as_a_dsn(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=smarthost(peer))
    server.send("nobody@there.test", subject="to nobody")
    mail = server.wait_mail("alice")[0]
    message, recipients = fields_of_dsn(mail)
    assert message["Reporting-MTA"] == "dns; mx.here.test"
    assert len(recipients) == 1
    fields = recipients[0]
    assert fields["Final-Recipient"].replace(" ", "").lower() == "rfc822;nobody@there.test"
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.1")
    diagnostic = " ".join(fields["Diagnostic-Code"].split())
    assert diagnostic.startswith("smtp; 550 5.1.1 <nobody@there.test>: Recipient address rejected")
    words = words_of_dsn(mail)
    assert "nobody@there.test" in words and "User unknown in virtual mailbox table" in words
    assert "to nobody" in list(mail.iter_parts())[2].as_string()
    assert mail["Auto-Submitted"] == "auto-replied" and "Return-Path: <>" in server.files("alice")[0].read_text()


def test_the_dsn_explains_a_refused_recipient(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=smarthost(peer))
    server.send("nobody@there.test")
    mail = server.wait_mail("alice")[0]
    known = cause_of("550 5.1.1 <nobody@there.test>: Recipient address rejected: User unknown in virtual mailbox table")
    assert known["cause"] == "no_such_recipient"
    assert known["next"][0] in words_of_dsn(mail)


def test_a_site_that_blocklists_us_is_suspended_and_the_operator_told(candor, postfix):
    peer = postfix(["carol@there.test"], settings={
        "smtpd_recipient_restrictions": "check_recipient_access texthash:$meta_directory/access "
                                        "reject_unauth_destination"},
        tables={"access": f"carol@there.test 550 {BLOCKED}\n"})
    server = candor(relay=smarthost(peer), suspend="1 h")
    server.send("carol@there.test")
    until(lambda: "is suspended" in server.queue("list").stdout, "the queue to tell of it")
    server.send("carol@there.test", subject="waits too")
    until(lambda: server.queue("list").stdout.count("is suspended") == 2, "the second one to wait")
    assert "warning suspend " in server.log and "cause=ip_blocklisted" in server.log
    assert server.files("alice") == []
    assert server.queue("remove", "--all").returncode == 0


def test_a_blocklist_that_stays_is_believed(candor, postfix):
    peer = postfix(["carol@there.test"], settings={
        "smtpd_recipient_restrictions": "check_recipient_access texthash:$meta_directory/access "
                                        "reject_unauth_destination"},
        tables={"access": f"carol@there.test 550 {BLOCKED}\n"})
    server = candor(relay=smarthost(peer))
    server.send("carol@there.test")
    assert fields_of_dsn(server.wait_mail("alice")[0])[1][0]["Status"] == "5.7.1"
    assert server.log.count(" suspend ") == 3


def test_refused_content_comes_back_with_its_cause(candor, postfix):
    peer = postfix(["carol@there.test"], settings={"header_checks": "regexp:$meta_directory/header_checks"},
                   tables={"header_checks": f"/^Subject:.*pills/ REJECT {BLOCKED}\n"})
    server = candor(relay=smarthost(peer))
    server.send("carol@there.test", subject="cheap pills")
    mail = server.wait_mail("alice")[0]
    fields = fields_of_dsn(mail)[1][0]
    assert (fields["Action"], fields["Status"]) == ("failed", "5.7.1")
    assert "blocked using zen.spamhaus.org" in " ".join(fields["Diagnostic-Code"].split())
    known = cause_of("550 " + BLOCKED)
    assert known["cause"] == "ip_blocklisted"
    words = words_of_dsn(mail)
    assert "blocked using zen.spamhaus.org" in words and known["next"][0] in words
    assert delivered(peer, "carol@there.test") == []


def test_what_never_works_expires(candor):
    server = candor(relay=f'smarthost = "127.0.0.1:{free_port()}"', lifetime="2 s")
    server.send("carol@there.test")
    fields = fields_of_dsn(server.wait_mail("alice")[0])[1][0]
    assert fields["Action"] == "failed" and fields["Status"] in ("4.4.1", "4.4.7", "5.4.7")


def test_a_bounce_never_bounces(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=smarthost(peer))
    with server.smtp() as session:
        session.sendmail("", ["nobody@there.test"], "Subject: a notice\r\n\r\nx\r\n")
    server.send("carol@there.test", subject="marker")
    until(lambda: delivered(peer, "carol@there.test"), "the marker")
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), "the queue to be empty")
    assert server.files("alice") == server.files("bob") == []


def test_one_connection_carries_many_messages(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=smarthost(peer))
    with server.smtp() as session:
        for number in range(50):
            session.sendmail("alice@here.test", ["carol@there.test"], f"Subject: {number}\r\n\r\nx\r\n")
    until(lambda: len(delivered(peer, "carol@there.test")) == 50, "50 deliveries")
    assert peer.log.read_text().count(": connect from") < 30


def test_the_peer_really_refuses_content(postfix):
    peer = postfix(["carol@there.test"], settings={"header_checks": "regexp:$meta_directory/header_checks"},
                   tables={"header_checks": f"/^Subject:.*pills/ REJECT {BLOCKED}\n"})
    with smtplib.SMTP("127.0.0.1", peer.port, timeout=30) as session:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            session.sendmail("a@here.test", ["carol@there.test"], "Subject: pills\r\n\r\nx\r\n")
    assert (refused.value.smtp_code, refused.value.smtp_error.decode()) == (550, BLOCKED)
