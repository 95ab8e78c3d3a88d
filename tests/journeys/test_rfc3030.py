"""RFC 3030, CHUNKING: messages in counted pieces. That nothing in a piece is a command or an end: test_smuggling.py."""
import pytest
from candor import running
from talk import Talk


@pytest.fixture(scope="module")
def server():
    with running(size="100 KiB") as made:
        yield made


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        session.begin()
        yield session


def test_2_it_is_offered_without_parameters(talk):
    assert talk.ehlo()["CHUNKING"] == ""


def test_2_each_chunk_gets_an_answer_and_the_last_one_the_message_s(talk):
    assert [talk.bdat(b"Subject: x\r\n").codes, talk.bdat(b"\r\nx\r\n").codes, talk.bdat(b"y\r\n", last=True).codes] == ["250 2.0.0", "250 2.0.0", "250 2.6.0"]


def test_2_an_empty_last_chunk_ends_the_message(talk):
    assert [talk.bdat(b"Subject: x\r\n\r\nx\r\n").codes, talk.bdat(b"").codes, talk.bdat(b"", last=True).codes] == ["250 2.0.0", "250 2.0.0", "250 2.6.0"]


@pytest.mark.parametrize("command", ["DATA", "MAIL FROM:<carol@there.test>", "RCPT TO:<bob@here.test>"])
def test_2_data_and_a_new_transaction_are_refused_between_chunks(talk, command):
    assert talk.bdat(b"Subject: x\r\n\r\n").codes == "250 2.0.0"
    assert talk.say(command).codes == "503 5.5.1"
    assert talk.bdat(b"x\r\n", last=True).codes == "250 2.6.0"


def test_2_behind_the_last_chunk_a_new_transaction_begins(talk):
    assert talk.bdat(b"Subject: x\r\n\r\nx\r\n", last=True).codes == "250 2.6.0"
    assert talk.bdat(b"y\r\n", last=True).codes == "503 5.5.1"
    talk.envelope()


def test_2_rset_between_chunks_forgets_the_message(talk):
    assert [talk.bdat(b"Subject: x\r\n\r\n").codes, talk.say("RSET").codes, talk.say("DATA").codes] == ["250 2.0.0", "250 2.0.0", "503 5.5.1"]


def test_2_and_4_2_the_bytes_of_a_refused_chunk_are_read_and_thrown_away(server, talk):
    with Talk(server.port) as other:
        other.ehlo()
        assert [other.bdat(b"QUIT\r\n" * 1000).codes, other.say("NOOP").codes] == ["503 5.5.1", "250 2.0.0"]
    answer = talk.bdat(b"x" * 101 * 1024)
    assert answer.codes == "552 5.3.4" and "102400" in answer.lines[0] and talk.say("NOOP").codes == "250 2.0.0"


def test_2_a_pipeline_of_chunks_whose_first_fails_is_refused_to_its_end(talk):
    talk.send(b"BDAT 102401\r\n" + b"x" * 102401 + b"BDAT 6\r\nQUIT\r\n" + b"BDAT 6 LAST\r\nQUIT\r\n" + b"QUIT\r\n")
    assert talk.rest() == ["552 5.3.4", "503 5.5.1", "503 5.5.1", "221 2.0.0"]


@pytest.mark.parametrize("words", ["BDAT", "BDAT x", "BDAT -1", "BDAT 1 LATE", "BDAT 99999999999999999999"])
def test_2_a_size_that_is_none_is_refused(talk, words):
    assert talk.say(words).codes == "501 5.5.4"


def test_3_binary_content_comes_in_chunks_alone(talk):
    assert talk.ehlo()["BINARYMIME"] == ""
    assert talk.codes("MAIL FROM:<carol@there.test> BODY=BINARYMIME", "RCPT TO:<alice@here.test>", "DATA") == ["250 2.1.0", "250 2.1.5", "503 5.5.1"]
    assert talk.bdat(b"Subject: x\r\n\r\n\0\n.\r\xff", last=True).codes == "250 2.6.0"
