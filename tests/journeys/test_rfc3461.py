"""RFC 3461, DSN: what a sender wants to hear. More of what is in a notice: test_dsn_utf8.py, test_notices.py."""
import pytest
from candor import fields_of_dsn, running
from sink import Session, Sink
from talk import Talk
from waiting import until


class Picky(Session):
    def answer(self, verb, line):
        self.say("550 5.1.1 nobody" if verb == "RCPT" and "nobody" in line else "250 2.0.0 fine")


@pytest.fixture(scope="module", params=[["DSN"], []], ids=["next-offers", "next-does-not"])
def server(request):
    peer = Sink(offers=request.param, session=Picky)
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"', more="limits { errors = 1000 }\n") as made:
        made.peer, made.is_offered = peer, bool(request.param)
        yield made
    peer.close()


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        session.ehlo()
        yield session


def send(server, talk, recipient, parameters="", mail="", sender="bob@here.test"):
    """What the sender was told once the message is out of the queue: fields of the notice for its recipient, or None."""
    before, server.peer.commands[:] = len(server.files("bob")), []
    assert talk.codes(f"MAIL FROM:<{sender}>{mail}", f"RCPT TO:<{recipient}>{parameters}") == ["250 2.1.0", "250 2.1.5"]
    assert talk.content("Subject: x\r\n\r\nThe body.").codes == "250 2.6.0"
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), lambda: server.queue("list").stdout)
    mails = server.mails("bob")[before:]
    return (fields_of_dsn(mails[0]), mails[0]) if mails else None


def test_4_it_is_offered_without_parameters(talk):
    assert talk.ehlo()["DSN"] == ""


@pytest.mark.parametrize("value", ["NEVER,SUCCESS", "SUCCESS,NEVER", "", "ALWAYS", "SUCCESS,", "SUCCESS,,DELAY"])
def test_4_1_never_stands_alone_and_no_other_words_are_taken(talk, value):
    assert talk.codes("MAIL FROM:<bob@here.test>", f"RCPT TO:<alice@here.test> NOTIFY={value}") == ["250 2.1.0", "501 5.5.4"]


@pytest.mark.parametrize("value", ["NEVER", "SUCCESS", "FAILURE", "DELAY", "SUCCESS,FAILURE,DELAY", "delay,failure"])
def test_4_1_the_words_may_be_combined_in_any_order_and_case(talk, value):
    assert talk.codes("MAIL FROM:<bob@here.test>", f"RCPT TO:<alice@here.test> NOTIFY={value}") == ["250 2.1.0", "250 2.1.5"]


@pytest.mark.parametrize("value, codes", [("rfc822;a+2Bb@there.test", "250 2.1.5"), ("rfc822;" + "x" * 493, "250 2.1.5"), ("rfc822;" + "x" * 494, "501 5.5.4"),
                                          ("rfc822;a+b@there.test", "501 5.5.4"), ("a@there.test", "501 5.5.4"), (";a", "501 5.5.4")])
def test_4_2_the_original_recipient_is_a_type_and_xtext_of_at_most_500(talk, value, codes):
    assert talk.codes("MAIL FROM:<bob@here.test>", f"RCPT TO:<alice@here.test> ORCPT={value}") == ["250 2.1.0", codes]


@pytest.mark.parametrize("parameters, codes", [("RET=FULL", "250 2.1.0"), ("RET=HDRS", "250 2.1.0"), ("RET=SOME", "501 5.5.4"), ("RET=FULL RET=FULL", "501 5.5.4"),
                                               ("ENVID=QQ314+3D159", "250 2.1.0"), ("ENVID=" + "x" * 100, "250 2.1.0"), ("ENVID=" + "x" * 101, "501 5.5.4"),
                                               ("ENVID=a=b", "501 5.5.4"), ("ENVID=a ENVID=b", "501 5.5.4")])
def test_4_3_and_4_4_what_comes_back_and_the_envelope_s_name_are_said_once(talk, parameters, codes):
    assert talk.say(f"MAIL FROM:<bob@here.test> {parameters}").codes == codes


def test_5_2_1_what_was_asked_for_goes_on_to_who_offers_it(server, talk):
    send(server, talk, "dave@there.test", " NOTIFY=FAILURE,DELAY ORCPT=rfc822;Dave+2B@old.test", " RET=HDRS ENVID=QQ+2B1")
    said = "\n".join(server.peer.commands)
    for parameter in (" RET=HDRS", " ENVID=QQ+2B1", " NOTIFY=FAILURE,DELAY", " ORCPT=rfc822;Dave+2B@old.test"):
        assert (parameter in said) == server.is_offered, said


def test_5_2_2_where_it_is_not_offered_success_is_told_as_relayed(server, talk):
    told = send(server, talk, "dave@there.test", " NOTIFY=SUCCESS")
    assert (told[0][1][0]["Action"] if told else None) == (None if server.is_offered else "relayed")


@pytest.mark.parametrize("parameters", ["", " NOTIFY=FAILURE", " NOTIFY=SUCCESS,FAILURE"])
def test_5_2_5_failure_is_told_to_who_did_not_say_otherwise(server, talk, parameters):
    (_, (recipient,)), _ = send(server, talk, "nobody@there.test", parameters)
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")


@pytest.mark.parametrize("parameters", [" NOTIFY=NEVER", " NOTIFY=SUCCESS", " NOTIFY=DELAY"])
def test_5_2_5_and_not_to_who_did(server, talk, parameters):
    assert send(server, talk, "nobody@there.test", parameters) is None


def test_5_2_5_and_never_about_a_message_from_nobody(server, talk):
    assert send(server, talk, "nobody@there.test", sender="") is None


def test_5_2_3_and_6_a_notice_of_success_names_what_the_sender_named(server, talk):
    (message, (recipient,)), mail = send(server, talk, "alice@here.test", " NOTIFY=SUCCESS ORCPT=rfc822;Al+2B@old.test", " ENVID=QQ+2B1")
    assert recipient["Action"] == "delivered" and recipient["Original-Recipient"].replace(" ", "") == "rfc822;Al+@old.test"
    assert message["Original-Envelope-Id"] == "QQ+1" and mail["Return-Path"] == "<>" and mail["To"].endswith("bob@here.test")


@pytest.mark.parametrize("ret, is_whole", [(" RET=FULL", True), (" RET=HDRS", False)])
def test_6_2_how_much_comes_back_is_the_sender_s_choice(server, talk, ret, is_whole):
    _, mail = send(server, talk, "nobody@there.test", mail=ret)
    assert ("The body." in list(mail.iter_parts())[2].as_string()) == is_whole
