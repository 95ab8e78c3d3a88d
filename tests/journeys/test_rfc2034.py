"""RFC 2034, ENHANCEDSTATUSCODES: each answer says more exactly what it means."""
import pytest
from candor import running
from talk import Talk


@pytest.fixture(scope="module")
def server():
    with running(more="limits { errors = 1000 }\n") as made:
        yield made


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        yield session


def test_3_it_is_offered_without_parameters(talk):
    assert talk.ehlo()["ENHANCEDSTATUSCODES"] == ""


def test_4_the_greeting_and_the_answers_to_helo_and_ehlo_have_none(talk):
    assert [talk.greeting.enhanced, talk.say("EHLO client.test").enhanced, talk.say("HELO client.test").enhanced] == ["", "", ""]


def test_4_all_others_of_class_2_4_and_5_have_one_and_those_of_class_3_none(talk):
    """That its class is the reply's first digit, and that all lines of a reply have the same, class Talk checks in each."""
    lines = ["NOOP", "HELP", "HELP MAIL", "HELP 550", "HELP STATUS", "HELP NONSENSE", "VRFY alice", "VRFY nobody", "VRFY", "EXPN x", "NONSENSE", "TURN", "",
             "HELO", "EHLO", "STARTTLS", "AUTH PLAIN", "RSET", "RSET x", "DATA", "RCPT TO:<alice@here.test>", "BDAT 0", "MAIL FROM:", "MAIL FROM:<a b>",
             "MAIL FROM:<carol@there.test> X", "MAIL FROM:<carol@there.test> SIZE=999999999", "MAIL FROM:<carol@there.test>", "RCPT TO:<nobody@here.test>"]
    talk.ehlo()
    replies = [talk.say(line) for line in lines]
    assert [line for line, reply in zip(lines, replies) if not reply.enhanced] == []
    assert talk.say("RCPT TO:<alice@here.test>").enhanced and not talk.say("DATA").enhanced
    assert talk.say(".").enhanced == "2.6.0"


def test_4_lines_of_a_reply_have_the_code_each(talk):
    answer = talk.say("HELP")
    assert len(answer.lines) > 1 and answer.codes == "214 2.0.0"
