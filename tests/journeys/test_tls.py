"""STARTTLS and TLS from the first byte, with real clients."""
import os
import smtplib
import socket
import ssl
import subprocess

import pytest
from candor import Candor, run
from says_no import says_no
from waiting import free_port, until


def certificate(folder, name):
    """A certificate for a host that it signed itself: the text for the configuration."""
    file, key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-keyout", key, "-out", file],
                   check=True, capture_output=True)
    return f'certificate {name} {{ file = "{file}" key = "{key}" }}\n'


@pytest.fixture
def secure(candor, folder):
    """A server that offers STARTTLS, requires it on .submission, and begins with TLS on .implicit."""
    submission, implicit = free_port(), free_port()
    server = candor(more=certificate(folder, "mx.here.test") + certificate(folder, "other.test") +
                    f'listen submission {{ address = "127.0.0.1:{submission}" require-tls = true }}\n'
                    f'listen submission-tls {{ address = "127.0.0.1:{implicit}" tls = implicit }}\n')
    server.submission, server.implicit = submission, implicit
    server.authority = f"{folder}/mx.here.test.pem"
    server.trust = ssl.create_default_context(cafile=server.authority)
    return server


def openssl(port, *words, text="QUIT\n"):
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-crlf", "-ign_eof", *words],
                          input=text, capture_output=True, text=True, timeout=30, check=False)


def test_starttls_and_what_the_mail_says_of_it(secure):
    with secure.smtp() as session:
        session.ehlo()
        assert session.has_extn("starttls")
        session.starttls(context=secure.trust)
        session.ehlo()
        assert not session.has_extn("starttls") and session.has_extn("pipelining")
        assert session.docmd("STARTTLS")[0] == 503
        session.sendmail("a@elsewhere.test", ["alice@here.test"], b"Subject: safe\r\n\r\nx\r\n")
    (mail,) = secure.wait_mail("alice")
    assert " with ESMTPS id " in " ".join(mail["Received"].split())


def test_tls_from_the_first_byte(secure):
    with smtplib.SMTP_SSL("127.0.0.1", secure.implicit, timeout=30, local_hostname="client.test", context=secure.trust) as session:
        session.sendmail("a@elsewhere.test", ["alice@here.test"], b"Subject: safe\r\n\r\n" + b"A line of the message.\r\n" * 50000)
    (mail,) = secure.wait_mail("alice")
    assert len(mail.get_content()) > 1_000_000


def test_required_where_it_is_required(secure):
    with smtplib.SMTP("127.0.0.1", secure.submission, timeout=30, local_hostname="client.test") as session:
        session.ehlo()
        assert session.mail("a@elsewhere.test") == says_no(530, b"5.7.0 Encryption is required here: send STARTTLS first")
        session.starttls(context=secure.trust)
        session.ehlo()
        assert session.mail("a@elsewhere.test")[0] == 250


def test_curl_and_swaks(secure, folder):
    message = f"{folder}/message"
    open(message, "w", encoding="ascii").write("Subject: curl\r\n\r\nx\r\n")
    for url, more in ((f"smtp://127.0.0.1:{secure.submission}", ["--ssl-reqd"]), (f"smtps://127.0.0.1:{secure.implicit}", [])):
        subprocess.run(["curl", "-sS", "--cacert", secure.authority, url, *more, "--mail-from", "a@elsewhere.test",
                        "--mail-rcpt", "alice@here.test", "-T", message], check=True, timeout=30)
    done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(secure.submission), "--tls", "--from", "a@elsewhere.test",
                           "--to", "alice@here.test", "--helo", "client.test"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "TLS started" in done.stdout, done.stdout
    secure.wait_mail("alice", 3)


def test_sni_chooses_the_certificate(secure):
    for name, shown in (("other.test", "other.test"), ("mx.here.test", "mx.here.test"), ("unknown.test", "mx.here.test")):
        assert f"CN = {shown}" in openssl(secure.implicit, "-servername", name).stdout, name
    assert "CN = mx.here.test" in openssl(secure.implicit, "-noservername").stdout


def test_only_what_is_still_safe(secure):
    assert "Protocol  : TLSv1.3" in openssl(secure.implicit).stdout or "TLSv1.3" in openssl(secure.implicit).stdout
    assert "TLSv1.2" in openssl(secure.implicit, "-tls1_2").stdout
    for old in ("-tls1_1", "-tls1"):
        assert openssl(secure.implicit, old, "-cipher", "ALL:@SECLEVEL=0").returncode != 0
    with secure.smtp() as session:  # the server is none the worse for it
        assert session.noop()[0] == 250


def test_a_session_is_resumed(secure, folder):
    for version in ("-tls1_2", "-tls1_3"):
        kept = f"{folder}/session{version}"
        assert "New, TLS" in openssl(secure.implicit, version, "-sess_out", kept).stdout
        assert "Reused, TLS" in openssl(secure.implicit, version, "-sess_in", kept).stdout, version


def test_what_was_injected_before_tls_is_forgotten(secure):
    """RFC 3207 4.2, and what Wietse Venema found in 2011: commands behind STARTTLS came from who knows whom."""
    with socket.create_connection(("127.0.0.1", secure.port), timeout=30) as plain:
        plain.recv(1000)
        plain.sendall(b"EHLO client.test\r\nSTARTTLS\r\nMAIL FROM:<injected@elsewhere.test>\r\n")
        said = b""
        while b"220 2.0.0" not in said:
            said += plain.recv(1000)
        assert b"injected" not in said and said.endswith(b"220 2.0.0 Ready to start TLS\r\n")
        with secure.trust.wrap_socket(plain, server_hostname="mx.here.test") as inside:
            inside.sendall(b"NOOP\r\nMAIL FROM:<a@elsewhere.test>\r\n")
            said = inside.recv(1000)
            while said.count(b"\n") < 2:
                said += inside.recv(1000)
            assert said.startswith(b"250 2.0.0") and b"\r\n503 5.5.1" in said


def test_noise_instead_of_a_handshake(secure):
    for noise in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70000, b"\x80"):
        with socket.create_connection(("127.0.0.1", secure.implicit), timeout=30) as client:
            try:  # the server may have hung up before all was said
                client.sendall(noise)
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
            except OSError:
                pass
    until(lambda: "tls-failed" in secure.log, lambda: secure.log)
    with secure.smtp() as session:
        assert session.noop()[0] == 250


def test_a_client_that_reads_slowly_gets_all(secure):
    """Many replies in records that do not fit into the socket."""
    with socket.create_connection(("127.0.0.1", secure.implicit), timeout=60) as plain:
        with secure.trust.wrap_socket(plain, server_hostname="mx.here.test") as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"EHLO client.test\r\n" + b"NOOP\r\n" * 20000 + b"QUIT\r\n")
            said = b"".join(iter(lambda: client.recv(1000), b""))
    assert said.count(b"250 2.0.0 Ok\r\n") == 20000 and said.endswith(b"closing connection\r\n")


def test_without_a_certificate_nothing_is_offered(candor):
    with candor().smtp() as session:
        session.ehlo()
        assert not session.has_extn("starttls") and session.docmd("STARTTLS")[0] == 502


@pytest.mark.parametrize("damage, words", [
    (lambda file, key: open(file, "w", encoding="ascii").write("no certificate"), ".pem: no certificate can be read from it"),
    (lambda file, key: open(key, "w", encoding="ascii").write("no key"), ".key: no private key"),
    (lambda file, key: subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key], check=True), ".key: "),
])
def test_a_bad_certificate_is_told_at_the_start(folder, damage, words):
    server = Candor(more=certificate(folder, "mx.here.test"))
    damage(f"{folder}/mx.here.test.pem", f"{folder}/mx.here.test.key")
    done = run("serve", "-c", server.config)
    assert done.returncode != 0 and words in done.stderr and "right is" in done.stderr, done
    server.close()


def test_tls_that_is_wanted_needs_a_certificate():
    server = Candor(more=f'listen submission {{ address = "127.0.0.1:{free_port()}" require-tls = true }}\n')
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and "certificate mx {" in done.stdout + done.stderr
    server.close()


def pair(candor, folder, relay="", peer="", **options):
    """A server that relays to one that stands for there.test."""
    smarthost = Candor(more=peer or certificate(folder, "relay.test"))
    smarthost.config.write_text(smarthost.config.read_text().replace("here.test", "there.test"))
    return candor(relay=f'smarthost = "127.0.0.1:{smarthost.port}" {relay}', **options), smarthost.start()


def test_mail_goes_out_encrypted_where_it_can(candor, folder):
    server, smarthost = pair(candor, folder)
    try:
        server.send("alice@there.test")
        (mail,) = smarthost.wait_mail("alice")
        assert " with ESMTPS id " in " ".join(mail.get_all("Received")[0].split())
    finally:
        smarthost.close()


def test_mail_goes_out_in_the_clear_where_tls_fails(candor, folder):
    server, smarthost = pair(candor, folder)
    try:
        smarthost.stop()
        with socket.create_server(("127.0.0.1", smarthost.port)) as broken:  # says 220 and then speaks no TLS
            broken.settimeout(30)
            server.send("alice@there.test")
            client, _ = broken.accept()
            with client:
                for say in (b"220 mx.there.test\r\n", b"250-mx.there.test\r\n250 STARTTLS\r\n", b"220 go\r\n"):
                    client.sendall(say)
                    assert client.recv(4096)
                client.sendall(b"noise\r\n" * 10)
            client, _ = broken.accept()
            with client:
                said = b""
                for say in (b"220 mx.there.test\r\n", b"250-mx.there.test\r\n250 STARTTLS\r\n"):
                    client.sendall(say)
                    said += client.recv(4096)
                assert said.endswith(b"MAIL FROM:<alice@here.test>\r\n"), said
    finally:
        smarthost.close()


def test_nothing_goes_out_in_the_clear_where_tls_is_a_must(candor, folder):
    server, smarthost = pair(candor, folder, relay="tls = must", peer=" ", retry="1 h")
    try:
        server.send("alice@there.test")
        until(lambda: "TLS is required" in " ".join(server.queue("list").stdout.split()), lambda: server.queue("list").stdout)
        assert smarthost.files("alice") == []
    finally:
        smarthost.close()


def test_candor_send_encrypts(secure):
    done = run("send", "--server", f"127.0.0.1:{secure.submission}", "-f", "a@elsewhere.test", "alice@here.test",
               text="Subject: from the command line\n\n" + "A line.\n" * 100000)
    assert done.returncode == os.EX_OK, done
    (mail,) = secure.wait_mail("alice")
    assert " with ESMTPS id " in " ".join(mail["Received"].split())
