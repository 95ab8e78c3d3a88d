"""Mail of a domain handed to another server over LMTP: each recipient's answer is taken as what it means."""
import contextlib
import os

import pytest
from candor import run
from lmtp import Lmtp
from test_quota import said
from waiting import free_port, until


@pytest.fixture
def handed(candor, folder):
    """handed(place): a server whose domain goes to the LMTP server that listens there; both."""
    os.chmod(folder, 0o755)
    with contextlib.ExitStack() as stack:
        def start(place, **options):
            lmtp = Lmtp(place)
            stack.callback(lmtp.close)
            server = candor(retry="300 ms", **options)
            where = place if isinstance(place, str) else f"127.0.0.1:{place}"
            text = server.config.read_text()
            server.config.write_text(text.replace('maildir = "', f'deliver = lmtp lmtp = "{where}" maildir = "'))
            assert run("reload", "-c", server.config).returncode == 0, server.log
            return server, lmtp
        yield start


@pytest.mark.parametrize("kind", ["socket", "port"])
def test_mail_is_handed_over(handed, folder, kind):
    server, lmtp = handed(f"{folder}/lmtp" if kind == "socket" else free_port())
    with server.smtp() as client:
        assert not client.sendmail("x@elsewhere.test", ["alice@here.test", "bob@here.test"], b"Subject: hi\r\n\r\ntext\r\n")
    until(lambda: set(lmtp.boxes) == {"alice@here.test", "bob@here.test"}, lambda: server.log)
    assert lmtp.commands[0].startswith("LHLO ")
    assert b"Subject: hi\r\n\r\ntext\r\n" in lmtp.boxes["alice@here.test"][0]
    until(lambda: "Nothing waits" in server.queue("list").stdout, lambda: server.log)
    assert server.log.count(" delivered id=") == 2


def test_one_full_one_unknown_one_fine(handed, folder):
    server, lmtp = handed(f"{folder}/lmtp")
    (server.folder / "mailboxes").write_text("alice\nbob\ncarol\n")
    assert run("reload", "-c", server.config).returncode == 0
    lmtp.refused["bob@here.test"] = "550 5.1.1 <bob@here.test> User doesn't exist: bob@here.test"
    lmtp.full["carol@here.test"] = "452 4.2.2 <carol@here.test> Quota exceeded (mailbox for user is full)"
    with server.smtp() as client:
        client.sendmail("alice@here.test", ["alice@here.test", "bob@here.test", "carol@here.test"], b"Subject: hi\r\n\r\ntext\r\n")
    until(lambda: len(lmtp.boxes.get("alice@here.test", [])) == 2, lambda: server.log)  # the message, and the notice
    assert any(b"Subject: hi" in box and b"multipart/report" not in box for box in lmtp.boxes["alice@here.test"])
    notice = b"".join(box for box in lmtp.boxes["alice@here.test"] if b"multipart/report" in box)
    assert b"bob@here.test" in notice and b"5.1.1" in notice
    assert " cause=mailbox_full " in server.log and " cause=no_such_recipient " in server.log
    until(lambda: said(server, "carol@here.test")[0] == 452, lambda: server.log)
    lmtp.full.clear()
    until(lambda: "carol@here.test" in lmtp.boxes, lambda: server.log)
    assert len(lmtp.boxes["carol@here.test"]) == 1
    until(lambda: said(server, "carol@here.test")[0] == 250, lambda: server.log)


def test_a_server_that_is_away_is_waited_for(handed, folder):
    server, lmtp = handed(f"{folder}/lmtp")
    lmtp.close()
    os.unlink(f"{folder}/lmtp")
    server.send("alice@here.test")
    until(lambda: "alice@here.test" in server.queue("list", "--json").stdout and " code=0 " in server.log, lambda: server.log)
    again = Lmtp(f"{folder}/lmtp")
    until(lambda: "alice@here.test" in again.boxes, lambda: server.log)
    again.close()


def test_a_place_that_is_none_is_told(folder):
    file = f"{folder}/candor.conf"
    with open(file, "w", encoding="ascii") as out:
        out.write(f'hostname = "mx.here.test"\nlisten mx {{ address = "127.0.0.1:{free_port()}" }}\n'
                  f'domain here.test {{ mailboxes = "{folder}" deliver = lmtp lmtp = "dovecot" }}\n')
    done = run("check", "-c", file)
    assert done.returncode == os.EX_CONFIG
    assert 'lmtp = "dovecot" is no place to deliver to; right is, for example, deliver = lmtp lmtp = "/run/dovecot/lmtp"' in done.stderr
