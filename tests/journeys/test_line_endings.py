"""Bare LF in a message: refused with the line's number, or mended where the setting says so; nothing is smuggled in."""
import socket

import pytest

BEGIN = b"EHLO old.device\r\nMAIL FROM:<scanner@there.example>\r\nRCPT TO:<alice@here.test>\r\nDATA\r\n"


def said(server, content):
    """The replies to the content and to what follows it; the session ends with QUIT."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        lines = client.makefile("rb")
        client.sendall(BEGIN)
        while not lines.readline().startswith(b"354"):
            pass
        client.sendall(content + b"QUIT\r\n")
        return [line.decode().rstrip() for line in lines]


def test_refused_with_the_number_of_the_line(candor):
    server = candor()
    assert said(server, b"Subject: x\r\n\r\none\r\ntwo\nthree\r\n.\r\n")[0].startswith(
        "554 5.6.0 Line 4 of the message ends with a bare LF; lines must end with CR LF (RFC 5321 2.3.8) [ref ")
    assert server.files("alice") == []


def test_mended(candor):
    server = candor(listen="line-endings = normalize")
    replies = said(server, b"Subject: scan\nX-Page: 1\n\n..one\n\ntwo\n\r\n.\r\n")
    assert [reply[:9] for reply in replies] == ["250 2.6.0", "221 2.0.0"]
    (mail,) = server.wait_mail("alice")
    assert mail["Subject"] == "scan" and mail["X-Page"] == "1" and mail.get_payload() == ".one\n\ntwo\n\n"


@pytest.mark.parametrize("content", [b"one\rtwo\n", b"one\r\n\rtwo"])
def test_a_bare_cr_is_refused_all_the_same(candor, content):
    server = candor(listen="line-endings = normalize")
    assert said(server, b"Subject: x\n\n" + content + b"\r\n.\r\n")[0].startswith("554 5.6.0 Line ")
