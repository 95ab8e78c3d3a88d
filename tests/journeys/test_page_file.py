"""The page that explains in the browser: one file, libcandor inside, nothing sent anywhere."""
import json
import os
import pathlib
import re
import subprocess
import urllib.parse

import pytest

PAGE = pathlib.Path(os.environ["CANDOR_PAGE"])
MODULE = PAGE.with_suffix(".wasm")
CANDOR = os.environ["CANDOR"]

# Reads texts by the module and prints the answers; argv: module, then a file for each text.
ASK = """
const fs = require("fs");
const module = new WebAssembly.Module(fs.readFileSync(process.argv[1]));
if (WebAssembly.Module.imports(module).length) throw new Error("the module wants something from its host");
const it = new WebAssembly.Instance(module, {}).exports;
it._initialize();
const all = process.argv.slice(2).map((file) => {
  const text = fs.readFileSync(file);
  const room = it.candor_page_room(text.length);
  new Uint8Array(it.memory.buffer, room, text.length).set(text);
  const status = it.candor_page_explain(text.length);
  return { status, answer: Buffer.from(it.memory.buffer, it.candor_page_answer(), it.candor_page_answer_len()).toString() };
});
console.log(JSON.stringify(all));
"""

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


def by_module(folder, texts):
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.txt")
        files[-1].write_bytes(text)
    ran = subprocess.run(["node", "-e", ASK, str(MODULE), *map(str, files)], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def by_program(text):
    ran = subprocess.run([CANDOR, "explain", "--json", "-"], input=text, capture_output=True, timeout=60, check=False)
    answers = []
    for line in ran.stdout.decode().splitlines():
        answer = json.loads(line)
        for place in ("source", "line"):
            answer.pop(place, None)
        answers.append(answer)
    return answers


def test_the_browser_says_what_the_program_says(tmp_path):
    texts = [reply.encode() for reply in REPLIES] + [BOUNCE.encode(), BOUNCE.replace("\n", "\r\n").encode()]
    for text, said in zip(texts, by_module(tmp_path, texts)):
        assert said["status"] == 0
        assert [json.loads(line) for line in said["answer"].splitlines()] == by_program(text), text


def test_hostile_texts_are_only_texts(tmp_path):
    noise = bytes((i * 7919 >> 3) & 255 for i in range(1 << 20))
    for said in by_module(tmp_path, [b"", b"\0" * 5000, noise, b"550 " * 20000, b"--b\n" * 5000, b"\xff\xfe" + noise[:999]]):
        assert said["status"] == 0
        for line in said["answer"].splitlines():
            json.loads(line)


def rendered(text, folder):
    """The page after its script ran in a real browser, which is told to resolve no name at all."""
    url = PAGE.as_uri() + "#" + urllib.parse.quote(text)
    ran = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
                          "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--dump-dom", url],
                         capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r'<section id="result".*?</section>', ran.stdout, re.S)
    assert found, ran.stderr[-2000:]
    return found[0]


@pytest.mark.parametrize("text, tone, words", [
    (REPLIES[0], "tone-bad", "5.1.1"),
    (REPLIES[1], "tone-wait", "5 minutes"),
    ("550 5.1.1 <script>document.title='taken'</script> unknown user", "tone-bad", "What to do"),
])
def test_a_browser_shows_it(tmp_path, text, tone, words):
    shown = rendered(text, tmp_path)
    assert tone in shown and words in shown and "<script" not in shown


def test_a_browser_shows_each_recipient(tmp_path):
    shown = rendered(BOUNCE, tmp_path)
    assert "2 recipients" in shown and shown.count("<details") == 2
    assert "gone@example.org" in shown and "full@example.org" in shown


def test_the_page_may_load_nothing():
    page = PAGE.read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; ") and "connect-src" not in policy and "unsafe-inline" not in policy
    assert not re.search(r'(?:src|href)="(?!data:)', page.split("<script")[0])
