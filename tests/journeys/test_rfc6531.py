"""RFC 6531, SMTPUTF8: international addresses and headers."""
import pytest
from candor import fields_of_dsn, running
from sink import Sink
from talk import Talk
from waiting import until

ADDRESS = "j\u00f6rg@b\u00fccher.test"
HEADER = "From: <j\u00f6rg@b\u00fccher.test>\r\nSubject: Gr\u00fc\u00dfe\r\n\r\nx"


@pytest.fixture(scope="module", params=[["SMTPUTF8"], []], ids=["next-offers", "next-does-not"])
def server(request):
    peer = Sink(offers=request.param)
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"', more="limits { errors = 1000 }\n", aliases="all: alice, j\u00fcrgen@there.test\n") as made:
        made.peer, made.is_offered = peer, bool(request.param)
        yield made
    peer.close()


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        session.ehlo()
        yield session


def test_3_1_it_is_offered_without_parameters_and_with_8bitmime(talk):
    offers = talk.ehlo()
    assert offers["SMTPUTF8"] == "" and "8BITMIME" in offers


def test_3_4_the_parameter_has_no_value(talk):
    assert talk.codes("MAIL FROM:<carol@there.test> SMTPUTF8=1", "MAIL FROM:<carol@there.test> SMTPUTF8") == ["501 5.5.4", "250 2.1.0"]


def test_3_5_without_the_parameter_such_addresses_are_refused(talk):
    assert talk.codes(f"MAIL FROM:<{ADDRESS}>", "MAIL FROM:<carol@there.test>", f"RCPT TO:<{ADDRESS}>") == ["553 5.6.7", "250 2.1.0", "553 5.6.7"]


@pytest.mark.parametrize("address", [ADDRESS, "\u8001\u5e2b@\u4f8b\u3048.test", "\"\u00fc b\"@there.test", "plain@there.test"])
def test_3_3_with_it_they_are_taken(talk, address):
    assert talk.codes(f"MAIL FROM:<{address}> SMTPUTF8", f"RCPT TO:<{address}>") == ["250 2.1.0", "250 2.1.5"]


@pytest.mark.parametrize("address", [b"\xfc@there.test", b"\xc3@there.test", b"\xed\xa0\x80@there.test", b"\xc0\xaf@there.test", b"\xf8\x88\x80\x80\x80@there.test"])
def test_3_3_what_is_not_utf_8_is_refused_all_the_same(talk, address):
    assert talk.codes(b"MAIL FROM:<" + address + b"> SMTPUTF8", "MAIL FROM:<carol@there.test> SMTPUTF8", b"RCPT TO:<" + address + b">") == [
        "501 5.1.7", "250 2.1.0", "501 5.1.3"]


@pytest.mark.parametrize("line, codes", [("VRFY alice SMTPUTF8", "250 2.1.5"), ("VRFY <alice@here.test> SMTPUTF8", "250 2.1.5"), ("EXPN staff SMTPUTF8", "550 5.1.1"),
                                         ("VRFY j\u00f6rg SMTPUTF8", "550 5.1.1"), ("EXPN all SMTPUTF8", "250 2.1.5"),
                                         ("VRFY SMTPUTF8", "550 5.1.1")])
def test_3_7_4_2_vrfy_and_expn_take_the_parameter(talk, line, codes):
    assert talk.say(line).codes == codes


def test_3_7_4_2_without_it_no_answer_has_more_than_ascii(talk):
    assert talk.say("EXPN all").codes == "252 2.6.8"


def test_3_7_3_the_trace_tells_of_it(server, talk):
    talk.envelope(sender=ADDRESS, parameters=" SMTPUTF8")
    before = len(server.files("alice"))
    assert talk.content(HEADER).codes == "250 2.6.0"
    until(lambda: len(server.files("alice")) > before, lambda: server.log[-3000:])
    assert any(b" with UTF8SMTP id " in b" ".join(file.read_bytes().split()) for file in server.files("alice"))


def test_3_6_it_goes_on_only_to_who_offers_it_and_else_comes_back(server, talk):
    before, back = len(server.peer.messages), len(server.files("bob"))
    talk.envelope("dave@there.test", sender="bob@here.test", parameters=" SMTPUTF8")
    assert talk.content(HEADER).codes == "250 2.6.0"
    if server.is_offered:
        assert server.peer.wait(before + 1)[-1].endswith(HEADER.encode() + b"\r\n")
        assert any(line.startswith("MAIL") and " SMTPUTF8" in line for line in server.peer.commands)
    else:
        until(lambda: len(server.files("bob")) > back, lambda: server.log[-3000:])
        assert fields_of_dsn(server.mails("bob")[-1])[1][0]["Status"] == "5.6.7" and len(server.peer.messages) == before


def test_3_6_what_needs_none_of_it_goes_to_everybody(server, talk):
    before = len(server.peer.messages)
    talk.envelope("dave@there.test", parameters=" SMTPUTF8")
    assert talk.content("Subject: plain\r\n\r\n\u00fc").codes == "250 2.6.0"
    assert b"Subject: plain" in server.peer.wait(before + 1)[-1]
