"""candor explain on the bounces and logs of servers that are not ours, which meet a server that refuses."""
import json
import os
import smtplib

import pytest
from candor import run
from foreign import Courier, OpenSmtpd, Sendmail
from sink import Session, Sink
from waiting import free_port, until

MAIL = "Subject: x\n\nA line.\n"
REFUSALS = {"nobody@there.test": "550 5.1.1 <nobody@there.test>: Recipient address rejected: User unknown",
            "full@there.test": "452 4.2.2 The mailbox is full",
            "spam@there.test": "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org"}


class Refusing(Session):
    taken = 0

    def answer(self, verb, line):
        refusal = next((said for to, said in REFUSALS.items() if verb == "RCPT" and to in line), None)
        self.taken = 0 if verb == "MAIL" else self.taken + (verb == "RCPT" and not refusal)
        self.say(refusal or "250 2.0.0 fine")

    def take_message(self):
        if self.taken:
            super().take_message()
        else:
            self.say("554 5.5.1 No valid recipients")


@pytest.fixture
def refusing():
    sink = Sink(offers=["DSN", "ENHANCEDSTATUSCODES"], session=Refusing)
    yield sink
    sink.close()


def explain(*files):
    done = run("explain", "--json", *files)
    assert done.returncode == os.EX_OK, done
    return {answer.get("recipient"): answer for answer in map(json.loads, done.stdout.splitlines())}


def keep(folder, messages):
    """The mails, each in a file of its own."""
    for number, message in enumerate(messages):
        (folder / f"{number}.eml").write_bytes(message)
    return sorted(folder.glob("*.eml"))


def check(answers, kinds):
    wanted = {"nobody@there.test": (550, "5.1.1", "no_such_recipient"), "full@there.test": (452, "4.2.2", "mailbox_full"),
              "spam@there.test": (554, "5.7.1", "ip_blocklisted")}
    for recipient, (code, enhanced, cause) in wanted.items():
        if recipient in kinds:
            answer = answers[recipient]
            assert (answer["code"], answer["enhanced"], answer["cause"]) == (code, enhanced, cause), answer
            assert answer["kind"] == kinds[recipient], answer


def test_sendmail(folder, refusing, tmp_path):
    peer = Sendmail(f"{folder}/sendmail", refusing.port)
    shown = peer.send("ann@origin.test", list(REFUSALS), MAIL)
    refusing.wait()
    failed = {"nobody@there.test": "failure", "spam@there.test": "failure"}
    answers = explain(*keep(tmp_path, refusing.messages))
    assert answers.keys() == failed.keys()
    assert {a["reporter"] for a in answers.values()} == {"sendmail"}
    check(answers, failed)
    until(lambda: peer.log.read_text().count("dsn=") >= 4, peer.complaints)
    answers = explain(peer.log)
    assert {(a["input"], a["reporter"], a["direction"]) for a in answers.values()} == {("log", "sendmail", "outgoing")}
    check(answers, {**failed, "full@there.test": "delay"})
    (tmp_path / "shown").write_text(shown)
    check(explain(tmp_path / "shown"), {"nobody@there.test": "failure"})


def test_opensmtpd(folder, refusing, tmp_path):
    peer = OpenSmtpd(f"{folder}/opensmtpd", free_port(), refusing.port)
    try:
        peer.start()
        with smtplib.SMTP("127.0.0.1", peer.port, timeout=30) as client:
            client.sendmail("ann@origin.test", list(REFUSALS), MAIL)
        refusing.wait(2)
        until(lambda: peer.log.read_text().count('result="') >= 4, peer.complaints)
    finally:
        peer.stop()
    kinds = {"nobody@there.test": "failure", "spam@there.test": "failure", "full@there.test": "delay"}
    answers = explain(*keep(tmp_path, refusing.messages))
    assert {a["reporter"] for a in answers.values()} == {"opensmtpd"}
    check(answers, kinds)
    answers = explain(peer.log)
    assert {(a["input"], a["reporter"], a["direction"]) for a in answers.values()} == {("log", "opensmtpd", "outgoing")}
    check(answers, kinds)


def test_courier(folder, refusing, tmp_path):
    peer = Courier(f"{folder}/courier", refusing.port)
    failed = {"nobody@there.test": "failure", "spam@there.test": "failure"}
    try:
        peer.send("ann@origin.test", list(failed), MAIL)
        until(lambda: refusing.messages, peer.complaints)
    finally:
        peer.stop()
    answers = explain(*keep(tmp_path, refusing.messages))
    assert answers.keys() == failed.keys()
    assert {a["reporter"] for a in answers.values()} == {"courier"}
    check(answers, failed)
