"""Blocklists in the DNS: who is on one is told which, where to look, and everything else is no refusal."""
import smtplib
import socket

from nameserver import SlowNameserver
from says_no import says_no
from waiting import until

STRANGERS = '"192.0.2.0/24"'  # nobody who connects here is of the relay networks

LISTS = """dnsbl "first.example" { url = "https://first.example/why" }
dnsbl "zen.example" { url = "https://zen.example/?ip={ip}"  codes = { "127.0.0.2", "127.0.0.4/30" } }
"""


def session(server, address="127.0.0.1"):
    client = smtplib.SMTP("127.0.0.1", server.port, timeout=30, local_hostname="client.test", source_address=(address, 0))
    client.ehlo()
    return client


def refusal(server, address="127.0.0.1", to="alice@here.test"):
    with session(server, address) as client:
        assert client.mail("x@there.example")[0] == 250
        code, text = client.rcpt(to)
        return code, text.decode()


def test_who_is_listed_is_told_where(candor, nameserver):
    dns = nameserver("7.0.0.127.zen.example. A 127.0.0.2", "8.0.0.127.zen.example. A 127.0.0.9",
                     "9.0.0.127.first.example. A 127.0.0.2", "9.0.0.127.zen.example. A 127.0.0.4")
    server = candor(networks=STRANGERS, more=dns.section + LISTS)
    assert refusal(server, "127.0.0.7") == says_no(
        550, "5.7.1 Your server's address [127.0.0.7] is on the blocklist zen.example; why, and how it gets off: "
             "https://zen.example/?ip=127.0.0.7")
    code, text = refusal(server, "127.0.0.9")  # on both: the first of the file is named
    assert (code, text[:5]) == (550, "5.7.1") and "https://first.example/why" in text
    assert refusal(server, "127.0.0.8")[0] == 250  # a code that was not asked for
    assert refusal(server, "127.0.0.6")[0] == 250
    assert refusal(server, "127.0.0.7", "postmaster@here.test")[0] == 250  # whom he can ask why
    assert "5.7.1" in refusal(server, "127.0.0.7", "nobody@here.test")[1]  # he learns no mailboxes


def test_the_relay_networks_are_not_asked_about(candor, nameserver):
    dns = nameserver("7.0.0.127.zen.example. A 127.0.0.2")
    assert refusal(candor(more=dns.section + LISTS), "127.0.0.7")[0] == 250


def test_a_list_that_refuses_the_query_refuses_nobody(candor, nameserver):
    dns = nameserver("7.0.0.127.zen.example. A 127.255.255.254", "8.0.0.127.zen.example. A 10.0.0.1")
    server = candor(networks=STRANGERS, more=dns.section + LISTS)
    assert refusal(server, "127.0.0.7")[0] == 250
    assert refusal(server, "127.0.0.8")[0] == 250
    assert "127.255.255.254" in server.log and server.log.count("list-unusable") == 2


ONE = 'dnsbl "zen.example" { url = "https://zen.example/" }\n'


def test_a_late_verdict_keeps_the_order_of_the_pipeline(candor):
    dns = SlowNameserver()
    server = candor(networks=STRANGERS, more=dns.section + ONE)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        lines = client.makefile("rb")
        assert lines.readline().startswith(b"220 ")  # does not wait for the list
        dns.wait()
        client.sendall(b"HELO x\r\nMAIL FROM:<x@there.example>\r\nRCPT TO:<alice@here.test>\r\nRCPT TO:<postmaster@here.test>\r\n"
                       b"RCPT TO:<bob@here.test>\r\nNOOP\r\nRSET\r\nDATA\r\nQUIT\r\n")
        assert [lines.readline()[:3] for _ in range(2)] == [b"250", b"250"]
        dns.answer(0, True)
        said = [line.decode().split(" ")[:2] for line in lines]
        assert said == [["550", "5.7.1"], ["250", "2.1.5"], ["550", "5.7.1"], ["250", "2.0.0"], ["250", "2.0.0"], ["503", "5.5.1"],
                        ["221", "2.0.0"]]


def test_no_answer_from_the_dns_refuses_nobody(candor):
    dns = SlowNameserver()
    server = candor(networks=STRANGERS, more=dns.section + ONE + 'checks { dns-timeout = "300 ms" }\n', stop="1 s",
                    env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert refusal(server)[0] == 250
    assert "dns-late" in server.log


def test_a_failing_name_server_refuses_nobody(candor):
    dns = SlowNameserver()
    server = candor(networks=STRANGERS, more=dns.section + ONE)
    with session(server) as client:
        assert client.mail("x@there.example")[0] == 250
        client.putcmd("RCPT", "TO:<alice@here.test>")
        dns.socket.settimeout(1)
        def answered():
            try:
                dns.wait()
            except TimeoutError:
                pass
            dns.answer(2, False)
            return "list-silent" in server.log
        until(answered, lambda: server.log)
        assert client.getreply()[0] == 250


def test_a_client_that_leaves_before_the_verdict(candor):
    dns = SlowNameserver()
    server = candor(networks=STRANGERS, more=dns.section + ONE)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@here.test>\r\n")
        dns.wait()
    dns.answer(0, True)
    assert server.stop() == 0
