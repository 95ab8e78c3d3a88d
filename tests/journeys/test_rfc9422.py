"""RFC 9422, LIMITS: what a server says of its limits. That the client keeps to them: test_limits_offered.py."""
import re

import pytest
from candor import running
from talk import Talk


@pytest.fixture(scope="module")
def server():
    with running(more="limits { recipients = 100  messages-per-connection = 3 }\n") as made:
        yield made


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        yield session


def test_3_limits_are_names_and_values_each_once(talk):
    limits = talk.ehlo()["LIMITS"].split(" ")
    assert all(re.fullmatch("[A-Z][A-Z0-9-]*=[1-9][0-9]{0,5}", limit) for limit in limits)
    assert len({limit.partition("=")[0] for limit in limits}) == len(limits) == 2


def test_4_1_mailmax_messages_are_taken(talk):
    assert "MAILMAX=3" in talk.ehlo()["LIMITS"]
    for _ in range(3):
        talk.envelope()
        assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"
    assert talk.say("MAIL FROM:<carol@there.test>").codes == "421 4.7.0" and talk.reply() is None


def test_4_2_rcptmax_recipients_are_taken_and_the_next_is_put_off(talk):
    assert "RCPTMAX=100" in talk.ehlo()["LIMITS"]
    talk.envelope(*(f"r{number}@there.test" for number in range(100)))
    assert talk.say("RCPT TO:<alice@here.test>").codes == "452 4.5.3"
    talk.say("RSET")
