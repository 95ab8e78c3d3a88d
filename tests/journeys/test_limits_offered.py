"""LIMITS (RFC 9422): the server says how much it takes at once, and the client keeps to what it is told."""
import pytest

from says_no import says_no
from sink import Session, Sink
from waiting import until


class Counting(Session):
    """Keeps for each connection how many recipients each of its messages had."""

    def answer(self, verb, line):
        if verb == "MAIL" and not hasattr(self, "messages"):
            self.messages = []
            self.server.sink.connections.append(self.messages)
        if verb == "MAIL":
            self.messages.append(0)
        self.messages[-1] += verb == "RCPT"
        self.say("250 2.0.0 fine")


@pytest.fixture
def sink():
    sinks = []

    def start(*offers):
        sinks.append(Sink(offers=offers, session=Counting))
        sinks[-1].connections = []
        return sinks[-1]
    yield start
    for each in sinks:
        each.close()


def test_both_are_said_and_held(candor):
    server = candor(more="limits { recipients = 100  messages-per-connection = 2 }\n")
    with server.smtp() as client:
        client.ehlo()
        assert client.esmtp_features["limits"] == "MAILMAX=2 RCPTMAX=100"
        for _ in range(2):
            assert client.mail("x@there.example")[0] == 250
            client.rset()
        assert client.docmd("MAIL FROM:<x@there.example>") == says_no(
            421, b"4.7.0 2 messages were begun in this connection, the most that are taken in one; connect again for the others")
    with candor().smtp() as client:
        client.ehlo()
        assert client.esmtp_features["limits"] == "RCPTMAX=1000"


def test_the_client_sends_no_more_recipients_and_messages_than_it_is_told(candor, sink):
    peer = sink("LIMITS RCPTMAX=10 MAILMAX=2")
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    with server.smtp() as client:
        client.sendmail("x@here.test", [f"r{number}@there.example" for number in range(45)], b"Subject: many\r\n\r\nx\r\n")
    until(lambda: server.queue().stdout == "Nothing waits.\n", lambda: f"all to be delivered: {server.queue().stdout}")
    recipients = [line for line in peer.commands if line.startswith("RCPT")]
    assert len(recipients) == len(set(recipients)) == 45
    assert all(len(messages) <= 2 and max(messages) <= 10 for messages in peer.connections), peer.connections
    put_off = [line for line in server.log.splitlines() if "code=452" in line]
    assert put_off and all(' host="" ' in line and "cause=too_many_recipients" in line for line in put_off)  # nobody said so: we knew


def test_the_client_sends_to_no_more_domains_at_once(candor, sink):
    peer = sink("LIMITS RCPTDOMAINMAX=1")
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    with server.smtp() as client:
        client.sendmail("x@here.test", ["a@one.example", "b@two.example", "c@one.example"], b"Subject: many\r\n\r\nx\r\n")
    until(lambda: server.queue().stdout == "Nothing waits.\n", lambda: f"all to be delivered: {server.queue().stdout}")
    domains = []
    for line in peer.commands:
        if line.startswith("MAIL"):
            domains.append(set())
        elif line.startswith("RCPT"):
            domains[-1].add(line.partition("@")[2])
    assert len(domains) >= 2 and all(len(each) == 1 for each in domains), domains


def test_the_server_takes_no_more_domains_at_once_than_it_says(candor):
    server = candor(more="limits { recipient-domains = 1 }\n")
    with server.smtp() as client:
        client.ehlo()
        assert client.esmtp_features["limits"] == "RCPTMAX=1000 RCPTDOMAINMAX=1"
        assert client.mail("x@here.test")[0] == 250
        assert [client.rcpt(to)[0] for to in ("a@one.example", "b@ONE.example")] == [250, 250]
        assert client.rcpt("c@two.example") == says_no(
            452, b"4.5.3 Recipients of no more domains than 1 are taken at once; send to the others in another transaction")
        assert client.data(b"Subject: x\r\n\r\nx\r\n")[0] == 250
