"""Straight to the mail exchanger that the DNS names, or to nobody."""
from candor import fields_of_dsn, words_of_dsn
from waiting import free_port, until


def exchangers(port):
    return f"port = {port}"


def arrived(peer, user):
    return sorted((peer.maildir(user) / "new").glob("*"))


def test_mail_goes_to_the_mx(candor, postfix, nameserver):
    peer = postfix(["carol@there.test"], address="127.0.0.2")
    dns = nameserver("there.test. MX 10 mx.there.test.", "mx.there.test. A 127.0.0.2")
    server = candor(relay=exchangers(peer.port), more=dns.section)
    server.send("carol@there.test", subject="by mx")
    until(lambda: arrived(peer, "carol@there.test"), lambda: "delivery\n" + server.log[-3000:])


def test_the_second_mx_takes_over_when_the_first_is_down(candor, postfix, nameserver):
    peer = postfix(["carol@there.test"], address="127.0.0.3")
    dns = nameserver("there.test. MX 10 down.there.test.", "there.test. MX 20 up.there.test.",
                     "down.there.test. A 127.0.0.4", "up.there.test. A 127.0.0.3")
    server = candor(relay=exchangers(peer.port), more=dns.section)
    server.send("carol@there.test")
    until(lambda: arrived(peer, "carol@there.test"), lambda: "delivery\n" + server.log[-3000:])


def test_without_mx_the_address_counts(candor, postfix, nameserver):
    peer = postfix(["carol@there.test"], address="127.0.0.2")
    server = candor(relay=exchangers(peer.port), more=nameserver("there.test. A 127.0.0.2").section)
    server.send("carol@there.test")
    until(lambda: arrived(peer, "carol@there.test"), lambda: "delivery\n" + server.log[-3000:])


def test_null_mx_is_refused_at_once(candor, nameserver):
    server = candor(relay=exchangers(free_port()), more=nameserver("nomail.test. MX 0 .").section)
    server.send("carol@nomail.test")
    mail = server.wait_mail("alice")[0]
    fields = fields_of_dsn(mail)[1][0]
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.10")
    assert "nomail.test" in words_of_dsn(mail)


def test_a_domain_that_does_not_exist(candor, nameserver):
    server = candor(relay=exchangers(free_port()), more=nameserver("there.test. A 127.0.0.2").section)
    server.send("carol@gone.test")
    mail = server.wait_mail("alice")[0]
    fields = fields_of_dsn(mail)[1][0]
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.2")
    assert "gone.test" in words_of_dsn(mail)


def test_a_silent_name_server_is_no_refusal(candor):
    silent = f'resolver {{ nameserver = {{ "127.0.0.1@{free_port()}" }} }}\n'
    server = candor(relay=exchangers(free_port()), more=silent)
    server.send("carol@there.test")
    until(lambda: "carol@there.test" in server.queue("list").stdout, "the message to wait in the queue")
    server.send("bob@here.test", subject="marker")
    server.wait_mail("bob")
    assert server.files("alice") == []
