"""ARC seals on mail that aliases forward, judged by a program that is not ours (dkimpy), which also made those before."""
import functools
import os
import pathlib
import re

import dkim
import pytest
from candor import run
from sink import Sink
from test_dkim import new_key

STRANGERS = '"192.0.2.0/24"'  # the loopback is not of our people
MESSAGE = ("From: <ann@far.test>\r\nTo: <carol@here.test>\r\nSubject: hello\r\nDate: Mon, 23 Nov 2026 18:00:00 +0100\r\n"
           "Message-ID: <1@far.test>\r\n\r\nA  line. \r\n\r\n\r\n").encode()


def zone_line(name, text):
    return f"{name}. TXT " + " ".join(f'"{text[i:i + 250]}"' for i in range(0, len(text), 250))


class World:
    def __init__(self, candor, nameserver, folder, hidden=()):
        self.sink, self.records, self.private = Sink(), {}, {}
        for domain in ("here.test", "first.example"):
            _, name, text = new_key(folder, domain, "rsa", "s1")
            self.records[name] = text
            self.private[domain] = pathlib.Path(f"{folder}/dkim/{domain}/s1.pem").read_bytes()
        dns = nameserver(*[zone_line(*pair) for pair in self.records.items() if pair[0] not in hidden])
        self.server = candor(
            relay=f'smarthost = "127.0.0.1:{self.sink.port}"  seal = "here.test"', networks=STRANGERS, aliases="carol: carol@there.test\n",
            more=f'dkim "here.test" {{ selector = "s1"  key = "{folder}/dkim/%d/%s.pem" }}\n' + dns.section)

    def look_up(self, name, timeout=5):
        return self.records.get(name.decode().rstrip("."), "").encode()

    def forwarded(self, message):
        with self.server.smtp() as session:
            session.sendmail("ann@far.test", ["carol@here.test"], message)
        (got,) = self.sink.wait()
        return got

    def sealed(self, message):
        """As a forwarder before us would seal it."""
        message = b"Authentication-Results: first.example; spf=pass\r\n" + message
        signer = dkim.ARC(message)
        fields = signer.sign(b"s1", b"first.example", self.private["first.example"], b"first.example")
        return b"".join(fields) + message

    def judged(self, message):
        """Who is not us finds this state of the chain, and that many sets in it."""
        state, results, why = dkim.arc_verify(message, dnsfunc=self.look_up)
        return state, len(results), why

    def close(self):
        self.sink.close()


@pytest.fixture
def world(worlds):
    return functools.partial(worlds, World)


def claims(message):
    """cv= of each seal, and arc= of each set's results, the newest first."""
    return re.findall(rb"cv=(\w+);", message), re.findall(rb"mx.here.test;\s+arc=(\w+)", message)


def test_forwarded_mail_is_sealed(world):
    there = world()
    got = there.forwarded(MESSAGE)
    assert claims(got) == ([b"none"], [b"none"])
    assert there.judged(got)[:2] == (b"pass", 1), there.judged(got)
    assert there.judged(got.replace(b"A  line", b"Another line"))[0] == b"fail"


def test_a_chain_that_holds_is_carried_on(world):
    there = world()
    got = there.forwarded(there.sealed(MESSAGE))
    assert claims(got) == ([b"pass", b"none"], [b"pass"])
    assert there.judged(got)[:2] == (b"pass", 2), there.judged(got)


@pytest.mark.parametrize("spoil", [
    lambda m: m.replace(b"A  line", b"Another line"),
    lambda m: m.replace(b"Subject: hello", b"Subject: hullo"),
    lambda m: m.replace(b"spf=pass", b"spf=fail", 1),
    lambda m: m.replace(b"ARC-Seal: i=1", b"ARC-Seal: i=2"),
    lambda m: m.replace(b"cv=none", b"cv=pass"),
    lambda m: re.sub(rb"ARC-Message-Signature:.*?\r\n(?=\S)", b"", m, flags=re.S),
], ids=["body", "header", "results", "instance", "claim", "signature"])
def test_a_chain_that_does_not_hold_is_sealed_as_failed(world, spoil):
    there = world()
    before = there.sealed(MESSAGE)
    message = spoil(before)
    assert message != before
    got = there.forwarded(message)
    assert claims(got)[0][0] == b"fail" and claims(got)[1] == [b"fail"]
    assert there.judged(got)[0] in (None, b"fail")  # None: the chain ends here


def test_a_key_that_is_gone_fails_the_chain(world):
    there = world(hidden=["s1._domainkey.first.example"])
    assert claims(there.forwarded(there.sealed(MESSAGE)))[1] == [b"fail"]


def test_after_a_sealed_failure_nothing_is_added(world):
    there = world()
    once = there.forwarded(there.sealed(MESSAGE).replace(b"A  line", b"Another line"))
    there.sink.messages.clear()
    twice = there.forwarded(once)
    assert claims(twice) == claims(once)


def test_a_seal_needs_a_key(folder):
    config = pathlib.Path(folder) / "candor.conf"
    config.write_text('hostname = "mx.here.test"\nlisten mx { address = "127.0.0.1:2525" }\nrelay { seal = "here.test" }\n')
    done = run("check", "-c", config)
    assert done.returncode == os.EX_CONFIG and 'there is no section dkim "here.test"' in done.stderr
