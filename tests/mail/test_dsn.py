"""Reads the notices of dsn_sample with Python's email package: test_dsn.py PATH-OF-dsn_sample."""

import email
import email.policy
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
        ["to 3 people", "---- 2 of 2 ----", "About noone@example.org, mx.example.org said"]),
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
}


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
    check(name, types, ["text/plain", "message/delivery-status"] + ([returned] if returned else []))
    check_has(name, parts[0].get_content().replace("\r\n", "\n"), *words)
    for line in parts[0].get_content().splitlines():
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
