"""candor explain --decide: what the queue would do with a reply, and that the queue then does it."""
import json
import os
import pathlib

import pytest
from candor import run
from waiting import until

LISTED = "550 5.7.1 Service unavailable; client [127.0.0.1] blocked using zen.spamhaus.org"

DECISIONS = [  # (reply, stage, verdict, seconds to wait)
    ("550 5.1.1 User unknown", "rcpt", "suppress", None),
    ("450 4.7.1 Greylisted, try again in 300 seconds", "rcpt", "greylist", 300),
    ("452 4.5.3 Too many recipients", "rcpt", "split", None),
    ("552 Too many recipients", "rcpt", "split", None),
    ("421 4.3.2 Service shutting down", "connect", "back_off", None),
    ("451 4.3.2 Service shutting down", "rcpt", "retry", None),
    ("521 5.3.2 This host takes no mail", "connect", "never", None),
    ("552 5.2.2 Mailbox full", "rcpt", "bounce", None),
    (LISTED, "rcpt", "suspend", None),
    ("535 5.7.8 Authentication credentials invalid", "auth", "suspend", None),
]


def decide(*words):
    done = run("explain", "--decide", "--json", *words)
    assert done.returncode == os.EX_OK, done
    return json.loads(done.stdout)["decision"]


@pytest.mark.parametrize("reply, stage, verdict, wait", DECISIONS)
def test_what_is_decided(reply, stage, verdict, wait):
    decision = decide("--stage", stage, reply)
    assert (decision["verdict"], decision.get("wait")) == (verdict, wait)
    assert decision["does"] and decision["because"]


def test_in_words_with_the_cause_and_the_reason():
    words = " ".join(run("explain", "--decide", LISTED).stdout.split())
    assert "suspend it suspends the site" in words
    assert "because ip_blocklisted, said for good, of this mail" in words
    assert "operator is told" in words


def test_only_where_something_was_refused():
    assert "decision" not in json.loads(run("explain", "--decide", "--json", "250 2.0.0 Ok").stdout)
    assert "queue does" not in run("explain", LISTED).stdout


def test_rules_of_ones_own_decide_too(folder):
    rules = pathlib.Path(folder) / "own.rules"
    rules.write_text("rule: our-quota\ncause: mailbox_full\nphrase: the cupboard is bare\n")
    assert decide("--stage", "rcpt", "--rules", str(rules), "550 5.1.1 The cupboard is bare")["verdict"] == "bounce"


@pytest.mark.parametrize("words, complaint", [
    (("--stage", "breakfast"), "right is connect, ehlo"),
    (("--csv",), "goes with single items"),
    (("--summary",), "goes with single items"),
])
def test_wrong_use_says_what_would_be_right(words, complaint):
    done = run("explain", "--decide", *words, LISTED)
    assert done.returncode == os.EX_USAGE and complaint in done.stderr


def test_the_queue_does_what_was_foretold(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    server.send("nobody@there.test")
    line = until(lambda: [x for x in server.log.splitlines() if "stage=rcpt" in x], "an outcome in the log")[0]
    reply = line.split('reply="')[1].rstrip('"')
    assert line.split()[2] == decide("--stage", "rcpt", f"550 5.1.1 {reply}")["verdict"] == "suppress"
