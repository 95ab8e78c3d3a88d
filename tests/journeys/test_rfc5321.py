"""RFC 5321, SMTP: what its sentences with MUST say of a server that receives. The sections stand in the names; the client's half is in
test_rfc5321_client.py, ends of data that are none in test_smuggling.py, what 250 promises in test_lost_nothing.py."""
import re
import uuid

import pytest
from candor import running
from sink import Sink
from talk import Talk
from waiting import until


@pytest.fixture(scope="module")
def server():
    """A server for here.test, whose mail for elsewhere goes to `.peer`."""
    peer = Sink()
    with running(relay=f'smarthost = "127.0.0.1:{peer.port}"', more="limits { errors = 1000 }\n") as made:
        made.peer = peer
        yield made
    peer.close()


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        yield session


def arrive(server, talk, text):
    """Sends a message to alice; what lies in her mailbox, byte for byte."""
    mark = f"X-Mark: {uuid.uuid4()}"
    assert talk.content(text.replace("Subject:", f"{mark}\r\nSubject:", 1)).codes == "250 2.6.0"
    found = until(lambda: [raw for file in server.files("alice") if mark.encode() in (raw := file.read_bytes())], lambda: server.log[-3000:])
    return found[0]


def test_2_3_8_only_cr_lf_ends_a_command(talk):
    talk.send("NOOP\nNOOP\r\nNOOP\rNOOP\r\nQUIT\r\n")
    assert talk.rest() == ["500 5.5.2", "500 5.5.2", "221 2.0.0"]


def test_2_4_verbs_and_keywords_are_the_same_in_any_case(talk):
    assert talk.codes("eHlO client.test", "mAiL fRoM:<carol@there.test> bOdY=8bItMiMe", "rCpT tO:<alice@here.test>", "rSeT") == [
        "250", "250 2.1.0", "250 2.1.5", "250 2.0.0"]


def test_2_4_domains_are_the_same_in_any_case(talk):
    talk.begin("alice@HERE.Test")


def test_2_4_the_case_of_a_local_part_is_kept(server, talk):
    talk.begin("CaRoL.Smith@there.test")
    before = len(server.peer.messages)
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"
    server.peer.wait(before + 1)
    assert any(line.startswith("RCPT TO:<CaRoL.Smith@there.test>") for line in server.peer.commands)


@pytest.mark.parametrize("line", [b"MAIL FROM:<\xff@there.test>", b"\xffOOP", b"HELO \xff"])
def test_2_4_commands_are_ascii(talk, line):
    talk.ehlo()
    assert talk.say(line).code in (500, 501)


def test_3_1_the_greeting_names_the_host(talk):
    assert talk.greeting.codes == "220" and talk.greeting.lines[0].split()[0] == "mx.here.test"


def test_3_2_helo_gets_one_line_and_no_extensions(talk):
    answer = talk.say("HELO client.test")
    assert answer.codes == "250" and len(answer.lines) == 1 and answer.lines[0].split()[0] == "mx.here.test"


def test_3_3_what_is_out_of_order_gets_503_and_changes_nothing(talk):
    assert talk.codes("MAIL FROM:<carol@there.test>", "RCPT TO:<alice@here.test>", "DATA") == ["503 5.5.1"] * 3
    talk.ehlo()
    assert talk.codes("RCPT TO:<alice@here.test>", "DATA", "MAIL FROM:<carol@there.test>", "MAIL FROM:<dave@there.test>", "DATA",
                      "RCPT TO:<alice@here.test>") == ["503 5.5.1", "503 5.5.1", "250 2.1.0", "503 5.5.1", "503 5.5.1", "250 2.1.5"]
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


def test_3_3_data_without_a_valid_recipient_is_refused(talk):
    talk.ehlo()
    assert talk.codes("MAIL FROM:<carol@there.test>", "RCPT TO:<nobody@here.test>", "DATA") == ["250 2.1.0", "550 5.1.1", "554 5.5.1"]


def test_3_5_2_a_confirmed_address_is_written_as_a_mailbox(talk):
    answer = talk.say("VRFY alice")
    assert answer.codes == "250 2.1.5" and answer.lines == ["<alice@here.test>"]
    assert talk.say("VRFY nobody").code in (550, 252)


def test_3_6_1_a_source_route_is_read_and_dropped(server, talk):
    talk.ehlo()
    assert talk.codes("MAIL FROM:<@a.test,@b.test:carol@there.test>", "RCPT TO:<@c.test,@d.test:dave@there.test>") == ["250 2.1.0", "250 2.1.5"]
    before = len(server.peer.messages)
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"
    server.peer.wait(before + 1)
    assert any(line.startswith("RCPT TO:<dave@there.test>") for line in server.peer.commands) and "@c.test" not in str(server.peer.commands)


def test_3_8_a_connection_that_breaks_ends_its_transaction(server, talk):
    talk.begin("bob@here.test")
    assert talk.say("DATA").codes == "354"
    talk.send("Subject: torn\r\n\r\nx\r\n")
    talk.socket.close()
    talk.lines.close()
    server.send("bob@here.test", "carol@there.test", "marker")
    assert "torn" not in [mail["Subject"] for mail in server.wait_mail("bob")]


def test_4_1_1_spaces_at_the_end_do_no_harm(talk):
    assert talk.codes("EHLO client.test  ", "NOOP ", "MAIL FROM:<carol@there.test> ", "RCPT TO:<alice@here.test>  ", "RSET ") == [
        "250", "250 2.0.0", "250 2.1.0", "250 2.1.5", "250 2.0.0"]


def test_4_1_1_1_ehlo_lists_a_keyword_a_line(talk):
    talk.say("EHLO client.test")
    offers = talk.ehlo()
    assert all(re.fullmatch("[A-Z0-9][A-Z0-9-]*", keyword) for keyword in offers) and "HELP" in offers


@pytest.mark.parametrize("name", ["[127.0.0.1]", "[IPv6:::1]", "client.test", "CLIENT.TEST"])
def test_4_1_1_1_a_client_may_name_itself_by_its_address(talk, name):
    assert talk.codes(f"EHLO {name}", f"HELO {name}") == ["250", "250"]


@pytest.mark.parametrize("verb", ["EHLO client.test", "HELO client.test", "RSET"])
def test_4_1_1_1_and_5_these_clear_what_was_begun(talk, verb):
    talk.begin()
    assert talk.codes(verb, "RCPT TO:<alice@here.test>", "MAIL FROM:<carol@there.test>") == [
        "250 2.0.0" if verb == "RSET" else "250", "503 5.5.1", "250 2.1.0"]


def test_4_1_1_2_the_null_sender_is_taken(talk):
    talk.begin(sender="")


def test_4_1_1_4_the_end_of_data_clears_the_buffers(talk):
    for text, codes in (("Subject: x\r\n\r\nx", "250 2.6.0"), ("Subject: x\r\n\r\n\0", "554 5.6.0")):
        talk.begin()
        assert talk.content(text).codes == codes
        assert talk.say("RCPT TO:<alice@here.test>").codes == "503 5.5.1"


@pytest.mark.parametrize("verb, codes", [("RSET now", "501 5.5.4"), ("DATA now", "501 5.5.4"), ("QUIT now", "501 5.5.4"), ("VRFY", "501 5.5.4")])
def test_4_1_1_arguments_that_do_not_belong_are_refused(talk, verb, codes):
    talk.begin()
    assert talk.say(verb).codes == codes


@pytest.mark.parametrize("verb", ["NOOP with words", "VRFY alice", "EXPN list", "HELP", "HELP MAIL", "NONSENSE"])
def test_4_1_1_6_to_9_these_leave_the_transaction_alone(talk, verb):
    talk.begin()
    talk.say(verb)
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


def test_4_1_1_10_quit_is_answered_and_then_the_connection_ends(talk):
    talk.send("QUIT\r\n")
    assert talk.rest() == ["221 2.0.0"]


def test_4_1_1_10_quit_forgets_an_unfinished_message(server, talk):
    talk.begin("bob@here.test")
    talk.send("QUIT\r\n")
    assert talk.rest() == ["221 2.0.0"]
    assert server.queue("list").stdout.startswith("Nothing waits.")


def test_4_1_1_11_parameters_that_are_not_known_are_refused(talk):
    talk.ehlo()
    assert talk.codes("MAIL FROM:<carol@there.test> NONSENSE=1", "MAIL FROM:<carol@there.test>", "RCPT TO:<alice@here.test> NONSENSE") == [
        "555 5.5.4", "250 2.1.0", "555 5.5.4"]


@pytest.mark.parametrize("local", ['"alice"', '"al\\ice"', '"\\a\\l\\i\\c\\e"'])
def test_4_1_2_quotes_that_are_not_needed_change_nothing(server, talk, local):
    talk.begin(f"{local}@here.test")
    assert b"Subject: quoted\n" in arrive(server, talk, "Subject: quoted\r\n\r\nx")


@pytest.mark.parametrize("address", ["a..b@there.test", ".a@there.test", "a.@there.test", "a b@there.test", "a@-there.test", "a@there..test",
                                     "a@[127.0.0.256]", "a@", "@there.test", 'a"b@there.test', "a(b)@there.test"])
def test_4_1_2_addresses_that_are_none_are_refused(talk, address):
    talk.ehlo()
    assert talk.codes(f"MAIL FROM:<{address}>", "MAIL FROM:<carol@there.test>", f"RCPT TO:<{address}>") == ["501 5.1.7", "250 2.1.0", "501 5.1.3"]


def test_4_1_4_these_may_come_before_ehlo(talk):
    assert [talk.say(line).code for line in ("NOOP", "HELP", "RSET", "VRFY alice", "EXPN list")] == [250, 214, 250, 250, 550]


def test_4_1_4_an_ehlo_that_is_refused_changes_nothing(talk):
    assert talk.codes("EHLO", "MAIL FROM:<carol@there.test>") == ["501 5.5.4", "503 5.5.1"]
    talk.begin()
    assert talk.codes("EHLO two words", "EHLO bad-.test", "EHLO") == ["501 5.5.4"] * 3
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


def test_4_1_4_mail_is_not_refused_for_a_name_that_does_not_fit_the_address(talk):
    talk.name = "quite.another.example"
    talk.begin()
    assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"


def test_4_2_every_command_gets_one_reply_of_the_right_form(talk):
    """Their form is checked by class Talk; here is one for each verb, known or not, all in one packet."""
    lines = ["EHLO client.test", "HELO client.test", "NOOP", "HELP", "HELP DATA", "HELP 550", "HELP STATUS", "VRFY alice", "EXPN list", "RSET", "TURN",
             "SEND FROM:<x@there.test>", "ETRN here.test", "AUTH PLAIN", "STARTTLS", "NONSENSE", "", "  ", "MAIL", "RCPT", "DATA", "X" * 600, "X" * 3000]
    talk.send("".join(line + "\r\n" for line in lines) + "QUIT\r\n")
    replies = talk.rest()
    assert len(replies) == len(lines) + 1 and replies[-1] == "221 2.0.0"


def test_4_2_4_what_is_known_but_not_offered_is_told_from_what_is_not_known(talk):
    assert talk.codes("TURN", "SEND FROM:<x@there.test>", "NONSENSE") == ["502 5.5.1", "502 5.5.1", "500 5.5.1"]


def test_4_4_the_trace_is_put_on_top_and_what_was_there_stays(server, talk):
    talk.begin()
    old = "Received: from a.test by b.test; Fri, 27 Nov 2026 10:00:00 +0000\r\nReceived: from c.test by a.test; Fri, 27 Nov 2026 09:00:00 +0000\r\n"
    mail = arrive(server, talk, old + "Subject: x\r\n\r\nx").decode()
    unfolded = re.sub(r"\n[ \t]+", " ", mail)
    first, whose, second, rest = unfolded.split("\n", 3)
    assert (first, whose) == ("Return-Path: <carol@there.test>", "Delivered-To: alice@here.test") and mail.count("Return-Path:") == 1 and rest.startswith(old.replace("\r\n", "\n") + "X-Mark:")
    assert re.fullmatch(r"Received: from client\.test \(.*\[127\.0\.0\.1\].*\) by mx\.here\.test .*with ESMTP id \S+.*; "
                        r"\w{3}, +\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", second), second


def test_4_4_with_smtp_after_helo(server, talk):
    assert talk.codes("HELO client.test", "MAIL FROM:<carol@there.test>", "RCPT TO:<alice@here.test>") == ["250", "250 2.1.0", "250 2.1.5"]
    assert b" with SMTP id " in b" ".join(arrive(server, talk, "Subject: x\r\n\r\nx").split())


@pytest.mark.parametrize("address", ["postmaster@here.test", "POSTMASTER@here.test", "PostMaster@Here.Test", "postmaster", "Postmaster"])
def test_4_5_1_the_postmaster_is_always_there(server, talk, address):
    talk.begin(address)
    assert talk.content(f"Subject: to {address}\r\n\r\nx").codes == "250 2.6.0"
    until(lambda: f"to {address}" in [mail["Subject"] for mail in server.mails("postmaster")], lambda: server.log[-3000:])


@pytest.mark.parametrize("text, body", [
    ("..", b".\n"), ("..\r\n...\r\n..x", b".\n..\n.x\n"), ("x\r\n..\r\ny", b"x\n.\ny\n"), (".x", b"x\n"), ("\t \x7f~\x01", b"\t \x7f~\x01\n"),
    ("\u00fc\u2603", "\u00fc\u2603\n".encode()), ("", b"\n")])
def test_4_5_2_a_dot_at_a_lines_start_is_taken_off_and_all_else_is_kept(server, talk, text, body):
    talk.begin()
    mail = arrive(server, talk, "Subject: dots\r\n\r\n" + text)
    assert mail.partition(b"\n\n")[2] == body


def test_4_5_3_1_sizes_that_have_to_be_taken(server, talk):
    """.1 a local part of 64, .2 a domain of 255, .3 a path of 256, .4 a command of 512, .6 a line of 1000, .7 a message of 64 KiB, .8 100
    recipients: octets, with their punctuation."""
    talk.ehlo()
    local = "x" * 64
    domain = ".".join(["y" * 63] * 3)[:254 - 65]
    assert talk.codes(f"MAIL FROM:<{local}@{domain}>", f"RCPT TO:<{local}@here.test>", "RSET") == ["250 2.1.0", "550 5.1.1", "250 2.0.0"]
    assert talk.say("NOOP " + "x" * 505).codes == "250 2.0.0"
    talk.begin(*(f"r{number}@there.test" for number in range(99)), "alice@here.test")
    text = "Subject: large\r\n\r\n" + ("z" * 998 + "\r\n") * 70
    assert arrive(server, talk, text).endswith(b"z" * 998 + b"\n\n")


def test_4_5_3_1_10_too_many_recipients_are_refused_and_the_others_kept(talk):
    talk.begin(*(f"r{number}@there.test" for number in range(1000)))
    assert talk.say("RCPT TO:<alice@here.test>").codes == "452 4.5.3"
    talk.say("RSET")


@pytest.mark.parametrize("hops, codes", [(99, "250 2.6.0"), (101, "554 5.4.6")])
def test_6_3_loops_are_found_and_long_ways_are_none(talk, hops, codes):
    talk.begin()
    assert talk.content("Received: from a.test by b.test; Fri, 27 Nov 2026 10:00:00 +0000\r\n" * hops + "Subject: x\r\n\r\nx").codes == codes
