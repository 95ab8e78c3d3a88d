"""RFC 4865, FUTURERELEASE: messages for later. That they are held over a restart: test_submission_terms.py."""
import datetime

import pytest
from candor import running
from sink import Sink
from talk import Talk
from waiting import free_port, until


@pytest.fixture(scope="module")
def server():
    peer, port = Sink(), free_port()
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"', more=f'listen submission {{ address = "127.0.0.1:{port}" }}\n') as made:
        made.peer, made.submission = peer, port
        yield made
    peer.close()


@pytest.fixture
def talk(server):
    with Talk(server.submission) as session:
        session.ehlo()
        yield session


def moment(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_3_the_keyword_has_the_longest_interval_and_the_latest_moment(talk):
    seconds, latest = talk.ehlo()["FUTURERELEASE"].split(" ")
    assert 0 < int(seconds) <= 999999999 and datetime.datetime.fromisoformat(latest.replace("Z", "+00:00"))


@pytest.mark.parametrize("parameters", ["HOLDFOR=0", "HOLDFOR=x", "HOLDFOR=", "HOLDFOR=1234567890", "HOLDFOR=60 HOLDFOR=60", "HOLDUNTIL=tomorrow",
                                        "HOLDUNTIL=2026-13-01T00:00:00Z", "HOLDFOR=60 HOLDUNTIL=2999-01-01T00:00:00Z"])
def test_4_what_is_malformed_or_said_twice_is_refused(talk, parameters):
    assert talk.say(f"MAIL FROM:<alice@here.test> {parameters}").codes == "501 5.5.4"


def test_4_what_is_later_than_the_server_holds_is_refused(talk):
    seconds = int(talk.ehlo()["FUTURERELEASE"].split(" ")[0])
    assert talk.codes(f"MAIL FROM:<alice@here.test> HOLDFOR={seconds + 1}", f"MAIL FROM:<alice@here.test> HOLDUNTIL={moment(seconds + 60)}",
                      f"MAIL FROM:<alice@here.test> HOLDFOR={seconds}") == ["501 5.5.4", "501 5.5.4", "250 2.1.0"]


def test_4_it_is_not_offered_to_strangers_and_not_taken_from_them(server):
    with Talk(server.port) as talk:
        assert "FUTURERELEASE" not in talk.ehlo() and talk.say("MAIL FROM:<alice@here.test> HOLDFOR=60").codes == "555 5.5.4"


@pytest.mark.parametrize("parameter", ["HOLDFOR=2", "HOLDUNTIL"])
def test_5_it_is_not_released_earlier(server, talk, parameter):
    before, begun = len(server.peer.messages), datetime.datetime.now()
    talk.envelope("dave@there.test", parameters=" " + (parameter if "=" in parameter else f"HOLDUNTIL={moment(3)}"))
    assert talk.content("Subject: later\r\n\r\nx").codes == "250 2.6.0"
    server.peer.wait(before + 1)
    assert datetime.datetime.now() - begun >= datetime.timedelta(seconds=1.9)


def test_5_a_moment_that_has_passed_is_now(server, talk):
    before = len(server.peer.messages)
    talk.envelope("dave@there.test", parameters=f" HOLDUNTIL={moment(-60)}")
    assert talk.content("Subject: now\r\n\r\nx").codes == "250 2.6.0"
    until(lambda: len(server.peer.messages) > before, lambda: server.log[-2000:])
