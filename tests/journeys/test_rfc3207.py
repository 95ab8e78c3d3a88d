"""RFC 3207, STARTTLS. What is injected in front of the handshake: test_tls.py."""
import pytest
from faults import FailingTls
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


def test_2_it_is_offered_without_parameters(talk):
    assert talk.ehlo()["STARTTLS"] == ""


def test_4_it_takes_no_parameters(talk):
    assert talk.say("STARTTLS now").codes == "501 5.5.4"


def test_4_a_server_for_everybody_does_not_want_it(talk):
    talk.envelope()


def test_4_where_it_is_wanted_only_a_few_commands_go_without(server):
    with Talk(server.entrances["starttls"].port) as talk:
        assert talk.codes("EHLO client.test", "NOOP", "MAIL FROM:<carol@there.test>", "VRFY alice", "EXPN x") == [
            "250", "250 2.0.0", "530 5.7.0", "530 5.7.0", "530 5.7.0"]
        assert talk.codes("AUTH PLAIN AGJvYgB4", "STARTTLS") == ["538 5.7.11", "220 2.0.0"]


def test_4_2_the_session_begins_anew_behind_it(server, talk):
    talk.starttls(server.trust)
    assert talk.say("MAIL FROM:<carol@there.test>").codes == "503 5.5.1"
    talk.begin()
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


def test_4_2_it_is_not_offered_again_and_not_taken(server, talk):
    talk.starttls(server.trust)
    assert "STARTTLS" not in talk.ehlo() and talk.say("STARTTLS").codes == "503 5.5.1"


def test_4_it_is_refused_in_a_transaction_which_goes_on(server, talk):
    talk.envelope()
    assert talk.say("STARTTLS").codes == "503 5.5.1"
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


def test_4_1_who_leaves_in_the_handshake_harms_nobody(server, talk):
    assert talk.say("STARTTLS").codes == "220 2.0.0"
    talk.socket.close()
    with Talk(server.port) as other:
        other.begin()


def test_4_what_can_not_be_begun_now_leaves_the_session_as_it_was(folder):
    library = FailingTls(folder)
    with running_secured(env=library.env) as server, Talk(server.port) as talk:
        talk.ehlo()
        library.on()
        answer = talk.say("STARTTLS")
        assert answer.codes == "454 4.7.0" and answer.lines[0].startswith("TLS can't be started now; try again later")
        talk.envelope()
        assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"
        assert " tls-unavailable client=127.0.0.1 " in server.log
        with Talk(server.entrances["starttls"].port) as strict:  # where nothing goes in the clear
            assert strict.codes("EHLO client.test", "STARTTLS", "MAIL FROM:<carol@there.test>") == ["250", "454 4.7.0", "530 5.7.0"]
        library.off()
        talk.starttls(server.trust)
        talk.begin()
