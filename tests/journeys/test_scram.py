"""SCRAM-SHA-256: logins that never tell the server the password, and never tell anybody who has an account."""
import os
import subprocess

import scram
from candor import run
from says_no import says_no, without_reference
from test_login import accounts, session  # pylint: disable=unused-import
from waiting import until


def test_a_proof_logs_in(accounts):
    for name, password in (("alice", "s3cret ünd länger"), ("ALICE", "s3cret ünd länger"), ("bob@here.test", "x")):
        with session(accounts) as client:
            assert scram.login(client, name, password) == (235, b"2.7.0 Logged in")
            assert client.mail("alice@here.test")[0] == 250


def test_a_wrong_proof_is_a_wrong_password(accounts):
    said = set()
    for name, password in (("alice", "wrong"), ("nobody", "wrong"), ("carol", "wrong")):
        with session(accounts) as client:
            code, text = scram.login(client, name, password)
            said.add((code, without_reference(text)))
            assert client.mail("alice@here.test")[0] == 530
    assert len(said) == 1 and next(iter(said))[0] == 535
    client = session(accounts)
    for _ in range(3):
        assert scram.login(client, "alice", "wrong")[0] == 535
    assert client.getreply()[0] == 421


def test_names_can_not_be_probed(accounts):
    """A name that is not there has a salt, too, that stays the same, also after a restart."""
    def salts():
        found = {}
        for name in ("alice", "carol", "nobody", "someone@here.test"):
            with session(accounts) as client:
                fields = scram.begin(client, name)[2]
                assert client.docmd("*")[0] == 501
                found[name] = fields["s"], fields["i"]
        return found
    before = salts()
    assert len({salt for salt, _ in before.values()}) == 4 and len({iterations for _, iterations in before.values()}) == 1
    assert len({len(salt) for salt, _ in before.values()}) == 1
    assert salts() == before
    accounts.stop()
    accounts.start()
    assert salts() == before


def test_what_is_malformed(accounts):
    with session(accounts) as client:
        assert client.docmd("AUTH", "SCRAM-SHA-256 *")[0] == 501
        for first in ("n,,n=alice", "p=tls-unique,,n=alice,r=abc", "n,a=bob,n=alice,r=abc", "n,,n=alice,r=" + "x" * 300):
            assert client.docmd("AUTH", "SCRAM-SHA-256 " + scram.text64(first)) == \
                says_no(501, b"5.5.2 That is not what this mechanism asks for, in base64 (RFC 4954 4)")
        assert client.docmd("AUTH", "SCRAM-SHA-256") == (334, b"")
        assert client.docmd("*") == says_no(501, b"5.7.0 Login cancelled")
        scram.begin(client, "alice")
        assert client.docmd(scram.text64("c=biws,r=abc"))[0] == 501
        assert client.noop()[0] == 250


def test_offered_only_if_all_can(accounts):
    """An account from another program has a hash alone: a client that tries the best first would never get in."""
    with open(accounts.users, "a", encoding="ascii") as users:
        users.write("dave:$6$abc$w3v7n4w0\n")
    assert "dave  (no SCRAM until `candor user passwd`)" in run("user", "list", "--file", accounts.users).stdout
    accounts.stop()
    accounts.start()
    with session(accounts) as client:
        assert client.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
        assert client.docmd("AUTH", "SCRAM-SHA-256")[0] == 504
    assert run("user", "disable", "dave", "--file", accounts.users).returncode == 0
    accounts.stop()
    accounts.start()
    with session(accounts) as client:
        assert client.esmtp_features["auth"].split()[:2] == ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]


def msmtp(server, password):
    return subprocess.run(["msmtp", "--host=127.0.0.1", f"--port={server.submission}", "--tls=on", "--tls-starttls=on",
                           f"--tls-trust-file={server.authority}", "--auth=scram-sha-256", "--user=alice", f"--passwordeval=echo '{password}'",
                           "--from=alice@here.test", "bob@here.test"], input="Subject: msmtp\n\nx\n", capture_output=True, text=True,
                          timeout=30, check=False)


def test_msmtp(accounts):
    done = msmtp(accounts, "s3cret ünd länger")
    assert done.returncode == 0, done.stderr
    accounts.wait_mail("bob")
    done = msmtp(accounts, "wrong")
    assert done.returncode != 0 and "535" in done.stderr


def test_a_verifier_that_was_cut(accounts):
    with open(accounts.users, encoding="ascii") as users:
        lines = users.read().splitlines()
    with open(accounts.users, "w", encoding="ascii") as users:
        users.write("\n".join([lines[0], lines[1][:-10]]) + "\n")
    done = run("check", "-c", accounts.config)
    assert f"{accounts.users}:2: bob@here.test: its verifier for SCRAM can't be used; `candor user passwd` writes a new one" \
        in done.stderr


def gsasl(accounts, mechanism, *words, password="s3cret ünd länger"):
    """GNU SASL's client; what it said and was told."""
    done = subprocess.run(["gsasl", "--smtp", f"--connect=127.0.0.1:{accounts.submission}", f"--mechanism={mechanism}", "--authentication-id=alice",
                           f"--password={password}", "--hostname=mx.here.test", f"--x509-ca-file={accounts.authority}", "--verbose", *words],
                          input="", capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def test_bound_to_the_connection(accounts):
    """SCRAM-SHA-256-PLUS with tls-exporter (RFC 9266)."""
    assert "235 2.7.0 Logged in" in gsasl(accounts, "SCRAM-SHA-256-PLUS")
    assert "535 5.7.8" in gsasl(accounts, "SCRAM-SHA-256-PLUS", password="wrong")
    assert "235 2.7.0 Logged in" in gsasl(accounts, "SCRAM-SHA-256", "--no-cb")


def test_who_was_made_to_believe_that_it_is_not_offered(accounts):
    """RFC 5802 6: a client that could bind says so; it does not, so somebody between took the name out of our offer."""
    bare = "n=alice,r=" + "x" * 24
    with session(accounts) as client:
        assert client.docmd("AUTH", "SCRAM-SHA-256 " + scram.text64("y,," + bare))[0] == 535
        assert client.docmd("AUTH", "SCRAM-SHA-256 " + scram.text64("p=tls-exporter,," + bare))[0] == 501
        assert client.docmd("AUTH", "SCRAM-SHA-256-PLUS " + scram.text64("n,," + bare))[0] == 501
        assert client.docmd("AUTH", "SCRAM-SHA-256-PLUS " + scram.text64("p=tls-unique,," + bare))[0] == 501
        assert client.docmd("AUTH", "SCRAM-SHA-256-PLUS " + scram.text64("p=tls-exporter,," + bare))[0] == 334
        assert client.docmd("*")[0] == 501


def test_one_candor_logs_in_at_another(accounts, candor, folder):
    with open(f"{folder}/password", "w", encoding="utf-8") as file:
        file.write("s3cret ünd länger\n")
    os.chmod(f"{folder}/password", 0o600)
    sender = candor(relay=f'smarthost = "127.0.0.1:{accounts.submission}" smarthost-user = "alice" smarthost-password = "{folder}/password" '
                          "tls = must")
    with sender.smtp() as client:
        client.sendmail("alice@here.test", ["dave@elsewhere.test"], b"Subject: hi\r\n\r\nx\r\n")
    until(lambda: " login client=127.0.0.1 user=alice" in accounts.log, lambda: sender.log + accounts.log)
    until(lambda: "dave@elsewhere.test" in accounts.queue("list").stdout, lambda: sender.log + accounts.log)
