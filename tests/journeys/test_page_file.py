"""The page that explains in the browser: one file, the guide inside, nothing sent anywhere."""
import gzip
import json
import os
import pathlib
import re
import subprocess
import urllib.parse

import pytest
from browser import SHOWN

PAGE = pathlib.Path(os.environ["CANDOR_PAGE"])
MODULE = PAGE.with_suffix(".wasm")
CANDOR = os.environ["CANDOR"]
TOP = pathlib.Path(__file__).parent.parent.parent

# Reads texts by the module and prints the answers; argv: module, the page's zones.js, then a file for each text.
ASK = """
const fs = require("fs");
const [wasm, zones, ...files] = process.argv.slice(1);
const module = new WebAssembly.Module(fs.readFileSync(wasm));
if (WebAssembly.Module.imports(module).length) throw new Error("the module wants something from its host");
const it = new WebAssembly.Instance(module, {}).exports;
it._initialize();
const answerOf = () => Buffer.from(it.memory.buffer, it.candor_page_answer(), it.candor_page_answer_len()).toString("latin1");
import(zones).then(({ tellTime }) => {
  tellTime(it, Date.now());
  console.log(JSON.stringify(files.map((file) => {
    const text = fs.readFileSync(file);
    const room = it.candor_page_room(text.length);
    new Uint8Array(it.memory.buffer, room, text.length).set(text);
    const status = it.candor_page_explain(text.length);
    return { status, answer: answerOf(), delivered: it.candor_page_delivered() };
  })));
});
"""
DONE, CUT = 0, 1

REPLIES = [
    "550 5.1.1 The email account that you tried to reach does not exist",
    "450 4.2.0 Greylisted, please try again in 300 seconds",
    "421",
    "4.7.28",
    "550 5.7.1 Service unavailable: client [192.0.2.7] blocked using zen.spamhaus.org",
    "552-5.2.2 The email account that you tried to reach is\r\n552 5.2.2 over quota",
    "Could not send your message. Error 550",
    "250 2.0.0 Ok: queued as 4Xyz",
    "Das Postfach des Empf\u00e4ngers ist voll",
    "\u30e6\u30fc\u30b6\u30fc\u304c\u898b\u3064\u304b\u308a\u307e\u305b\u3093",
]

BOUNCE = """From: Mail Delivery System <MAILER-DAEMON@mx.example.test>
To: me@example.test
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Two recipients were refused.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test

Final-Recipient: rfc822; gone@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <gone@example.org>: Recipient address rejected: User unknown

Final-Recipient: rfc822; full@example.org
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full
--b--
"""


MBOX = "From MAILER-DAEMON Mon Nov 23 20:15:00 2026\n" + BOUNCE + "\nFrom a@b.test Mon Nov 23 20:15:00 2026\n" + BOUNCE
NOISE = bytes((i * 7919 >> 3) & 255 for i in range(1 << 20))

# Two sides of a change of the clocks, and a time without a year.
LOCAL_TIMES = """2026-03-29 01:59:00 1tABCD-000001-AB ** gone@example.org R=dns T=smtp H=mx.example.org [192.0.2.7]: 550 5.1.1 unknown
2026-03-29 03:01:00 1tABCD-000002-AB ** gone@example.org R=dns T=smtp H=mx.example.org [192.0.2.7]: 550 5.1.1 unknown
2026-10-25 03:30:00 1tABCD-000003-AB ** gone@example.org R=dns T=smtp H=mx.example.org [192.0.2.7]: 550 5.1.1 unknown
2011-07-01 12:00:00 1tABCD-000004-AB ** gone@example.org R=dns T=smtp H=mx.example.org [192.0.2.7]: 550 5.1.1 unknown
"""
SYSLOG = "Jul  3 20:15:00 mx postfix/smtp[1]: A1: to=<gone@example.org>, relay=mx.example.org[192.0.2.7]:25, delay=1, dsn=5.1.1, " \
    "status=bounced (host mx.example.org[192.0.2.7] said: 550 5.1.1 unknown (in reply to RCPT TO command))\n"


def texts_of_corpus(room, skip):
    """The samples that the fuzzer of a room starts from, without the bytes that choose what it does."""
    return [file.read_bytes()[skip:] for file in sorted((TOP / "fuzz/corpus" / room).iterdir())]


TEXTS = {
    "replies, each by itself": [reply.encode() for reply in REPLIES],
    "replies in one text": ["\n".join(REPLIES).encode(), "\r\n".join(REPLIES).encode()],
    "a bounce": [BOUNCE.encode(), BOUNCE.replace("\n", "\r\n").encode(), BOUNCE.replace("\n", "\r").encode()],
    "an mbox": [MBOX.encode()],
    "a mail that is no bounce": [b"From: a@b.test\nTo: c@d.test\nSubject: Hello\nDate: Mon, 23 Nov 2026 20:15:00 +0100\n\nHow are you?\n"],
    "logs and transcripts of every kind": texts_of_corpus("logs", 1),
    "logs with local times": [LOCAL_TIMES.encode(), SYSLOG.encode()],
    "bounces of many kinds": texts_of_corpus("bounce", 0),
    "mailboxes": texts_of_corpus("mbox", 0),
    "nothing": [b"", b"\n\n", b" "],
    "noise": [NOISE, b"\0" * 5000, b"550 " * 20000, b"--b\n" * 5000, b"\xff\xfe" + NOISE[:999]],
}


def by_module(folder, texts, zone="UTC"):
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.txt")
        files[-1].write_bytes(text)
    zones = folder / "zones.mjs"
    zones.write_text((TOP / "page/zones.js").read_text())
    ran = subprocess.run(["node", "-e", ASK, str(MODULE), str(zones), *map(str, files)], capture_output=True, text=True, timeout=120,
                         env={**os.environ, "TZ": zone}, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def by_program(text, zone="UTC"):
    return subprocess.run([CANDOR, "explain", "--json", "-"], input=text, capture_output=True, timeout=120,
                          env={**os.environ, "TZ": zone}, check=False).stdout


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns"])
def test_the_zone_is_the_machine_s(tmp_path, zone):
    texts = TEXTS["logs with local times"]
    for text, said, in_utc in zip(texts, by_module(tmp_path, texts, zone), by_module(tmp_path, texts), strict=True):
        assert said["answer"].encode("latin1") == by_program(text, zone), text
        assert said["answer"] != in_utc["answer"]


@pytest.mark.parametrize("kind", TEXTS)
def test_the_browser_says_what_the_program_says(tmp_path, kind):
    texts = TEXTS[kind]
    assert texts
    for text, said in zip(texts, by_module(tmp_path, texts), strict=True):
        assert said["status"] == DONE
        assert said["answer"].encode("latin1") == by_program(text), text[:2000]


def test_what_went_well_in_a_log_is_counted(tmp_path):
    sent = SYSLOG.replace("bounced", "sent").replace("5.1.1", "2.0.0").replace("550", "250")
    log, reply = by_module(tmp_path, [sent.encode(), b"550 5.1.1 unknown"])
    assert (log["answer"], log["delivered"], reply["delivered"]) == ("", 1, -1)


def test_a_page_can_show_so_many(tmp_path):
    (said,) = by_module(tmp_path, [b"550 5.1.1 unknown\n" * 10001])
    assert said["status"] == CUT and said["answer"].count("\n") == 10000


def rendered(browser, text):
    browser.open(PAGE.as_uri() + "#" + urllib.parse.quote(text))
    return browser.until(SHOWN)


@pytest.mark.parametrize("text, tone, words", [
    (REPLIES[0], "tone-bad", "5.1.1"),
    (REPLIES[1], "tone-wait", "5 minutes"),
    ("550 5.1.1 <script>document.title='taken'</script> unknown user", "tone-bad", "What to do"),
])
def test_a_browser_shows_it(browser, text, tone, words):
    shown = rendered(browser, text)
    assert tone in shown and words in shown and "<script" not in shown


def test_a_browser_shows_each_recipient(browser):
    shown = rendered(browser, BOUNCE)
    assert "2 recipients" in shown and shown.count("<details") == 2
    assert "gone@example.org" in shown and "full@example.org" in shown


def opened(browser):
    browser.open(PAGE.as_uri())
    browser.evaluate("document.querySelector('#text').focus()")


def test_what_is_pasted_is_explained_at_once(browser):
    opened(browser)
    browser.paste(SYSLOG)
    shown = browser.until(SHOWN)
    assert "gone@example.org" in shown and "5.1.1" in shown and "tone-bad" in shown
    assert browser.evaluate("document.querySelector('#text').value") == SYSLOG


@pytest.mark.parametrize("pack, name", [(bytes, "undelivered.eml"), (gzip.compress, "undelivered.eml.gz")], ids=["plain", "gzip"])
def test_a_file_is_dropped(browser, tmp_path, pack, name):
    file = tmp_path / name
    file.write_bytes(pack(BOUNCE.encode()))
    opened(browser)
    browser.drop(file)
    shown = browser.until(SHOWN)
    assert "2 recipients" in shown and "gone@example.org" in shown


@pytest.mark.parametrize("name, data, words", [
    ("log.xz", b"\xfd7zXZ\0\0\4", "packed (xz)"),
    ("log.zst", b"\x28\xb5\x2f\xfd\0\0", "packed (zstd)"),
    ("log.bz2", b"BZh91AY", "packed (bzip2)"),
    ("log.gz", gzip.compress(NOISE)[:5000], "damaged"),
    ("empty", b"", "nothing to explain"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_browser_can_t_read_is_said(browser, tmp_path, name, data, words):
    file = tmp_path / name
    file.write_bytes(data)
    opened(browser)
    browser.drop(file)
    assert words in browser.until(SHOWN)


def test_a_large_log_does_not_stop_the_page(browser, tmp_path):
    file = tmp_path / "mail.log"
    file.write_text("".join(SYSLOG.replace("A1", f"A{number}") for number in range(20000)))
    opened(browser)
    browser.evaluate("""window.most = 0; window.last = performance.now();
        (function tick() { const now = performance.now(); most = Math.max(most, now - last); last = now; setTimeout(tick); })()""")
    browser.drop(file)
    shown = browser.until(SHOWN)
    assert "The first 10000" in shown and shown.count("<details") == 50 and "50 more of 9950" in shown
    browser.evaluate("document.querySelector('#result .more').click()")
    assert browser.evaluate("document.querySelectorAll('#result details').length") == 100
    assert browser.evaluate("most") < 2000


def test_the_page_may_load_nothing():
    page = PAGE.read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; ") and "connect-src" not in policy and "worker-src blob:" in policy and "unsafe-inline" not in policy
    assert not re.search(r'(?:src|href)="(?!data:)', page.split("<script")[0])
