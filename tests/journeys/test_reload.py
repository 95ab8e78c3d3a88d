"""A changed configuration while the server runs: taken over when it is right, named when it is not."""
import os
import signal
import ssl
import subprocess

from candor import run
from test_tls import certificate
from waiting import until


def change(server, old, new):
    text = server.config.read_text()
    assert old in text
    server.config.write_text(text.replace(old, new))


def reload(server):
    return run("reload", "--socket", f"{server.folder}/control")


def test_a_session_keeps_what_it_began_with(candor):
    server = candor()
    with server.smtp() as old:
        old.ehlo()
        assert old.mail("x@elsewhere.test")[0] == 250
        (server.folder / "mailboxes").write_text("alice\ncarol\n")
        (server.folder / "aliases").write_text("info: carol\n")
        done = reload(server)
        assert done.returncode == os.EX_OK, done
        assert done.stdout == "The configuration was read again, and holds from now on.\n"
        with server.smtp() as new:
            new.ehlo()
            assert new.mail("x@elsewhere.test")[0] == 250
            assert new.rcpt("bob@here.test")[0] == 550
            assert new.rcpt("info@here.test")[0] == 250
            assert new.data(b"Subject: new\r\n\r\nx\r\n")[0] == 250
        assert old.rcpt("bob@here.test")[0] == 250
        assert old.rcpt("carol@here.test")[0] == 550
        assert old.rcpt("alice@here.test")[0] == 250
        assert old.data(b"Subject: old\r\n\r\nx\r\n")[0] == 250
    assert server.wait_mail("carol")[0]["Subject"] == "new"
    assert server.wait_mail("alice")[0]["Subject"] == "old"


def test_a_file_with_mistakes_changes_nothing(candor):
    server = candor()
    before = server.config.read_text()
    line = before.count("\n") + 1
    server.config.write_text(before + "limits { recipient = 5 }\n")
    done = reload(server)
    assert done.returncode == os.EX_CONFIG
    assert f"{server.config}:{line}: " in done.stderr and "did you mean" in done.stderr, done.stderr
    assert done.stderr.endswith("The server goes on with the configuration that it has.\n")
    until(lambda: f"{server.config}:{line}: " in server.log, lambda: server.log)
    assert "not-reloaded" in server.log
    server.send("bob@here.test")
    server.wait_mail("bob")


def test_what_needs_a_restart_is_said(candor):
    server = candor()
    change(server, f'path = "{server.folder}/spool"', f'path = "{server.folder}/other"')
    change(server, f"127.0.0.1:{server.port}", "127.0.0.1:1")
    done = reload(server)
    assert done.returncode == os.EX_OK, done
    assert "Only a restart changes these, so they are as before: listen mx: address, spool: path\n" in done.stdout
    server.send("bob@here.test")
    server.wait_mail("bob")


def test_sighup_takes_limits_and_networks_over(candor):
    server = candor()
    change(server, '"127.0.0.0/8"', '"192.0.2.0/24"')
    change(server, 'message-size = "25 MiB"', 'message-size = "64 KiB"')
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "reloaded" in server.log, lambda: server.log)
    with server.smtp() as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "65536"
        assert client.mail("x@elsewhere.test")[0] == 250
        assert client.rcpt("y@elsewhere.test")[0] == 550


def test_a_renewed_certificate_is_shown(candor, folder):
    def serial():
        with server.smtp() as client:
            client.starttls(context=trust)
            return ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(True))

    trust = ssl._create_unverified_context()
    server = candor(more=certificate(folder, "mx.here.test"))
    with server.smtp() as old:
        old.ehlo()
        first = serial()
        certificate(folder, "mx.here.test")
        subprocess.run(["chmod", "a+r", f"{folder}/mx.here.test.key"], check=True)
        os.chmod(folder, 0o755)
        assert reload(server).returncode == os.EX_OK, server.log
        assert serial() != first
        old.starttls(context=trust)  # with the certificate of its time
        assert ssl.DER_cert_to_PEM_cert(old.sock.getpeercert(True)) == first


def test_a_key_that_does_not_fit_is_refused(candor, folder):
    server = candor(more=certificate(folder, "mx.here.test"))
    certificate(folder, "other.test")
    os.chmod(folder, 0o755)
    os.replace(f"{folder}/other.test.key", f"{folder}/mx.here.test.key")
    os.chmod(f"{folder}/mx.here.test.key", 0o644)
    done = reload(server)
    assert done.returncode == os.EX_CONFIG and f"{folder}/mx.here.test.key" in done.stderr, done
    with server.smtp() as client:
        assert client.starttls(context=ssl._create_unverified_context())[0] == 220


def test_reloads_while_mail_comes_in(candor):
    server, times = candor(), 20
    for number in range(times):
        with server.smtp() as client:
            client.ehlo()
            assert client.mail("x@elsewhere.test")[0] == 250
            assert reload(server).returncode == os.EX_OK
            assert client.rcpt("bob@here.test")[0] == 250
            assert client.data(f"Subject: {number}\r\n\r\nx\r\n".encode())[0] == 250
    assert len(server.wait_mail("bob", times)) == times
