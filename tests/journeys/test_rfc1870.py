"""RFC 1870, SIZE: a message's size is known before it is sent."""
import pytest
from candor import fields_of_dsn, running
from sink import Sink
from talk import Talk
from waiting import until

LIMIT = 100 * 1024


@pytest.fixture(scope="module")
def server():
    with running(size="100 KiB") as made:
        yield made


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        session.ehlo()
        yield session


def test_3_the_limit_stands_behind_the_keyword_in_digits(talk):
    assert talk.ehlo()["SIZE"] == str(LIMIT)


@pytest.mark.parametrize("value, codes", [("0", "250 2.1.0"), (str(LIMIT), "250 2.1.0"), ("00000000000000000001", "250 2.1.0"),
                                          (str(LIMIT + 1), "552 5.3.4"), ("9" * 20, "501 5.5.4"), ("1" * 21, "501 5.5.4"), ("-1", "501 5.5.4"),
                                          ("1k", "501 5.5.4"), ("", "501 5.5.4")])
def test_5_and_6_1_a_declared_size_is_of_up_to_20_digits_and_weighed_at_once(talk, value, codes):
    assert talk.say(f"MAIL FROM:<carol@there.test> SIZE={value}").codes == codes


def test_6_1_both_sizes_are_told(talk):
    answer = talk.say(f"MAIL FROM:<carol@there.test> SIZE={LIMIT + 1}")
    assert str(LIMIT) in answer.lines[0] and str(LIMIT + 1) in answer.lines[0]


@pytest.mark.parametrize("declared", ["", " SIZE=10", f" SIZE={LIMIT}"])
@pytest.mark.parametrize("surplus, codes", [(0, "250 2.6.0"), (1, "552 5.3.4")])
def test_6_3_the_actual_size_decides_and_no_wrong_declaration_hurts(talk, declared, surplus, codes):
    """Octets count, with each CR LF, and without the dots that are stuffed."""
    talk.envelope(parameters=declared)
    head = "Subject: x\r\n\r\n..\r\n"
    lines, rest = divmod(LIMIT - (len(head) - 1) - 2 + surplus, 100)
    assert talk.content(head + ("x" * 98 + "\r\n") * lines + "x" * rest).codes == codes


def test_6_2_what_is_refused_for_its_size_leaves_a_session_that_goes_on(talk):
    talk.envelope()
    assert talk.content("x" * 900 + ("\r\n" + "x" * 900) * 200).codes == "552 5.3.4"
    talk.envelope()
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


@pytest.fixture(scope="module", params=[["SIZE 2000"], ["SIZE 0"], ["SIZE"], []], ids=["small", "any", "unsaid", "not-offered"])
def relay(request):
    """A server whose next one has such a limit, or none."""
    peer = Sink(offers=request.param)
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"') as made:
        made.peer, made.offer = peer, request.param
        yield made
    peer.close()


def test_6_1_the_next_server_is_told_the_size_where_it_asks_for_it(relay):
    before = len(relay.peer.messages)
    relay.send("dave@there.test")
    relay.peer.wait(before + 1)
    declared = [line.partition(" SIZE=")[2].split(" ")[0] for line in relay.peer.commands if line.startswith("MAIL")][-1]
    assert (int(declared) >= len(relay.peer.messages[-1])) if relay.offer else declared == ""


def test_6_1_what_is_larger_than_it_takes_is_not_sent_and_comes_back(relay):
    before, back = len(relay.peer.messages), len(relay.files("alice"))
    relay.send("dave@there.test", body="A line.\r\n" * 1000)
    if relay.offer != ["SIZE 2000"]:
        relay.peer.wait(before + 1)
        return
    until(lambda: len(relay.files("alice")) > back or len(relay.peer.messages) > before, lambda: relay.log[-3000:])
    assert len(relay.peer.messages) == before
    assert fields_of_dsn(relay.mails("alice")[-1])[1][0]["Status"] == "5.3.4"
