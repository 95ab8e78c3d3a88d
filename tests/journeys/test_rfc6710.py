"""RFC 6710, MT-PRIORITY: mail that hurries, and mail that can wait."""
import pytest
from candor import running
from sink import Sink
from talk import Talk
from waiting import free_port


@pytest.fixture(scope="module", params=[["MT-PRIORITY"], []], ids=["next-offers", "next-does-not"])
def server(request):
    peer, port = Sink(offers=request.param), free_port()
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"', more=f'listen submission {{ address = "127.0.0.1:{port}" }}\n') as made:
        made.peer, made.is_offered, made.submission = peer, bool(request.param), port
        yield made
    peer.close()


@pytest.fixture
def talk(server):
    with Talk(server.submission) as session:
        session.ehlo()
        yield session


def test_3_it_is_offered(talk):
    assert "MT-PRIORITY" in talk.ehlo()


@pytest.mark.parametrize("value", range(-9, 10))
def test_4_1_priorities_are_from_9_below_to_9_above_zero(talk, value):
    assert talk.say(f"MAIL FROM:<alice@here.test> MT-PRIORITY={value}").codes == "250 2.1.0"


@pytest.mark.parametrize("value", ["10", "-10", "+1", "high", "", "-", "1.5", "-0", "1 MT-PRIORITY=1"])
def test_4_1_others_are_refused(talk, value):
    assert talk.say(f"MAIL FROM:<alice@here.test> MT-PRIORITY={value}").codes == "501 5.5.4"


@pytest.mark.parametrize("value", ["-4", "3"])
def test_4_1_it_goes_on_to_who_offers_it(server, talk, value):
    before, server.peer.commands[:] = len(server.peer.messages), []
    talk.envelope("dave@there.test", parameters=f" MT-PRIORITY={value}")
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"
    server.peer.wait(before + 1)
    assert (f" MT-PRIORITY={value}" in "\n".join(server.peer.commands)) == server.is_offered
