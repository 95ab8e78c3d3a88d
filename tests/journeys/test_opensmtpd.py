"""A real OpenSMTPD as the next server, which takes, refuses at each stage and spreads an alias; and as the server that hands in
mail, in TLS, which meets refusals. (Debian 12's, built with OpenSSL 3, can't show a certificate itself.)"""
import contextlib
import json
import os
import re
import smtplib

import pytest
from candor import Candor, fields_of_dsn, run
from foreign import OpenSmtpd
from secured import running_secured
from sink import Sink
from waiting import free_port, until

# By stage as the log names it: OpenSMTPD's own phase, what its filter does there, and what follows.
REFUSALS = {
    "connect": ("connect", "disconnect", "554 5.7.1 nobody comes in", None),
    "ehlo": ("ehlo", "disconnect", "421 4.3.2 busy", "back_off"),
    "mail": ("mail-from", "reject", "550 5.7.1 that sender not", "bounce"),
    "rcpt": ("rcpt-to", "reject", "450 4.2.0 later for this one", "retry"),
    "data": ("data", "reject", "451 4.3.0 no room for data", "retry"),
    "end-of-data": ("commit", "reject", "554 5.6.0 not this text", "bounce"),
}


class Receiving:
    """One that takes mail, which goes on to a sink; and ports where others refuse it."""

    def __init__(self, folder, stack):
        self.folder, self.stack, self.sink = folder, stack, Sink(offers=["DSN"])
        stack.callback(self.sink.close)
        self.ports = {stage: free_port() for stage in REFUSALS}
        self.peer = self.begin(free_port(), 'table known { "carol@there.test", "dave@there.test" }\n'
                               'table lists { "team@there.test" = "carol@there.test,dave@there.test" }\n', rules=(
                                   'action "lists" expand-only virtual <lists>\nmatch from any for rcpt-to "team@there.test" action "lists"\n'
                                   'match from any for rcpt-to <known> action "out"\n'))

    def begin(self, port, head, **more):
        peer = OpenSmtpd(f"{self.folder}/opensmtpd-{port}", port, self.sink.port, head=head, **more)
        self.stack.callback(peer.stop)
        return peer.start()

    def refuse(self, stage):
        phase, decision, words, _ = REFUSALS[stage]
        self.begin(self.ports[stage], f'filter refuse phase {phase} match src {{ "127.0.0.1" }} {decision} "{words}"\n', listen="filter refuse")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A Candor whose mail goes to the ports by the domain of its recipient."""
    with contextlib.ExitStack() as stack:
        there = Receiving(tmp_path_factory.mktemp("there"), stack)
        routes = "".join(f'route r-{stage} {{ recipients = {{ "{stage}.stage" }}  smarthost = "127.0.0.1:{port}" }}\n' for stage, port in there.ports.items())
        server = Candor(relay=f'smarthost = "127.0.0.1:{there.peer.port}"', retry="500 ms", queue='answer-timeout = "1 s"', more=routes)
        stack.callback(server.close)
        server.there = there
        yield server.start()


def send(server, to, stage="", sender="ann@origin.test"):
    """Verdict and line of the log for the attempt that ended at that stage. (OpenSMTPD with a filter leaves one connection or another
    without a greeting: that attempt does not count.)"""
    before = len(server.log)
    server.send(to, sender=sender)
    id_ = until(lambda: re.search(r" received id=(\S+) ", server.log[before:]), lambda: server.log[-3000:])[1]
    found = until(lambda: re.search(rf" (\S+) id={id_} destination=.* stage={stage}.*", server.log), lambda: server.log[-3000:] + server.there.peer.complaints())
    return found[1], found[0]


def test_it_takes_mail(world):
    verdict, line = send(world, "carol@there.test")
    assert verdict == "delivered" and "code=250" in line, line
    assert any("carol@there.test" in said for said in until(lambda: [c for c in world.there.sink.commands if c.startswith("RCPT")], world.there.peer.complaints))


def test_it_spreads_an_alias(world):
    before = len(world.there.sink.commands)
    assert send(world, "team@there.test")[0] == "delivered"
    said = lambda: world.there.sink.commands[before:]
    until(lambda: {re.search("<(.*?)>", c)[1] for c in said() if c.startswith("RCPT")} == {"carol@there.test", "dave@there.test"}, said)


def test_it_does_not_know_a_recipient(world):
    before = len(world.files("bob"))
    verdict, line = send(world, "nobody@there.test", stage="rcpt", sender="bob@here.test")
    assert verdict == "suppress" and "cause=no_such_recipient" in line, line
    until(lambda: len(world.files("bob")) > before, lambda: world.log[-3000:])
    (fields,) = fields_of_dsn(world.mails("bob")[-1])[1]
    assert fields["Action"] == "failed" and "550 Invalid recipient" in " ".join(fields["Diagnostic-Code"].split())


@pytest.mark.parametrize("stage", REFUSALS)
def test_it_refuses_at_each_stage(world, stage):
    _, _, words, wanted = REFUSALS[stage]
    world.there.refuse(stage)
    verdict, line = send(world, f"carol@{stage}.stage", stage=f"{stage} tls=none code={words[:3]}")
    assert words[10:] in line, line
    assert not wanted or verdict == wanted, line
    assert "cause=unknown" not in line, line


@pytest.fixture(scope="module")
def sending(tmp_path_factory):
    """An OpenSMTPD that hands all mail to a Candor which takes no stranger's mail to elsewhere, nor what went in a circle."""
    with running_secured(more="limits { hops = 25 }\n") as server:
        peer = OpenSmtpd(f"{tmp_path_factory.mktemp('here')}/opensmtpd", free_port(), server.port)
        try:
            server.peer = peer.start()
            yield server
        finally:
            peer.stop()


def hand_in(server, to, body="x\n", mail=(), rcpt=(), headers=""):
    with smtplib.SMTP("127.0.0.1", server.peer.port, timeout=30, local_hostname="client.test") as client:
        client.sendmail("bob@here.test", [to], f"{headers}Subject: x\n\n{body}", mail, rcpt)


def told(server, to):
    """What `candor explain` says of the report that came back."""
    def found():
        for file in server.files("bob"):
            done = run("explain", "--json", file)
            assert done.returncode == os.EX_OK, done
            answers = [answer for answer in map(json.loads, done.stdout.splitlines()) if (answer.get("recipient"), answer["kind"]) == (to, "failure")]
            if answers:
                return answers[0]
        return None
    return until(found, lambda: server.peer.complaints() + server.log[-3000:])


def test_it_hands_in_mail_in_tls(sending):
    hand_in(sending, "alice@here.test")
    mail = sending.wait_mail("alice")[0]
    assert " with ESMTPS id " in " ".join(mail.get_all("Received")[0].split())


def test_what_it_was_told_of_notices_arrives(sending):
    before = len(sending.files("bob"))
    hand_in(sending, "alice@here.test", "please tell\n", ["RET=HDRS", "ENVID=QQ314159"], ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Alice@old.example"])
    until(lambda: len(sending.files("bob")) > before, lambda: sending.peer.complaints() + sending.log[-3000:])
    message, (recipient,) = fields_of_dsn(sending.mails("bob")[-1])
    assert message["Original-Envelope-Id"] == "QQ314159" and recipient["Action"] == "delivered"
    assert recipient["Original-Recipient"] == "rfc822; Alice@old.example"


@pytest.mark.parametrize("to, hops, code, cause", [
    ("nobody@here.test", 0, 550, "no_such_recipient"),
    ("carol@elsewhere.test", 0, 550, "relay_denied"),
    ("alice@here.test", 60, 554, "mail_loop"),
])
def test_what_it_tells_of_refusals(sending, to, hops, code, cause):
    hand_in(sending, to, headers="Received: by a.test; Fri, 27 Nov 2026 10:00:00 +0000\n" * hops)
    answer = told(sending, to)
    assert (answer["code"], answer["cause"], answer["reporter"]) == (code, cause, "opensmtpd"), answer
