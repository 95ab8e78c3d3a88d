"""DELIVERBY (RFC 2852): what is late goes back or its sender is told, and what is left of the time goes on to the next server."""
import re

import pytest
from candor import fields_of_dsn
from says_no import says_no
from sink import Session, Sink
from waiting import until


class Later(Session):
    def answer(self, verb, line):
        self.say("450 4.2.1 come again" if verb == "RCPT" and self.server.sink.puts_off else "250 2.0.0 fine")


@pytest.fixture
def by(candor):
    """by(*offers, puts_off=False): a server that offers DELIVERBY, and its smarthost at .peer with these extensions."""
    sinks = []

    def start(*offers, puts_off=False, least="1 s"):
        sinks.append(Sink(offers=offers, session=Later))
        sinks[-1].puts_off = puts_off
        server = candor(relay=f'smarthost = "127.0.0.1:{sinks[-1].port}"', listen="deliver-by = true", retry="1 h",
                        more=f'limits {{ deliver-by-least = "{least}" }}\n')
        server.peer = sinks[-1]
        return server
    yield start
    for sink in sinks:
        sink.close()


def send(server, parameter, rcpt=()):
    with server.smtp() as client:
        client.ehlo()
        client.sendmail("alice@here.test", ["carol@there.example"], b"Subject: x\r\n\r\nx\r\n", mail_options=[parameter], rcpt_options=list(rcpt))


def test_what_is_late_goes_back(by):
    server = by("DELIVERBY", puts_off=True)
    send(server, "BY=2;R")
    message, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert message["Deliver-By-Date"] and (recipients[0]["Action"], recipients[0]["Status"]) == ("failed", "5.4.7")
    assert "come again" in recipients[0]["Diagnostic-Code"]
    until(lambda: server.queue().stdout == "Nothing waits.\n", lambda: server.queue("list").stdout)


def test_who_is_to_be_told_is_told_and_it_goes_on(by):
    server = by("DELIVERBY", puts_off=True)
    send(server, "BY=1;N")
    message, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert message["Deliver-By-Date"] and (recipients[0]["Action"], recipients[0]["Status"][0]) == ("delayed", "4")
    server.peer.puts_off = False
    assert server.queue("retry", "--all").returncode == 0
    server.peer.wait()


@pytest.mark.parametrize("mode", ["R", "N"])
def test_what_is_left_of_the_time_goes_on(by, mode):
    server = by("DELIVERBY 30,ext")
    send(server, f"BY=600;{mode}")
    server.peer.wait()
    (mail,) = [line for line in server.peer.commands if line.startswith("MAIL")]
    left = int(re.search(rf" BY=(\d+);{mode}$", mail)[1])
    assert 590 <= left <= 600
    server.send("alice@here.test", subject="marker")
    assert [each["Subject"] for each in server.wait_mail("alice")] == ["marker"]  # nobody was told of anything


@pytest.mark.parametrize("offers, status", [((), "5.3.3"), (("DELIVERBY 700",), "5.4.7")])
def test_to_nobody_who_would_not_send_it_back_in_time(by, offers, status):
    server = by(*offers)
    send(server, "BY=600;R")
    _, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert (recipients[0]["Action"], recipients[0]["Status"]) == ("failed", status)
    assert not server.peer.messages


@pytest.mark.parametrize("offers, parameter", [((), "BY=600;N"), (("DELIVERBY",), "BY=600;RT"), (("DELIVERBY",), "BY=600;NT")])
def test_each_step_of_a_trace_is_told_and_the_last_who_knows_the_time(by, offers, parameter):
    server = by(*offers)
    send(server, parameter)
    server.peer.wait()
    message, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert message["Deliver-By-Date"] and recipients[0]["Action"] == "relayed"


def test_it_outlives_a_kill(by):
    server = by("DELIVERBY", puts_off=True)
    send(server, "BY=6;R")
    server.kill()
    server.start()
    _, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert recipients[0]["Status"] == "5.4.7"


def test_what_is_wrong_is_named(by, candor):
    with by(least="1 m").smtp() as client:
        client.ehlo()
        assert client.esmtp_features["deliverby"] == "60"
        assert client.docmd("MAIL FROM:<alice@here.test> BY=59;R") == says_no(
            555, b"5.5.4 BY=59;R leaves less than the 60 seconds that EHLO says; give it more time, or ask for N in place of R")
        for value in ("0;R", "x;R", "5", "5;Q"):
            code, text = client.docmd(f"MAIL FROM:<alice@here.test> BY={value}")
            assert code == 501 and text.startswith(b"5.5.4 Parameter BY ")
    with candor().smtp() as client:
        client.ehlo()
        assert not client.has_extn("deliverby")
        assert client.docmd("MAIL FROM:<alice@here.test> BY=60;R")[0] == 555
