"""Reads the notices of dsn_sample with Python's email package: test_dsn.py PATH-OF-dsn_sample."""

import email
import email.policy
import html.parser
import subprocess
import sys


def run(*args):
    return subprocess.run(args, check=True, capture_output=True).stdout


def check(name, got, wanted):
    if got != wanted:
        sys.exit(f"{name}: got {got!r}, wanted {wanted!r}")


def check_has(name, text, *words):
    for word in words:
        if word not in text and word not in " ".join(text.split()):
            sys.exit(f"{name}: {word!r} is not in:\n{text}")


# name: (subject, third part's type, [(final recipient, action, status, diagnostic type)], words)
NOTICES = {
    "unknown": (
        "Not delivered: The mailbox does not exist", "message/rfc822",
        [("rfc822; nobody@example.org", "failed", "5.1.1", "smtp")],
        ["could not be delivered to nobody@example.org", "    Subject: Lunch on Friday?",
         "    550 5.1.1 There is no mailbox <nobody@example.org> here\n"]),
    "headers": (
        "Not delivered: The mailbox does not exist", "text/rfc822-headers",
        [("rfc822; nobody@example.org", "failed", "5.1.1", "smtp")], []),
    "blocked": (
        None, "message/rfc822",
        [("rfc822; bob@example.org", "failed", "5.7.1", "smtp")],
        ["    550 5.7.1 Service unavailable; client [192.0.2.25] blocked using zen.spamhaus.org\n"
         "    550 5.7.1 See https://check.spamhaus.org/query/ip/192.0.2.25\n",
         "when it had received the message"]),
    "several": (
        "Not delivered (3 recipients)", "message/rfc822",
        [("rfc822; nobody@example.org", "failed", "5.1.1", "smtp"),
         ("rfc822; noone@example.org", "failed", "5.1.1", "smtp"),
         ("rfc822; full@example.com", "failed", "5.2.2", "smtp")],
        ["to 3 people", "---- 2 of 2 ----", "About noone@example.org:\nmx.example.org said"]),
    "hostile": (
        None, "text/rfc822-headers",
        [("rfc822; bob@example.org", "failed", "5.0.0", "smtp")],
        ["    554 Subject: injected\n", "    554 Gru\u00df? ? abc\n", "a?b ?[31m"]),
    # 452 is no syntax error: without an enhanced code nothing is made up from the digits
    "no-code": (
        None, "text/rfc822-headers",
        [("rfc822; bob@example.org", "failed", "5.0.0", "smtp")], ["    452 Something is wrong\n"]),
    "expired": (
        None, "text/rfc822-headers",
        [("rfc822; bob@example.org", "failed", "4.4.1", "X-Candor")],
        ["tried for 5 days (37 times)", "    connection timed out\n"]),
    "never-tried": (
        "Not delivered", "text/rfc822-headers",
        [("rfc822; bob@example.org", "failed", "4.4.7", None)], []),
    "stopped": ("Not delivered", None, [("rfc822; bob@example.org", "failed", "5.0.0", None)],
                ["administrator"]),
    "international": (
        None, "message/rfc822",
        [(r"utf-8; j\x{F6}rg@example.org", "failed", "5.1.1", "smtp")],
        ["j\u00f6rg@example.org", "Unbekannt: j\u00f6rg", "Mittagessen f\u00fcr zwei"]),
    "delayed": (
        "Delayed, still being tried: The mailbox is full", "text/rfc822-headers",
        [("rfc822; bob@example.org", "delayed", "4.2.2", "smtp")],
        ["need not send it again", "keep trying until Tue, 24 Nov 2026 20:15:00 +0100"]),
    "delivered": ("Delivered", "text/rfc822-headers",
                  [("rfc822; bob@example.org", "delivered", "2.0.0", None)], []),
    "relayed": ("Delivered", "text/rfc822-headers",
                [("rfc822; bob@example.org", "relayed", "2.0.0", "smtp")], []),
    # RFC 8689 5: as if RET=HDRS had been said
    "tls": ("Not delivered: The mailbox does not exist", "text/rfc822-headers",
            [("rfc822; nobody@example.org", "failed", "5.1.1", "smtp")],
            ["asks for protected connections", "only its headers come back"]),
    "de": ("Nicht zugestellt (3 Empf\u00e4nger)", "text/rfc822-headers",
           [("rfc822; nobody@example.org", "failed", "5.1.1", "smtp"),
            ("rfc822; noone@example.org", "failed", "5.1.1", "smtp"),
            ("rfc822; full@example.com", "failed", "5.2.2", "smtp")],
           ["Das Postfach gibt es nicht.", "---- 2 von 2 ----", "Das Postfach ist voll.",
            "    552 5.2.2 Mailbox full\n", "EINZELHEITEN, AUF ENGLISCH",
            "The recipient's mailbox is full.", "auf die Angabe des Empf\u00e4ngers"]),
    "fr": ("Remise retard\u00e9e, nouvelles tentatives en cours: "
           "La bo\u00eete aux lettres est pleine", "text/rfc822-headers",
           [("rfc822; bob@example.org", "delayed", "4.2.2", "smtp")],
           ["continuera d'essayer jusqu'au Tue, 24 Nov 2026 20:15:00 +0100",
            "    452 4.2.2 The mailbox is over quota\n"]),
    "es": ("Mensaje no entregado: No se pudo contactar con el servidor", "text/rfc822-headers",
           [("rfc822; bob@example.org", "failed", "4.4.1", "X-Candor")],
           ["5 d\u00edas (37 intentos)", "    connection timed out\n"]),
    "ja": ("\u914d\u4fe1\u3067\u304d\u307e\u305b\u3093\u3067\u3057\u305f: "
           "\u5b9b\u5148\u306e\u30e1\u30fc\u30eb\u30dc\u30c3\u30af\u30b9\u304c"
           "\u5b58\u5728\u3057\u307e\u305b\u3093", "text/rfc822-headers",
           [("rfc822; nobody@example.org", "failed", "5.1.1", "smtp")],
           ["    550 5.1.1 There is no mailbox <nobody@example.org> here\n"]),
    "ja-8bit": (None, "message/rfc822",
                [("rfc822; nobody@example.org", "failed", "5.1.1", "smtp")], []),
    "ja-delivered": (None, "text/rfc822-headers",
                     [("rfc822; bob@example.org", "delivered", "2.0.0", None)], []),
    "html-hostile": (None, "text/rfc822-headers",
                     [("rfc822; bob@example.org", "failed", "5.0.0", "smtp")],
                     ["    554 Subject: injected\n"]),
}

# name: (language, encoding of the part for a person); all others are English, and plain
LANGUAGES = {"de": ("de", "quoted-printable"), "fr": ("fr", "quoted-printable"),
             "es": ("es", "quoted-printable"), "ja": ("ja", "base64"), "ja-8bit": ("ja", "8bit"),
             "ja-delivered": ("ja", "base64"), "html-hostile": ("en", "quoted-printable")}


class Text(html.parser.HTMLParser):
    """What a person reads of a page; every element is closed, and none is a stranger's."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        if tag not in ("html", "head", "meta", "body", "p", "h3", "ol", "li", "pre", "hr"):
            sys.exit(f"<{tag}> got in")
        if tag not in ("meta", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        check("open element", self.open.pop(), tag)

    def handle_data(self, data):
        self.text += data


def plain_part(name, part):
    """The words in both forms are the same."""
    if name not in LANGUAGES:
        return part
    check(name, part.get_content_type(), "multipart/alternative")
    plain, page = part.iter_parts()
    language, encoding = LANGUAGES[name]
    check(name, page.get_content_type(), "text/html")
    for form in (plain, page):
        check(name, form["Content-Language"], language)
    check(name, plain["Content-Transfer-Encoding"], encoding)
    reader = Text()
    reader.feed(page.get_content())
    check(name, reader.open, [])
    words = [w for w in plain.get_content().split() if w != "--" and not w.rstrip(".").isdigit()]
    shown = "".join(reader.text.split())
    at = 0
    for word in words:
        at = shown.find(word, at)
        if at < 0:
            sys.exit(f"{name}: {word} is missing in the HTML")
    return plain


def check_lines(name, raw):
    for line in raw.split(b"\r\n"):
        if len(line) > 998 or b"\n" in line or b"\r" in line or b"\0" in line or b"\x1b" in line:
            sys.exit(f"{name}: a line is not fit: {line!r}")


def check_encodings(name, part):
    if part.is_multipart():
        return
    declared = part["Content-Transfer-Encoding"]
    raw = part.get_payload(decode=False)
    if declared == "7bit" and not raw.isascii():
        sys.exit(f"{name}: 8-bit bytes in a 7bit part")


def check_fields(name, part, wanted):
    blocks = part.get_payload()
    check(name, blocks[0]["Reporting-MTA"], "dns; mail.example.net")
    check(name, blocks[0]["Original-Envelope-Id"], "QQ+314")
    check(name, blocks[0]["Arrival-Date"], "Wed, 18 Nov 2026 20:15:00 +0100")
    check(name, len(blocks), len(wanted) + 1)
    for block, (recipient, action, status, diagnostic) in zip(blocks[1:], wanted):
        check(name, block["Final-Recipient"], recipient)
        check(name, block["Action"], action)
        check(name, block["Status"], status)
        got = block["Diagnostic-Code"]
        check(name, got and got.split(";")[0], diagnostic)
        for field in block.keys():
            if field not in ("Original-Recipient", "Final-Recipient", "Action", "Status",
                             "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date",
                             "Will-Retry-Until"):
                sys.exit(f"{name}: field {field} got in")


def check_notice(name, raw):
    subject, returned, fields, words = NOTICES[name]
    check_lines(name, raw)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    check(name, mail.get_content_type(), "multipart/report")
    check(name, mail.get_param("report-type"), "delivery-status")
    check(name, mail["To"], "ann@example.net")
    check(name, mail["From"], "Mail Delivery System <MAILER-DAEMON@mail.example.net>")
    check(name, mail["Auto-Submitted"], "auto-replied")
    if subject:
        check(name, mail["Subject"], subject)
    for part in mail.walk():
        if part.defects:
            sys.exit(f"{name}: {part.get_content_type()}: {part.defects}")
        check_encodings(name, part)
    parts = list(mail.iter_parts())
    types = [part.get_content_type() for part in parts]
    check(name, types, ["multipart/alternative" if name in LANGUAGES else "text/plain", "message/delivery-status"] + ([returned] if returned else []))
    person = plain_part(name, parts[0])
    check_has(name, person.get_content().replace("\r\n", "\n"), *words)
    for line in person.get_content().splitlines():
        if len(line) > 100:
            sys.exit(f"{name}: too long to read: {line}")
    check_fields(name, parts[1], fields)


def main():
    names = run(sys.argv[1]).decode().split()
    check("names", sorted(names), sorted(NOTICES))
    for name in names:
        check_notice(name, run(sys.argv[1], name))
    blocked = email.message_from_bytes(run(sys.argv[1], "blocked"))
    words = blocked.get_payload()[1].get_payload()[1]["Diagnostic-Code"]
    check("lines", [" ".join(words.split()).count(w) for w in ("550-5.7.1 Service", "550 5.7.1 See")],
          [1, 1])
    original = email.message_from_bytes(run(sys.argv[1], "expired"))
    check("ORCPT", original.get_payload()[1].get_payload()[1]["Original-Recipient"],
          "rfc822; bob+tag@example.org")


main()
