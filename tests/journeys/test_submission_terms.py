"""When and how urgently (FUTURERELEASE, RFC 4865; MT-PRIORITY, RFC 6710): offered to people, kept, honoured, passed on."""
import datetime
import json
import smtplib
import time

import pytest

from says_no import says_no
from sink import Sink
from waiting import free_port, until


@pytest.fixture
def terms(candor):
    """terms(**options): a server with an entrance for submission at .submission, and a peer for all that goes out at .peer."""
    sinks = []

    def start(offers=("MT-PRIORITY",), more="", **options):
        sinks.append(Sink(offers=offers))
        port = free_port()
        server = candor(relay=f'smarthost = "127.0.0.1:{sinks[-1].port}"',
                        more=f'listen submission {{ address = "127.0.0.1:{port}" }}\n{more}', **options)
        server.submission, server.peer = port, sinks[-1]
        return server
    yield start
    for sink in sinks:
        sink.close()


def session(server, port=None):
    client = smtplib.SMTP("127.0.0.1", port or server.submission, timeout=30, local_hostname="client.test")
    client.ehlo()
    return client


def send(server, *parameters):
    with session(server) as client:
        return client.sendmail("alice@here.test", ["x@there.example"], b"Subject: later\r\n\r\nx\r\n", mail_options=list(parameters))


def stamp(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_only_the_entrance_for_submission_offers_them(terms):
    server = terms()
    with session(server) as client:
        seconds, until_when = client.esmtp_features["futurerelease"].split()
        assert seconds == str(30 * 24 * 3600) and client.has_extn("mt-priority")
        assert abs(datetime.datetime.fromisoformat(until_when.replace("Z", "+00:00")).timestamp() - time.time() - int(seconds)) < 60
    with session(server, server.port) as client:
        assert not client.has_extn("futurerelease") and not client.has_extn("mt-priority")
        for parameter in ("HOLDFOR=1", f"HOLDUNTIL={stamp(60)}", "MT-PRIORITY=1"):
            code, text = client.docmd(f"MAIL FROM:<x@here.test> {parameter}")
            assert code == 555 and text.startswith(b"5.5.4 ")


@pytest.mark.parametrize("parameter", ["HOLDFOR=4", "HOLDUNTIL"])
def test_it_is_held_until_then_also_over_a_kill(terms, parameter):
    server = terms()
    begun = time.time()
    send(server, parameter if "=" in parameter else f"HOLDUNTIL={stamp(4)}")
    (line,) = server.queue("list", "--json").stdout.splitlines()
    assert json.loads(line)["attempts"] == 0 and "time that its sender set" in line
    server.kill()
    server.start()
    server.peer.wait()
    assert time.time() - begun >= 3
    until(lambda: server.queue().stdout == "Nothing waits.\n", "the queue to be empty")
    assert len(server.peer.messages) == 1


def test_the_operator_may_send_it_at_once(terms):
    server = terms()
    send(server, "HOLDFOR=86400")
    until(lambda: "time that its sender set" in server.queue("list", "--json").stdout, "the message to wait")
    assert server.queue("retry", "--all").returncode == 0
    server.peer.wait()


def test_no_more_are_held_than_the_operator_wants(terms):
    server = terms(more="limits { held-messages = 2 }\n")
    for _ in range(2):
        send(server, "HOLDFOR=86400")
    until(lambda: server.queue("list", "--json").stdout.count("time that its sender set") == 2, "two messages to wait")
    with session(server) as client:
        assert client.docmd("MAIL FROM:<alice@here.test> HOLDFOR=60") == says_no(
            455, b"4.5.4 The message can't be held until a later time now: 2 messages are held already, the most that are; "
                 b"send it without HOLDFOR and HOLDUNTIL, or try again later")
        assert client.mail("alice@here.test")[0] == 250  # without the parameter
        client.rset()
        assert server.queue("retry", "--all").returncode == 0
        server.peer.wait(2)
        assert client.docmd("MAIL FROM:<alice@here.test> HOLDFOR=60")[0] == 250


def test_the_priority_goes_on_to_who_offers_it(terms):
    server = terms()
    send(server, "MT-PRIORITY=3")
    server.peer.wait()
    assert any(line.startswith("MAIL") and line.endswith(" MT-PRIORITY=3") for line in server.peer.commands)
    silent = terms(offers=())
    send(silent, "MT-PRIORITY=3")
    silent.peer.wait()
    assert not any("PRIORITY" in line for line in silent.peer.commands)


def test_who_may_not_hurry_is_told_so(terms):
    server = terms(networks='"192.0.2.0/24"')
    with session(server) as client:
        code, text = client.docmd("MAIL FROM:<x@there.example> MT-PRIORITY=3")
        assert code == 250 and text.startswith(b"2.3.6 ")
        client.rset()
        code, text = client.docmd("MAIL FROM:<x@there.example> MT-PRIORITY=-3")  # who steps back needs no leave
        assert code == 250 and text.startswith(b"2.1.0 ")
