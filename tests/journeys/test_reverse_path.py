"""Sender addresses that the server makes: forwarding (SRS), tracking (VERP), and what comes back to them."""
import json
import os
import pathlib
import re

import pytest
from candor import run, words_of_dsn
from sink import Sink
from waiting import until

STRANGERS = '"192.0.2.0/24"'  # the loopback is not of our people

BOUNCE = """From: <MAILER-DAEMON@there.test>\r
To: <{to}>\r
Subject: Undelivered Mail Returned to Sender\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
\r
It failed.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; there.test\r
\r
Final-Recipient: rfc822; {who}\r
Action: failed\r
Status: {status}\r
Diagnostic-Code: smtp; {said}\r
\r
--b--\r
"""

COMPLAINT = """From: <fbl@provider.test>\r
To: <fbl@here.test>\r
Subject: Complaint\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=feedback-report; boundary=b\r
\r
--b\r
\r
A complaint.\r
--b\r
Content-Type: message/feedback-report\r
\r
Feedback-Type: abuse\r
User-Agent: Provider/1\r
Version: 1\r
Original-Mail-From: <{path}>\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Subject: news\r
\r
--b--\r
"""


@pytest.fixture
def world(candor, folder):
    sinks = []

    def start(keys, **options):
        secret = pathlib.Path(folder) / "secret"
        secret.write_text("something that nobody knows\n")
        secret.chmod(0o600)
        sink = Sink()
        sinks.append(sink)
        server = candor(relay=f'smarthost = "127.0.0.1:{sink.port}"', more=f'reverse-path {{ secret = "{secret}"  {keys} }}', **options)
        server.sink = sink
        return server
    yield start
    for sink in sinks:
        sink.close()


def said(server, verb):
    """What stood between the angle brackets."""
    return [re.search("<(.*?)>", line)[1] for line in server.sink.commands if line.startswith(verb)]


def wait(server, count):
    until(lambda: len(server.sink.messages) >= count, lambda: server.log[-3000:])


def give(server, sender, recipient, text):
    with server.smtp() as session:
        session.ehlo()
        assert session.mail(sender)[0] == 250
        answer = session.rcpt(recipient)
        if answer[0] == 250:
            assert session.data(text.encode())[0] == 250
        return answer


def test_what_comes_back_of_forwarded_mail_finds_its_sender(world):
    server = world('forward-domain = "here.test"', networks=STRANGERS, aliases="carol: carol@there.test\n")
    server.send("carol@here.test", sender="ann@far.test")
    wait(server, 1)
    (path,) = said(server, "MAIL")
    assert re.fullmatch("SRS0=[a-z2-7]{8}=[a-z2-7]{2}=far.test=ann@here.test", path)
    assert give(server, "", path, BOUNCE.format(to=path, who="carol@there.test", status="5.1.1", said="550 no"))[0] == 250
    wait(server, 2)
    assert said(server, "MAIL")[1] == "" and said(server, "RCPT")[1] == "ann@far.test"


@pytest.mark.parametrize("change", [lambda p: p.replace("=far.test=", "=victim.test="), lambda p: p.replace("ann@", "anna@"),
                                    lambda p: p[:5] + ("b" if p[5] == "a" else "a") + p[6:]])
def test_a_forged_return_address_is_refused(world, change):
    server = world('forward-domain = "here.test"', networks=STRANGERS, aliases="carol: carol@there.test\n")
    server.send("carol@here.test", sender="ann@far.test")
    wait(server, 1)
    code, words = give(server, "", change(said(server, "MAIL")[0]), "")
    assert code == 550 and words.startswith(b"5.1.1 ") and b"was not made here" in words


def test_mail_of_our_people_keeps_its_sender(world):
    server = world('forward-domain = "here.test"')
    server.send("carol@there.test", sender="ann@far.test")
    wait(server, 1)
    assert said(server, "MAIL") == ["ann@far.test"]


def track(world, aliases=""):
    server = world('track = { "here.test" }  complaints = { "fbl" }', queue='suppress = "30 d"', aliases="fbl: bob\n" + aliases)
    with server.smtp() as session:
        session.sendmail("alice@here.test", ["carol@there.test", "dave@there.test"], "Subject: news\r\n\r\nx\r\n")
    wait(server, 2)
    paths = said(server, "MAIL")
    assert sorted(re.sub("v=........=..=", "", p) for p in paths) == ["alice+carol=there.test@here.test", "alice+dave=there.test@here.test"]
    return server, next(p for p in paths if "carol" in p)


def listed(server):
    done = run("suppress", "list", "--json", "-c", server.config)
    assert done.returncode == os.EX_OK, done
    return [entry for entry in map(json.loads, done.stdout.splitlines()) if "address" in entry]


def test_a_bounce_of_tracked_mail_suppresses_its_recipient(world):
    server, path = track(world)
    text = BOUNCE.format(to=path, who="somebody.else@there.test", status="5.1.1", said="550 5.1.1 User unknown")
    assert give(server, "", path, text)[0] == 250
    (entry,) = until(lambda: listed(server), lambda: server.log[-3000:])
    assert (entry["address"], entry["source"], entry["cause"]) == ("carol@there.test", "bounce", "no_such_recipient")
    assert entry["reason"] == "550 5.1.1 User unknown"
    server.wait_mail("alice")  # it is its mailbox's, too
    server.send("carol@there.test")
    notice = server.wait_mail("alice", 2)
    assert any("a bounce that came back: 550 5.1.1 User unknown" in words_of_dsn(mail) for mail in notice
               if mail["Subject"].startswith("Not delivered"))


def test_a_sender_may_be_an_alias(world):
    server, path = track(world, aliases="alice: bob\n")
    give(server, "", path, BOUNCE.format(to=path, who="carol@there.test", status="5.1.1", said="550 5.1.1 User unknown"))
    (entry,) = until(lambda: listed(server), lambda: server.log[-3000:])
    assert entry["address"] == "carol@there.test"


def test_a_bounce_for_another_reason_suppresses_nobody(world):
    server, path = track(world)
    for status, words in (("4.2.2", "452 4.2.2 Mailbox full"), ("5.7.1", "550 5.7.1 Message content rejected as spam")):
        assert give(server, "", path, BOUNCE.format(to=path, who="carol@there.test", status=status, said=words))[0] == 250
    server.wait_mail("alice", 2)
    until(lambda: "Nothing waits." in server.queue("list").stdout, "the queue to be empty")
    assert listed(server) == []


def test_a_complaint_suppresses_who_complained(world):
    server, path = track(world)
    assert give(server, "fbl@provider.test", "fbl@here.test", COMPLAINT.format(path=path))[0] == 250
    (entry,) = until(lambda: listed(server), lambda: server.log[-3000:])
    assert (entry["address"], entry["source"]) == ("carol@there.test", "complaint")
    assert run("suppress", "add", "erin@there.test", "--sender", "@here.test", "-c", server.config).returncode == os.EX_OK
    shown = {source: run("suppress", "list", "--source", source, "-c", server.config).stdout for source in ("complaint", "operator", "bounce")}
    assert "carol@there.test  for " in shown["complaint"] and ", by a complaint of its reader; " in shown["complaint"]
    assert "a reader called it unwanted" in shown["complaint"] and "erin" not in shown["complaint"]
    assert "erin@there.test  of mail from @here.test  for " in shown["operator"] and ", by the administrator" in shown["operator"]
    assert shown["bounce"] == "Nobody is on the suppression list.\n"
    assert run("suppress", "list", "--source", "nobody", "-c", server.config).returncode != os.EX_OK


def test_a_forged_complaint_or_bounce_suppresses_nobody(world):
    server, path = track(world)
    forged = path.replace("carol", "erin")
    code, words = give(server, "", forged, "")
    assert code == 550 and words.startswith(b"5.1.1 ")
    assert give(server, "fbl@provider.test", "fbl@here.test", COMPLAINT.format(path=forged))[0] == 250
    server.wait_mail("bob")
    assert listed(server) == []


def ask(server, parameter):
    """Hands in mail for carol and dave with that parameter of MAIL; the senders that it left with."""
    text = "Subject: news\r\n\r\nx\r\n"
    with server.smtp() as session:
        session.ehlo()
        assert "xverp" in session.esmtp_features
        session.sendmail("alice@here.test", ["carol@there.test", "dave@there.test"], text, [parameter])
    wait(server, 2)
    return sorted(said(server, "MAIL"))


def test_a_program_asks_for_tracking_and_the_bounce_suppresses(world):
    server = world("xverp = true", queue='suppress = "30 d"')
    path, other = ask(server, "XVERP")
    assert re.fullmatch("alice[+]v=[a-z2-7]{8}=[a-z2-7]{2}=(carol|dave)=there.test@here.test", path)
    whom, who_else = ("carol", "dave") if "carol" in path else ("dave", "carol")
    forged = other.replace(f"={who_else}=", "=erin=")
    text = BOUNCE.format(to=path, who="x@there.test", status="5.1.1", said="550 5.1.1 User unknown")
    assert give(server, "", forged, text)[0] == 250  # alice's own detail, for all we know
    server.wait_mail("alice")
    assert give(server, "", path, text)[0] == 250
    (entry,) = until(lambda: listed(server), lambda: server.log[-3000:])
    assert (entry["address"], entry["source"]) == (f"{whom}@there.test", "bounce")
    server.send("mallory@there.test")  # who asks for nothing keeps his sender
    wait(server, 3)
    assert said(server, "MAIL")[2] == "alice@here.test"


def test_a_program_names_its_own_delimiters(world):
    server = world("xverp = true", queue='suppress = "30 d"')
    path, other = ask(server, "XVERP=-=")
    assert (path, other) == ("alice-carol=there.test@here.test", "alice-dave=there.test@here.test")


def test_strangers_may_not_ask_for_tracking(world):
    server = world("xverp = true", networks=STRANGERS)
    with server.smtp() as session:
        session.ehlo()
        assert "xverp" not in session.esmtp_features
        code, words = session.mail("alice@here.test", ["XVERP"])
        assert code == 555 and b"XVERP is not known here" in words


def test_addresses_need_a_secret(candor, folder):
    config = pathlib.Path(folder) / "candor.conf"
    config.write_text('hostname = "mx.here.test"\nlisten mx { address = "127.0.0.1:2525" }\nreverse-path { track = { "x.test" } }\n')
    done = run("check", "-c", config)
    assert done.returncode == os.EX_CONFIG
    assert "has no secret to sign them with" in done.stderr and '"x.test" is no domain of this file' in done.stderr
