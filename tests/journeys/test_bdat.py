"""BDAT (RFC 3030) over a real connection: whole messages, and nothing in a chunk that becomes a second one."""
import pytest
from test_relay import delivered, smarthost
from waiting import until

SECOND = b"MAIL FROM:<evil@there.test>\r\nRCPT TO:<bob@here.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"


def begin(session, to="alice@here.test"):
    session.ehlo()
    assert session.has_extn("chunking")
    assert session.docmd("MAIL FROM:<carol@there.test>")[0] == 250
    assert session.docmd(f"RCPT TO:<{to}>")[0] == 250


def bdat(session, chunk, last=False):
    session.send(b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if last else b"") + chunk)
    return session.getreply()


def test_chunks_become_one_message(candor):
    server = candor()
    with server.smtp() as session:
        begin(session)
        for chunk in (b"Subject: chu", b"nks\r", b"\n\r\n.\r\n..two\r\n"):
            assert bdat(session, chunk)[0] == 250
        assert bdat(session, b"", True)[0] == 250
    mail = server.wait_mail("alice")[0]
    assert mail["Subject"] == "chunks" and mail.get_content() == ".\n..two\n"


def test_dots_and_commands_in_a_chunk_stay_content_on_their_way_on(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=smarthost(peer))
    with server.smtp() as session:
        begin(session, "carol@there.test")
        assert bdat(session, b"Subject: x\r\n\r\nend\r\n.\r\n" + SECOND, True)[0] == 250
    text = until(lambda: delivered(peer, "carol@there.test"), lambda: server.log[-3000:])[0].read_text()
    assert text.endswith("\nend\n.\n" + SECOND.decode().replace("\r\n", "\n"))
    assert not server.files("bob")


@pytest.mark.parametrize("before", ["", "MAIL FROM:<carol@there.test>"])
def test_a_refused_chunk_is_skipped_and_never_read_as_commands(candor, before):
    server = candor()
    with server.smtp() as session:
        session.ehlo()
        if before:
            session.docmd(before)
        code, text = bdat(session, SECOND, True)
        assert (code, text[:6]) == (503, b"5.5.1 ")
        assert session.docmd("NOOP")[0] == 250
    server.send("bob@here.test", subject="marker")
    assert [mail["Subject"] for mail in server.wait_mail("bob")] == ["marker"]
