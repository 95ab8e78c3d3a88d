"""RFC 4954, AUTH. Real clients log in in test_submission_clients.py, what an account may do is in test_login.py."""
import base64

import pytest
from secured import PASSWORD, USER, running_secured
from talk import Talk


def b64(text):
    return base64.b64encode(text.encode()).decode()


PLAIN = b64(f"\0{USER}\0{PASSWORD}")


@pytest.fixture(scope="module")
def server():
    with running_secured(more='limits { errors = 1000  failed-logins = 0  login-delay = "0 s" }\n') as made:
        yield made


@pytest.fixture
def talk(server):
    with Talk(server.entrances["implicit"].port, implicit=server.trust) as session:
        session.ehlo()
        yield session


def test_3_the_mechanisms_stand_behind_the_keyword(talk):
    assert "PLAIN" in talk.ehlo()["AUTH"].split()


def test_4_without_encryption_no_password_is_asked_for(server):
    with Talk(server.entrances["starttls"].port) as talk:
        assert "AUTH" not in talk.ehlo() and talk.say(f"AUTH PLAIN {PLAIN}").codes == "538 5.7.11"


@pytest.mark.parametrize("lines", [[f"AUTH PLAIN {PLAIN}"], ["AUTH PLAIN", PLAIN], [f"aUtH pLaIn {PLAIN}"], ["AUTH LOGIN", b64(USER), b64(PASSWORD)],
                                   [f"AUTH LOGIN {b64(USER)}", b64(PASSWORD)]])
def test_4_a_login_with_and_without_an_initial_response(talk, lines):
    assert talk.codes(*lines) == ["334"] * (len(lines) - 1) + ["235 2.7.0"]


def test_4_challenges_are_base64(talk):
    for line in ("AUTH LOGIN", b64(USER)):
        assert base64.b64decode(talk.say(line).lines[0], validate=True)
    talk.say("*")


def test_4_an_equals_sign_is_an_empty_response(talk):
    assert talk.say("AUTH PLAIN =").codes == "501 5.5.2"  # read, and not what PLAIN asks for


def test_4_after_success_there_is_no_second_login(talk):
    assert talk.codes(f"AUTH PLAIN {PLAIN}", f"AUTH PLAIN {PLAIN}") == ["235 2.7.0", "503 5.5.1"]


def test_4_none_in_a_transaction_either(server):
    with Talk(server.port) as talk:
        talk.ehlo()
        talk.starttls(server.trust)
        talk.begin()
        assert talk.say(f"AUTH PLAIN {PLAIN}").codes == "503 5.5.1"
        assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


def test_4_and_none_before_ehlo(server):
    with Talk(server.entrances["implicit"].port, implicit=server.trust) as talk:
        assert talk.say(f"AUTH PLAIN {PLAIN}").codes == "503 5.5.1"


@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "GSSAPI", "NONSENSE"])
def test_4_a_mechanism_that_is_not_offered_gets_504(talk, mechanism):
    assert talk.say(f"AUTH {mechanism}").codes == "504 5.5.4"


def test_4_a_client_gives_up_with_a_star(talk):
    assert talk.codes("AUTH PLAIN", "*", "AUTH LOGIN", b64(USER), "*", f"AUTH PLAIN {PLAIN}") == [
        "334", "501 5.7.0", "334", "334", "501 5.7.0", "235 2.7.0"]


@pytest.mark.parametrize("response", ["&%$", "A", "AAA", "A===", "=AAA", "AGFs aWNl", "\u00fc"])
def test_4_what_is_no_base64_gets_501(talk, response):
    assert talk.codes("AUTH PLAIN", response) == ["334", "501 5.5.2"]


def test_4_what_is_longer_than_a_login_s_line_gets_500_and_the_login_is_over(talk):
    assert talk.codes("AUTH PLAIN", "A" * 13000, "NOOP", f"AUTH PLAIN {PLAIN}") == ["334", "500 5.5.6", "250 2.0.0", "235 2.7.0"]


def test_4_a_command_in_the_exchange_is_a_response(talk):
    assert talk.codes("AUTH PLAIN", "QUIT", "NOOP") == ["334", "501 5.5.2", "250 2.0.0"]


def test_4_and_6_wrong_credentials_get_535_and_may_be_tried_again(talk):
    assert talk.codes("AUTH PLAIN " + b64(f"\0{USER}\0wrong"), "AUTH PLAIN " + b64("\0nobody\0wrong"), f"AUTH PLAIN {PLAIN}") == [
        "535 5.7.8", "535 5.7.8", "235 2.7.0"]


def test_6_without_a_login_530_where_one_is_wanted(talk):
    assert talk.codes("MAIL FROM:<bob@here.test>", "VRFY alice", "NOOP", "RSET", "HELP", f"AUTH PLAIN {PLAIN}", "MAIL FROM:<bob@here.test>") == [
        "530 5.7.0", "530 5.7.0", "250 2.0.0", "250 2.0.0", "214 2.0.0", "235 2.7.0", "250 2.1.0"]


@pytest.mark.parametrize("value, codes", [("<>", "250 2.1.0"), ("bob@here.test", "250 2.1.0"), ("e+3Dmc2@here.test", "250 2.1.0"),
                                          ("e+3", "501 5.5.4"), ("", "501 5.5.4"), ("a=b", "501 5.5.4")])
def test_5_mail_may_say_who_handed_the_message_in(talk, value, codes):
    talk.say(f"AUTH PLAIN {PLAIN}")
    assert talk.say(f"MAIL FROM:<bob@here.test> AUTH={value}").codes == codes
