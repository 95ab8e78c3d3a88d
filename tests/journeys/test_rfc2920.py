"""RFC 2920, PIPELINING: commands in groups, and answers that can be told apart."""
import pytest
from candor import running
from talk import Talk

GROUP = "MAIL FROM:<carol@there.test>\r\nRCPT TO:<alice@here.test>\r\nRCPT TO:<nobody@here.test>\r\nRCPT TO:<bob@here.test>\r\nDATA\r\n"


@pytest.fixture(scope="module")
def server():
    with running() as made:
        yield made


@pytest.fixture
def talk(server):
    with Talk(server.port) as session:
        session.ehlo()
        yield session


def test_2_it_is_offered_without_parameters(talk):
    assert talk.ehlo()["PIPELINING"] == ""


def test_3_2_answers_come_in_the_order_of_the_commands(talk):
    talk.send(GROUP)
    assert [talk.reply().codes for _ in range(5)] == ["250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "354"]
    talk.send("Subject: x\r\n\r\nx\r\n.\r\n" + GROUP.replace("\r\nDATA", "\r\nRSET") + "QUIT\r\n")
    assert talk.rest() == ["250 2.6.0", "250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.0.0", "221 2.0.0"]


def test_3_2_no_byte_is_lost_however_the_group_is_cut(server):
    whole = ("EHLO client.test\r\n" + GROUP.replace("DATA", "RSET") + "NOOP\r\nQUIT\r\n").encode()
    for cut in range(1, len(whole), 7):
        with Talk(server.port) as talk:
            talk.send(whole[:cut])
            talk.send(whole[cut:])
            assert talk.rest() == ["250", "250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.0.0", "250 2.0.0", "221 2.0.0"]


def test_3_2_a_long_group_is_answered_whole(talk):
    talk.send("NOOP\r\n" * 20000 + "QUIT\r\n")
    assert talk.rest() == ["250 2.0.0"] * 20000 + ["221 2.0.0"]


def test_3_2_what_was_answered_is_sent_while_more_is_awaited(talk):
    talk.send("NOOP\r\nRSET\r\nNO")
    assert [talk.reply().codes, talk.reply().codes] == ["250 2.0.0", "250 2.0.0"]
    talk.send("OP\r\n")
    assert talk.reply().codes == "250 2.0.0"


def test_3_2_without_a_valid_recipient_nothing_is_sent_to_anybody(server, talk):
    """The client does not know yet, and ends its message at once."""
    talk.send("MAIL FROM:<carol@there.test>\r\nRCPT TO:<nobody@here.test>\r\nDATA\r\n.\r\nQUIT\r\n")
    assert talk.rest() == ["250 2.1.0", "550 5.1.1", "554 5.5.1", "500 5.5.2", "221 2.0.0"]
    assert server.queue("list").stdout.startswith("Nothing waits.")


def test_3_1_content_may_share_a_packet_with_what_follows(server, talk):
    talk.send(GROUP)
    assert [talk.reply().code for _ in range(5)][-1] == 354
    talk.send("Subject: x\r\n\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n")
    assert talk.rest() == ["250 2.6.0", "250 2.0.0", "221 2.0.0"]
