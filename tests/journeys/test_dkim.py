"""DKIM signatures on mail that leaves, verified by a program that is not ours (dkimpy)."""
import os
import re
import stat
import subprocess

import dkim
import pytest
from candor import Candor, run
from sink import Sink


@pytest.fixture
def sink():
    peer = Sink()
    yield peer
    peer.close()


def new_key(folder, domain, kind, selector):
    """What `candor dkim new` prints, and the record's name and text in it."""
    done = run("dkim", "new", domain, "--type", kind, "--selector", selector, "--key", f"{folder}/dkim/%d/%s.pem")
    assert done.returncode == os.EX_OK, done
    name, strings = re.search(r"^(\S+)\. IN TXT \(((?: \"[^\"]*\")+) \)$", done.stdout, re.M).groups()
    return done.stdout, name, "".join(re.findall(r'"([^"]*)"', strings))


class Signing:
    """A server that signs for here.test with a key of each type; `records` is the DNS that was told to be published."""

    def __init__(self, candor, folder, sink, **options):
        self.records = {}
        for kind, selector in (("rsa", "rsa1"), ("ed25519", "ed1")):
            _, name, text = new_key(folder, "here.test", kind, selector)
            self.records[name] = text
        more = f'dkim "here.test" {{ selector = {{ "rsa1", "ed1" }}  key = "{folder}/dkim/%d/%s.pem" }}\n'
        self.server = candor(relay=f'smarthost = "127.0.0.1:{sink.port}"', more=more, **options)

    def look_up(self, name, timeout=5):
        return self.records.get(name.decode().rstrip("."), "").encode()

    def verdicts(self, message):
        """For each signature, from the top: selector and whether it verifies."""
        signatures = [value for name, value in dkim.DKIM(message).headers if name.lower() == b"dkim-signature"]
        return [(dkim.util.parse_tag_value(value)[b"s"].decode(), self.is_good(message, number))
                for number, value in enumerate(signatures)]

    def is_good(self, message, number):
        try:
            return dkim.DKIM(message).verify(number, dnsfunc=self.look_up)
        except dkim.ValidationError:
            return False


@pytest.fixture
def signing(candor, folder, sink):
    return Signing(candor, folder, sink)


BODIES = ["A line.\r\n", "", "\r\n\r\n", "two  spaces \t\r\n\r\n.dot\r\n..dots\r\n \r\n\r\n", "no end", "x" * 900 + "\r\n" * 3,
          "Grüße, ünd so weiter\r\n", ("line of a large one " * 3 + "\r\n") * 30000]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_each_signature_verifies(signing, sink, body):
    signing.server.send("carol@there.test", body=body, subject="a  subject\r\n\tthat goes on",
                        headers="Cc: x@there.test\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
    (message,) = sink.wait()
    assert signing.verdicts(message) == [("rsa1", True), ("ed1", True)]


def test_what_is_changed_or_added_does_not_verify(signing, sink):
    signing.server.send("carol@there.test")
    (message,) = sink.wait()
    for was, becomes in ((b"A line.", b"Another."), (b"Subject: hello", b"Subject: hell"),
                         (b"Subject: hello", b"Subject: hello\r\nSubject: two"), (b"From: <alice", b"From: x@evil.test\r\nFrom: <alice"),
                         (b"Subject: hello", b"Subject: hello\r\nReply-To: x@evil.test")):
        changed = message.replace(was, becomes, 1)
        assert changed != message and [good for _, good in signing.verdicts(changed)] == [False, False], (was, becomes)


def test_below_the_domain_and_elsewhere(signing, sink):
    def send(author):
        with signing.server.smtp() as session:
            session.sendmail("alice@here.test", ["carol@there.test"], f"From: {author}\r\nSubject: x\r\n\r\nx\r\n")
    send('"a@there.test" <alice@news.HERE.test>')
    assert [good for _, good in signing.verdicts(sink.wait(1)[0])] == [True, True]
    for count, author in enumerate(("alice@there.test", "alice@nothere.test", "nobody"), 2):
        send(author)
        assert b"DKIM-Signature" not in sink.wait(count)[-1]


def test_bounces_are_signed(candor, folder, sink):
    """The server's own name is below the domain; what it writes itself is its own."""
    signing = Signing(candor, folder, sink, lifetime="1 s", networks='"127.0.0.0/8"')
    with signing.server.smtp() as session:
        session.sendmail("carol@there.test", ["alice@here.test"], "From: carol@there.test\r\n\r\nx\r\n",
                         rcpt_options=["NOTIFY=SUCCESS"])
    (message,) = sink.wait()
    assert b"multipart/report" in message
    assert [good for _, good in signing.verdicts(message)] == [True, True]


def test_what_strangers_send_is_not_signed(candor, folder, sink):
    """It is forwarded by an alias, and claims to be ours: signed, we would vouch for it."""
    signing = Signing(candor, folder, sink, networks='"10.9.8.7/32"', aliases="away: carol@there.test\n")
    signing.server.send("away@here.test")
    (message,) = sink.wait()
    assert b"DKIM-Signature" not in message


def test_a_key_is_ones_own_and_stays(folder):
    text, _, _ = new_key(folder, "here.test", "rsa", "s1")
    file = f"{folder}/dkim/here.test/s1.pem"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert f'dkim "here.test" {{ selector = "s1"  key = "{folder}/dkim/%d/%s.pem" }}' in text
    before = open(file, encoding="ascii").read()
    again = run("dkim", "new", "here.test", "--selector", "s1", "--key", f"{folder}/dkim/%d/%s.pem")
    assert again.returncode == os.EX_CANTCREAT and "such a key already" in again.stderr
    assert open(file, encoding="ascii").read() == before
    shown = run("dkim", "show", "here.test", "--selector", "s1", "--key", file)
    assert shown.returncode == os.EX_OK and shown.stdout.strip() in text
    subprocess.run(["openssl", "pkey", "-in", file, "-noout", "-check"], check=True, capture_output=True)


def test_what_is_wrong_is_told(folder):
    for words in (["new", "no_domain!"], ["new", "here.test", "--type", "dsa"], ["new"], ["show", "here.test"],
                  ["new", "here.test", "--selector", "../x"]):
        done = run("dkim", *words)
        assert done.returncode == os.EX_USAGE and done.stderr, (words, done)
    section = f'dkim "here.test" {{ selector = "s1"  key = "{folder}/%s.pem" }}\n'
    server = Candor(more=section)
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and "`candor dkim new here.test --selector s1` makes one" in done.stderr, done
    open(f"{folder}/s1.pem", "w", encoding="ascii").write("no key")
    os.chmod(f"{folder}/s1.pem", 0o644)
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and "chmod 600" in done.stderr, done
    os.chmod(f"{folder}/s1.pem", 0o600)
    done = run("serve", "-c", server.config)
    assert done.returncode != 0 and "no private key can be read" in done.stderr, done
    server.close()
