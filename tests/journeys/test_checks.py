"""The client's reverse DNS and the sender's domain, each with its real cause in the DNS."""
from nameserver import SlowNameserver
from says_no import says_no
from test_dnsbl import STRANGERS, refusal, session

REVERSE = "checks { reverse-dns = true }\n"
SENDER = "checks { sender-domain = true }\n"


def test_reverse_dns(candor, nameserver):
    dns = nameserver("7.0.0.127.in-addr.arpa. PTR good.example.", "good.example. A 127.0.0.7",
                     "8.0.0.127.in-addr.arpa. PTR stray.example.", "stray.example. A 127.0.0.7",
                     "9.0.0.127.in-addr.arpa. PTR stray.example.", "9.0.0.127.in-addr.arpa. PTR second.example.",
                     "second.example. A 127.0.0.9", "10.0.0.127.in-addr.arpa. PTR gone.example.")
    server = candor(networks=STRANGERS, more=dns.section + REVERSE)
    assert refusal(server, "127.0.0.7")[0] == 250
    assert refusal(server, "127.0.0.9")[0] == 250
    assert refusal(server, "127.0.0.8") == says_no(
        550, "5.7.25 Your server's address [127.0.0.8] has the name stray.example in the DNS (PTR), which does not lead back to the "
             "address; give that name an A or AAAA record with it")
    assert refusal(server, "127.0.0.10")[1].startswith("5.7.25 ")
    assert refusal(server, "127.0.0.6") == says_no(
        550, "5.7.25 Your server's address [127.0.0.6] has no name in the DNS (PTR); give it one that leads back to the address")
    assert "5.1.1" in refusal(server, "127.0.0.6", "abuse@here.test")[1]  # is for those who are refused


def test_reverse_dns_that_fails_is_for_now(candor):
    dns = SlowNameserver()
    server = candor(networks=STRANGERS, more=dns.section + 'checks { reverse-dns = true  dns-timeout = "300 ms" }\n', stop="1 s",
                    env={"ASAN_OPTIONS": "detect_leaks=0"})
    code, text = refusal(server)
    assert (code, text[:7]) == (450, "4.7.25 ") and "[127.0.0.1]" in text


def said_to_sender(server, sender):
    with session(server) as client:
        code, text = client.mail(sender)
        return code, text.decode()


def test_sender_domain(candor, nameserver):
    dns = nameserver("mx.example. MX 10 a.mx.example.", "address.example. A 192.0.2.1", "six.example. AAAA 2001:db8::1",
                     "null.example. MX 0 .", 'text.example. TXT "no mail"')
    server = candor(networks=STRANGERS, more=dns.section + SENDER)
    for fine in ("x@mx.example", "x@address.example", "x@six.example", "", "x@here.test", "x@[192.0.2.1]"):
        assert said_to_sender(server, fine)[0] == 250
    assert said_to_sender(server, "x@gone.example") == says_no(
        550, "5.1.8 The sender's domain gone.example does not exist in the DNS, so no answer could arrive; send from one that does")
    code, text = said_to_sender(server, "x@text.example")
    assert (code, text[:6]) == (550, "5.1.8 ") and "neither a mail exchanger" in text
    code, text = said_to_sender(server, "x@null.example")
    assert (code, text[:7]) == (550, "5.7.27 ") and "null.example" in text
    with session(server) as client:  # the refusal ends the transaction, the next one is fine
        assert [client.mail(f"x@{domain}")[0] for domain in ("gone.example", "mx.example")] == [550, 250]
        assert client.rcpt("alice@here.test")[0] == 250
    assert said_to_sender(candor(more=dns.section + SENDER), "x@gone.example")[0] == 250  # the relay networks


def test_sender_domain_that_can_not_be_looked_up(candor):
    dns = SlowNameserver()
    server = candor(networks=STRANGERS, more=dns.section + 'checks { sender-domain = true  dns-timeout = "300 ms" }\n', stop="1 s",
                    env={"ASAN_OPTIONS": "detect_leaks=0"})
    code, text = said_to_sender(server, "x@there.example")
    assert (code, text[:6]) == (451, "4.1.8 ") and "there.example" in text
