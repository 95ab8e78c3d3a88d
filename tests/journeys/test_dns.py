"""Straight to the mail exchanger that the DNS names, or to nobody."""
from candor import fields_of_dsn, words_of_dsn
from waiting import free_port, until

# .test names are answered by libunbound itself (RFC 6761), so these are .example


def exchangers(port):
    return f"port = {port}"


def arrived(peer, user):
    return sorted((peer.maildir(user) / "new").glob("*"))


def test_mail_goes_to_the_mx(candor, postfix, nameserver):
    peer = postfix(["carol@there.example"], address="127.0.0.2")
    dns = nameserver("there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.2")
    server = candor(relay=exchangers(peer.port), more=dns.section)
    server.send("carol@there.example", subject="by mx")
    until(lambda: arrived(peer, "carol@there.example"), lambda: "delivery\n" + server.log[-3000:])


def test_the_second_mx_takes_over_when_the_first_is_down(candor, postfix, nameserver):
    peer = postfix(["carol@there.example"], address="127.0.0.3")
    dns = nameserver("there.example. MX 10 down.there.example.", "there.example. MX 20 up.there.example.",
                     "down.there.example. A 127.0.0.4", "up.there.example. A 127.0.0.3")
    server = candor(relay=exchangers(peer.port), more=dns.section)
    server.send("carol@there.example")
    until(lambda: arrived(peer, "carol@there.example"), lambda: "delivery\n" + server.log[-3000:])


def test_without_mx_the_address_counts(candor, postfix, nameserver):
    peer = postfix(["carol@there.example"], address="127.0.0.2")
    server = candor(relay=exchangers(peer.port), more=nameserver("there.example. A 127.0.0.2").section)
    server.send("carol@there.example")
    until(lambda: arrived(peer, "carol@there.example"), lambda: "delivery\n" + server.log[-3000:])


def test_null_mx_is_refused_at_once(candor, nameserver):
    server = candor(relay=exchangers(free_port()), more=nameserver("nomail.example. MX 0 .").section)
    server.send("carol@nomail.example")
    mail = server.wait_mail("alice")[0]
    fields = fields_of_dsn(mail)[1][0]
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.10")
    assert "nomail.example" in words_of_dsn(mail)


def test_a_domain_that_does_not_exist(candor, nameserver):
    server = candor(relay=exchangers(free_port()), more=nameserver("there.example. A 127.0.0.2").section)
    server.send("carol@gone.example")
    mail = server.wait_mail("alice")[0]
    fields = fields_of_dsn(mail)[1][0]
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.2")
    assert "gone.example" in words_of_dsn(mail)


def test_a_silent_name_server_is_no_refusal(candor):
    silent = f'resolver {{ nameserver = {{ "127.0.0.1@{free_port()}" }} }}\n'
    # the look-up outlasts the server, which then leaves its memory to the system: no leak to look for
    server = candor(relay=exchangers(free_port()), more=silent, stop="1 s", env={"ASAN_OPTIONS": "detect_leaks=0"})
    server.send("carol@there.example")
    until(lambda: "carol@there.example" in server.queue("list").stdout, "the message to wait in the queue")
    server.send("bob@here.test", subject="marker")
    server.wait_mail("bob")
    assert server.files("alice") == []
