"""RFC 7504, 521 and 556: hosts and domains that take no mail. A recipient's null MX: test_dns.py."""
import pytest
from candor import running
from talk import Talk
from waiting import free_port


@pytest.fixture(scope="module")
def server():
    closed = free_port()
    with running(more=f'listen closed {{ address = "127.0.0.1:{closed}" never-accepts = true }}\nrefuse {{ domains = {{ "never.test" }} }}\n') as made:
        made.closed = closed
        yield made


def test_3_a_host_that_takes_no_mail_says_521_in_its_greeting(server):
    with Talk(server.closed) as talk:
        assert talk.greeting.codes == "521" and "mx.here.test" in talk.greeting.lines[0]


def test_3_after_it_only_quit_is_answered_as_usual(server):
    with Talk(server.closed) as talk:
        assert talk.codes("EHLO client.test", "MAIL FROM:<carol@there.test>", "NOOP") == ["503 5.5.1"] * 3
        talk.send("QUIT\r\n")
        assert talk.rest() == ["221 2.0.0"]


def test_4_a_recipient_s_domain_that_takes_none_is_refused_and_the_others_are_kept(server):
    with Talk(server.port) as talk:
        talk.ehlo()
        assert talk.codes("MAIL FROM:<carol@there.test>", "RCPT TO:<x@never.test>", "RCPT TO:<alice@here.test>") == ["250 2.1.0", "521 5.3.2", "250 2.1.5"]
        assert talk.content("Subject: x\r\n\r\nx").codes == "250 2.6.0"
