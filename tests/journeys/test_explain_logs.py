"""candor explain on logs that real servers wrote, and on transcripts that real clients show."""
import contextlib
import io
import json
import os
import smtplib
import subprocess

import pytest
from candor import run
from exim import Exim
from waiting import free_port, until

MAIL = "Subject: x\r\n\r\nA line.\r\n"


def explain(file, *words):
    done = run("explain", "--json", *words, file)
    assert done.returncode == os.EX_OK, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def send(port, sender, recipients):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        return client.sendmail(sender, recipients, MAIL)


def refused(port, sender, recipient):
    with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused)):
        send(port, sender, [recipient])


def one(answers, **wanted):
    """The only answer with these values."""
    (found,) = [a for a in answers if all(a.get(key) == value for key, value in wanted.items())]
    return found


def test_the_log_of_postfix(candor, postfix):
    server = candor()
    peer = postfix(["carol@there.test"], settings={"relayhost": f"[127.0.0.1]:{server.port}", "mynetworks": "127.0.0.0/8",
                                                   "smtpd_recipient_restrictions": "permit_auth_destination, permit_mynetworks"})
    send(peer.port, "carol@there.test", ["nobody@here.test", "alice@here.test"])
    refused(peer.port, "dave@there.test", "nobody@there.test")
    until(lambda: "status=bounced" in peer.log.read_text() and "status=sent" in peer.log.read_text(), peer.complaints)
    answers = explain(peer.log)
    bounced = one(answers, direction="outgoing")
    assert (bounced["input"], bounced["reporter"], bounced["kind"]) == ("log", "postfix", "failure")
    assert (bounced["recipient"], bounced["sender"]) == ("nobody@here.test", "carol@there.test")
    assert (bounced["code"], bounced["enhanced"], bounced["stage"]) == (550, "5.1.1", "rcpt")
    assert bounced["cause"] == "no_such_recipient" and bounced["remote"] == "127.0.0.1" and bounced["queue_id"]
    rejected = one(answers, direction="incoming")
    assert (rejected["recipient"], rejected["sender"]) == ("nobody@there.test", "dave@there.test")
    assert (rejected["cause"], rejected["code"]) == ("no_such_recipient", 550) and "127.0.0.1" in rejected["client"]


REFUSED = "Nov 23 20:15:00 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from h.example[192.0.2.9]: 554 5.7.1 Service unavailable; " \
    "Client host [192.0.2.9] blocked using zen.spamhaus.org; from=<a@example.net> to=<bob@example.org> proto=ESMTP helo=<x>\n"
BOUNCED = "Nov 23 20:16:00 mx postfix/smtp[1]: A1: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, dsn=5.7.1, " \
    "status=bounced (host mx.example.org[192.0.2.1] said: 554 5.7.1 Client host [192.0.2.9] blocked using zen.spamhaus.org " \
    "(in reply to RCPT TO command))\n"


def test_advice_is_for_the_side_that_reads_the_log(tmp_path):
    file = tmp_path / "mail.log"
    file.write_text(REFUSED + BOUNCED)
    refused, bounced = explain(file)
    assert refused["cause"] == bounced["cause"] == "ip_blocklisted"
    assert "which this server asks" in refused["summary"] and not set(refused["next"]) & set(bounced["next"])
    assert any("let this client pass" in step for step in refused["next"])
    text = run("explain", file, "--recipient", "bob@example.org").stdout
    assert "the admin of the server that sent it" in text and "you, the sender" not in text
    assert "this server refuses it until the reason is gone" in " ".join(text.split())
    summary = run("explain", "--summary", file).stdout
    assert summary.count("The sending address is on a blocklist") == 2 and summary.count("refused here") == 1


def test_the_logs_of_exim(candor, folder):
    server = candor()
    peer = Exim(f"{folder}/exim", free_port(), server.port)
    try:
        peer.start()
        send(peer.port, "carol@there.test", ["nobody@here.test", "alice@here.test"])
        refused(peer.port, "carol@there.test", "x@refused.test")
        refused(peer.port, "carol@there.test", "x@grey.test")
        until(lambda: " ** nobody@here.test" in peer.log.read_text() and "grey.test" in peer.log.read_text(), peer.complaints)
    finally:
        peer.stop()
    answers = explain(peer.log)
    bounced = one(answers, direction="outgoing", recipient="nobody@here.test")
    assert (bounced["reporter"], bounced["sender"], bounced["stage"]) == ("exim", "carol@there.test", "rcpt")
    assert (bounced["code"], bounced["enhanced"], bounced["cause"]) == (550, "5.1.1", "no_such_recipient")
    for log in (peer.log, peer.folder / "log/rejectlog"):
        answers = explain(log)
        assert one(answers, direction="incoming", recipient="x@refused.test")["cause"] == "relay_denied"
        later = one(answers, direction="incoming", recipient="x@grey.test")
        assert (later["cause"], later["kind"], later["sender"]) == ("greylisted", "delay", "carol@there.test")


def by_swaks(port):
    return subprocess.run(["swaks", "--server", f"127.0.0.1:{port}", "--from", "ann@there.test", "--to",
                           "alice@here.test,nobody@here.test", "--pipeline", "--suppress-data"],
                          capture_output=True, text=True, check=False, timeout=60)


def by_curl(port):
    return subprocess.run(["curl", "-sSv", "--url", f"smtp://127.0.0.1:{port}/ann", "--mail-from", "ann@there.test", "--mail-rcpt",
                           "nobody@here.test", "-T", "-"], input=MAIL, capture_output=True, text=True, check=False, timeout=60)


def by_smtplib(port):
    shown = io.StringIO()
    with contextlib.redirect_stderr(shown), smtplib.SMTP(timeout=30) as client:
        client.set_debuglevel(1)
        client.connect("127.0.0.1", port)
        client.sendmail("ann@there.test", ["alice@here.test", "nobody@here.test"], MAIL)
    return subprocess.CompletedProcess([], 0, shown.getvalue(), "")


@pytest.mark.parametrize("client", [by_swaks, by_curl, by_smtplib])
def test_what_a_client_shows_of_its_session(candor, tmp_path, client):
    server = candor()
    shown = client(server.port)
    file = tmp_path / "transcript"
    file.write_text(shown.stdout + shown.stderr)
    (answer,) = explain(file)
    assert answer["input"] == "transcript", file.read_text()
    assert (answer["recipient"], answer["sender"]) == ("nobody@here.test", "ann@there.test")
    assert (answer["code"], answer["enhanced"], answer["stage"]) == (550, "5.1.1", "rcpt")
    assert answer["cause"] == "no_such_recipient" and answer["remote"] == "127.0.0.1"
    lines = file.read_text().splitlines()
    assert "550" in lines[answer["line"] - 1]


def test_nobody_answers(tmp_path):
    file = tmp_path / "transcript"
    shown = by_swaks(free_port())
    file.write_text(shown.stdout + shown.stderr)
    (answer,) = explain(file)
    assert (answer["input"], answer["cause"], answer["kind"]) == ("transcript", "connection_failed", "delay")
