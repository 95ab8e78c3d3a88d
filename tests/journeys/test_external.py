"""AUTH EXTERNAL: people log in by a certificate with the e-mail address that is their account's name."""
import base64
import os
import smtplib
import ssl
import subprocess

import pytest
from candor import run
from pki import Authority, openssl
from test_tls import certificate
from waiting import free_port


def client_certificate(authority, folder, name, names):
    """A certificate for these subjectAltNames; its file has the key, too."""
    base = f"{folder}/{name}"
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={names}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
    openssl("x509", "-req", "-in", f"{base}.csr", "-CA", authority.file, "-CAkey", authority.key, "-CAcreateserial", "-days", 2,
            "-copy_extensions", "copy", "-out", f"{base}.pem")
    with open(f"{base}.pem", "a", encoding="ascii") as both, open(f"{base}.key", encoding="ascii") as key:
        both.write(key.read())
    return f"{base}.pem"


@pytest.fixture
def world(candor, folder):
    users, port, authority = f"{folder}/users", free_port(), Authority(folder, "Clients")
    for name in ("alice@here.test", "bob@here.test", "gone@here.test"):
        assert run("user", "add", name, "--file", users, text="x\n").returncode == os.EX_OK
    assert run("user", "disable", "gone@here.test", "--file", users).returncode == os.EX_OK
    server = candor(networks='"192.0.2.0/24"', retry="1 h", relay=f'smarthost = "127.0.0.1:{free_port()}"',
                    more=certificate(folder, "mx.here.test") + f'login {{ users = "{users}" certificates = "{authority.file}" }}\n'
                    f'listen submission {{ address = "127.0.0.1:{port}" require-login = true trusted-proxies = {{ "127.0.0.9" }} }}\n')
    server.submission, server.authority, server.people = port, f"{folder}/mx.here.test.pem", authority
    return server


def session(server, shown=None, source="127.0.0.1"):
    trust = ssl.create_default_context(cafile=server.authority)
    if shown:
        trust.load_cert_chain(shown)
    client = smtplib.SMTP("127.0.0.1", server.submission, timeout=30, local_hostname="client.test", source_address=(source, 0))
    client.starttls(context=trust)
    client.ehlo()
    return client


def offered(client):
    return client.esmtp_features["auth"].split()


def text64(text):
    return base64.b64encode(text.encode()).decode()


def test_a_certificate_logs_in(world, folder):
    shown = client_certificate(world.people, folder, "alice", "email:Alice@here.test")
    for words, then in (("EXTERNAL =", None), ("EXTERNAL " + text64("alice@here.test"), None), ("EXTERNAL", "")):
        with session(world, shown) as client:
            assert offered(client) == ["EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"]
            said = client.docmd("AUTH", words)
            if then is not None:
                assert said == (334, b"")
                said = client.docmd(then)
            assert said == (235, b"2.7.0 Logged in")
            assert client.mail("alice@here.test")[0] == 250 and client.rcpt("dave@elsewhere.test")[0] == 250
    assert "user=Alice@here.test" in world.log


def test_as_somebody_else(world, folder):
    shown = client_certificate(world.people, folder, "alice", "email:alice@here.test")
    with session(world, shown) as client:
        assert client.docmd("AUTH", "EXTERNAL " + text64("bob@here.test"))[0] == 535
        assert client.docmd("AUTH", "EXTERNAL *")[0] == 501
        assert client.mail("bob@here.test")[0] == 530


def test_the_second_address_may_be_the_one(world, folder):
    shown = client_certificate(world.people, folder, "two", "email:other@elsewhere.test,email:bob@here.test")
    with session(world, shown) as client:
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 235
    assert "user=bob@here.test" in world.log


@pytest.mark.parametrize("names", ["email:nobody@here.test", "email:gone@here.test", "DNS:alice.here.test"])
def test_a_certificate_of_nobody_here(world, folder, names):
    with session(world, client_certificate(world.people, folder, "nobody", names)) as client:
        assert "EXTERNAL" not in offered(client)
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 504


def test_of_another_authority_or_none(world, folder):
    """Neither keeps a client from mail: servers show their certificates to everybody."""
    strangers = client_certificate(Authority(folder, "Strangers"), folder, "forged", "email:alice@here.test")
    for shown in (strangers, None):
        with session(world, shown) as client:
            assert "EXTERNAL" not in offered(client)
            assert client.docmd("AUTH", "EXTERNAL =")[0] == 504
            assert client.docmd("AUTH", "PLAIN " + text64("\0alice@here.test\0x"))[0] == 235


def test_the_certificate_of_a_proxy_is_not_its_clients(world, folder):
    shown = client_certificate(world.people, folder, "alice", "email:alice@here.test")
    with session(world, shown, "127.0.0.9") as client:
        assert offered(client)[0] == "EXTERNAL"
        assert client.docmd("XCLIENT ADDR=203.0.113.7")[0] == 220
        client.ehlo()
        assert "EXTERNAL" not in offered(client)
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 504


def test_curl_msmtp_and_swaks(world, folder):
    shown = client_certificate(world.people, folder, "alice", "email:alice@here.test")
    message = f"{folder}/message"
    with open(message, "w", encoding="ascii") as file:
        file.write("Subject: x\r\n\r\nx\r\n")
    subprocess.run(["curl", "-sS", "--cacert", world.authority, "--cert", shown, f"smtp://127.0.0.1:{world.submission}", "--ssl-reqd",
                    "--user", "alice@here.test:", "--login-options", "AUTH=EXTERNAL", "--mail-from", "alice@here.test", "--mail-rcpt",
                    "bob@here.test", "-T", message], check=True, timeout=30)
    world.wait_mail("bob", 1)
    done = subprocess.run(["msmtp", "--host=127.0.0.1", f"--port={world.submission}", "--tls=on", "--tls-starttls=on",
                           f"--tls-trust-file={world.authority}", f"--tls-cert-file={shown}", f"--tls-key-file={folder}/alice.key",
                           "--auth=external", "--user=alice@here.test", "--from=alice@here.test", "bob@here.test"],
                          input="Subject: msmtp\n\nx\n", capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    world.wait_mail("bob", 2)
    done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(world.submission), "--tls", "--tls-cert", shown, "--tls-key",
                           f"{folder}/alice.key", "--to", "bob@here.test", "--quit-after", "HELO"], capture_output=True, text=True,
                          timeout=30, check=False)
    assert "AUTH EXTERNAL" in done.stdout, done.stdout
