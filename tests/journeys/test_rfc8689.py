"""RFC 8689, REQUIRETLS: mail that travels encrypted or not at all. How it goes on: test_requiretls.py."""
import pytest
from secured import running_secured
from talk import Talk


@pytest.fixture(scope="module")
def server():
    with running_secured() as made:
        yield made


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        session.ehlo()
        yield session


def test_2_it_is_offered_in_tls_alone_and_without_parameters(server, talk):
    assert "REQUIRETLS" not in talk.ehlo()
    talk.starttls(server.trust)
    assert talk.ehlo()["REQUIRETLS"] == ""


def test_2_outside_of_tls_it_is_refused(talk):
    assert talk.say("MAIL FROM:<carol@there.test> REQUIRETLS").codes == "555 5.5.4"


def test_2_the_parameter_has_no_value_and_stands_once(server, talk):
    talk.starttls(server.trust)
    talk.ehlo()
    assert talk.codes("MAIL FROM:<carol@there.test> REQUIRETLS=yes", "MAIL FROM:<carol@there.test> REQUIRETLS REQUIRETLS",
                      "MAIL FROM:<carol@there.test> REQUIRETLS") == ["501 5.5.4", "501 5.5.4", "250 2.1.0"]


def test_4_1_a_recipient_here_gets_it(server, talk):
    talk.starttls(server.trust)
    talk.begin(parameters=" REQUIRETLS")
    assert talk.content("Subject: secret\r\n\r\nx").codes == "250 2.6.0"
    assert server.wait_mail("alice")[0]["Subject"] == "secret"
