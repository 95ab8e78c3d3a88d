"""What a sender says about notices (RFC 3461) and international addresses (RFC 6531), all the way through."""
import pytest
from candor import fields_of_dsn
from test_relay import delivered, smarthost
from waiting import until


def send(server, recipients, mail="", sender="alice@here.test", text="Subject: x\r\n\r\nA line of the body.\r\n"):
    """`recipients`: (address, parameters)"""
    with server.smtp() as session:
        session.command_encoding = "utf-8"
        session.ehlo()
        assert session.docmd(f"MAIL FROM:<{sender}>{mail}")[0] == 250
        for address, parameters in recipients:
            assert session.docmd(f"RCPT TO:<{address}>{parameters}")[0] == 250
        code, words = session.data(text.encode())
        assert code == 250, words


def test_success_is_told_with_the_ids_the_sender_gave(candor):
    server = candor()
    send(server, [("bob@here.test", " NOTIFY=SUCCESS ORCPT=rfc822;robert+2Bx@old.test")], " RET=HDRS ENVID=QQ314+2B159")
    message, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert message["Original-Envelope-Id"] == "QQ314+159"
    assert recipients[0]["Original-Recipient"].replace(" ", "") == "rfc822;robert+x@old.test"
    assert (recipients[0]["Action"], recipients[0]["Status"]) == ("delivered", "2.1.5")


@pytest.mark.parametrize("ret, whole", [("", True), (" RET=FULL", True), (" RET=HDRS", False)])
def test_ret_says_how_much_of_a_message_comes_back(candor, postfix, ret, whole):
    server = candor(relay=smarthost(postfix(["carol@there.test"])))
    send(server, [("nobody@there.test", "")], ret)
    mail = server.wait_mail("alice")[0]
    assert ("A line of the body." in mail.as_string()) == whole
    assert list(mail.iter_parts())[2].get_content_type() == ("message/rfc822" if whole else "text/rfc822-headers")


def test_never_means_never(candor, postfix):
    server = candor(relay=smarthost(postfix(["carol@there.test"])))
    send(server, [("nobody@there.test", " NOTIFY=NEVER")])
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), "the queue to be empty")
    server.send("alice@here.test", subject="marker")
    assert [mail["Subject"] for mail in server.wait_mail("alice")] == ["marker"]


def test_delay_is_told_only_to_those_who_may_hear_of_it(candor):
    server = candor(relay='smarthost = "127.0.0.1:1"', warn='100 ms')  # nobody listens there
    send(server, [("carol@there.test", " NOTIFY=FAILURE"), ("dave@there.test", " NOTIFY=DELAY")])
    _, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert [r["Final-Recipient"].split(";")[1].strip() for r in recipients] == ["dave@there.test"]
    assert recipients[0]["Action"] == "delayed"


def test_a_next_host_with_dsn_takes_the_duty_over(candor, postfix):
    peer = postfix(["carol@there.test"], settings={"debug_peer_list": "127.0.0.1"})  # it logs each command
    server = candor(relay=smarthost(peer))
    send(server, [("carol@there.test", " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;carol@old.test")], " ENVID=abc")
    until(lambda: delivered(peer, "carol@there.test"), lambda: server.log[-3000:] + peer.complaints())
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), "the queue to be empty")
    log = peer.log.read_text()
    assert " ENVID=abc\n" in log and "> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;carol@old.test\n" in log
    assert not server.files("alice")


def test_a_next_host_without_dsn_leaves_it_to_us(candor, postfix):
    peer = postfix(["carol@there.test"], settings={"smtpd_discard_ehlo_keywords": "dsn"})
    server = candor(relay=smarthost(peer))
    send(server, [("carol@there.test", " NOTIFY=SUCCESS")])
    _, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert recipients[0]["Action"] == "relayed"


def test_international_mail_goes_on_to_who_takes_it(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=smarthost(peer))
    send(server, [("carol@there.test", "")], " SMTPUTF8", "\u00e4nne@here.test",
         "From: \u00e4nne@here.test\r\nSubject: Gr\u00fc\u00dfe\r\n\r\nx\r\n")
    text = until(lambda: delivered(peer, "carol@there.test"), lambda: server.log[-3000:])[0].read_text()
    assert "with UTF8SMTP id" in text and "Subject: Gr\u00fc\u00dfe" in text


def test_a_next_host_without_smtputf8_gets_only_what_needs_none(candor, postfix):
    peer = postfix(["carol@there.test"], settings={"smtpd_discard_ehlo_keywords": "smtputf8"})
    server = candor(relay=smarthost(peer))
    send(server, [("carol@there.test", "")], " SMTPUTF8")
    until(lambda: delivered(peer, "carol@there.test"), lambda: server.log[-3000:])
    send(server, [("carol@there.test", "")], " SMTPUTF8", text="Subject: Gr\u00fc\u00dfe\r\n\r\nx\r\n")
    _, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert recipients[0]["Status"] == "5.6.7" and "SMTPUTF8" in recipients[0]["Diagnostic-Code"]


def test_an_international_address_without_smtputf8_is_refused(candor):
    with candor().smtp() as session:
        session.command_encoding = "utf-8"
        session.ehlo()
        code, text = session.docmd("MAIL FROM:<\u00e4nne@there.test>")
        assert (code, text[:6]) == (553, b"5.6.7 ") and b"SMTPUTF8" in text


def test_python_sends_with_smtputf8(candor):
    server = candor()
    with server.smtp() as session:
        session.sendmail("\u00e4nne@there.test", ["alice@here.test"], "Subject: \u00fc\r\n\r\nx\r\n".encode(),
                         mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    assert "with UTF8SMTP id" in server.wait_mail("alice")[0].as_string()


def test_wrong_parameters_are_named(candor):
    with candor().smtp() as session:
        session.ehlo()
        for words, name in (("RET=ALL", b"RET"), ("ENVID=a+b", b"ENVID")):
            code, text = session.docmd(f"MAIL FROM:<carol@there.test> {words}")
            assert (code, text[:6]) == (501, b"5.5.4 ") and name in text
        assert session.docmd("MAIL FROM:<carol@there.test>")[0] == 250
        for words, name in (("NOTIFY=NEVER,DELAY", b"NOTIFY"), ("ORCPT=alice@here.test", b"ORCPT")):
            code, text = session.docmd(f"RCPT TO:<alice@here.test> {words}")
            assert (code, text[:6]) == (501, b"5.5.4 ") and name in text
