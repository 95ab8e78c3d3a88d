"""candor explain on files, folders and mailboxes, packed or not."""
import bz2
import csv
import datetime
import email.message
import gzip
import io
import json
import lzma
import mailbox
import os
import pty
import signal
import subprocess

import pytest
import waiting
from candor import PROGRAM, run


def bounce(recipient="carol@there.test", reply="550 5.1.1 no such user", date="Mon, 23 Nov 2026 20:15:00 +0100", subject="hello"):
    """A delivery report as bytes."""
    report = email.message.EmailMessage()
    report["From"], report["To"], report["Date"] = "MAILER-DAEMON@mx.here.test", "alice@here.test", date
    report["Subject"] = "Undelivered Mail Returned to Sender"
    head = str(report)
    action = "failed" if reply.startswith("5") else "delayed"
    status = reply.split()[1]
    return (head.rstrip("\n") + f"""
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail could not be delivered.
>From here on: {reply}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.here.test

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.there.test
Diagnostic-Code: smtp; {reply}

--b
Content-Type: message/rfc822

From: <alice@here.test>
Subject: {subject}
Message-ID: <1@here.test>

text
--b--
""").encode()


REPLIES = ["550 5.1.1 no such user", "452 4.2.2 The mailbox is full",
           "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org"]
CAUSES = ["no_such_recipient", "mailbox_full", "ip_blocklisted"]


def explain(*words, **options):
    done = run("explain", "--json", *words, **options)
    assert done.returncode == os.EX_OK, done
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def mbox(folder):
    path = f"{folder}/box"
    with open(path, "wb") as file:
        for number, reply in enumerate(REPLIES):
            file.write(b"From MAILER-DAEMON Mon Nov 23 20:15:00 2026\n" + bounce(f"user{number}@there.test", reply) + b"\n")
    return path


def test_an_mbox_tells_which_mail(mbox):
    answers = explain(mbox)
    assert [a["cause"] for a in answers] == CAUSES
    assert [a["source"] for a in answers] == [f"{mbox}:{n}" for n in (1, 2, 3)]
    lines = open(mbox, encoding="ascii").read().split("\n")
    assert all(lines[a["line"] - 2].startswith("From MAILER-DAEMON") for a in answers)
    assert answers[0]["time"] == "2026-11-23T19:15:00.000Z" and answers[0]["recipient"] == "user0@there.test"


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress,
                                  lambda data: subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout])
def test_packed_as_if_it_were_not(mbox, pack):
    packed = f"{mbox}.packed"
    data = open(mbox, "rb").read()
    open(packed, "wb").write(pack(data[:700]) + pack(data[700:]))
    assert [a["cause"] for a in explain(packed)] == CAUSES
    with open(packed, "rb") as file:
        done = subprocess.run([PROGRAM, "explain", "--json", "-"], stdin=file, capture_output=True, check=True)
    assert done.stdout.count(b"\n") == 3


def test_a_packed_file_that_is_cut_off_gives_what_it_has(mbox):
    packed = f"{mbox}.gz"
    open(packed, "wb").write(gzip.compress(open(mbox, "rb").read() * 200)[:-20])
    done = run("explain", "--json", packed)
    assert done.returncode == os.EX_NOINPUT and packed in done.stderr and "middle" in done.stderr
    assert done.stdout.count("\n") > 400


def test_a_maildir_and_other_folders(folder):
    box = mailbox.Maildir(f"{folder}/mail")
    for number, reply in enumerate(REPLIES):
        box.add(bounce(f"user{number}@there.test", reply))
    box.add_folder("archive").add(bounce("old@there.test"))
    os.symlink(folder, f"{folder}/mail/circle")
    assert sorted(a["recipient"] for a in explain(f"{folder}/mail")) == [
        "old@there.test", "user0@there.test", "user1@there.test", "user2@there.test"]


def test_many_files_keep_their_order(folder):
    for number in range(300):
        open(f"{folder}/{number:04}", "w", encoding="ascii").write(f"550 5.1.1 <user{number}@there.test> unknown\n" * (number % 7 + 1))
    one, many = explain("--jobs", "1", folder), explain("--jobs", "8", folder)
    assert one == many and len(one) == sum(n % 7 + 1 for n in range(300))


def large(folder, kind):
    """A file that is worth several threads, without the end of its last line."""
    path = f"{folder}/large"
    with open(path, "wb") as file:
        for number in range({"mbox": 2500, "replies": 30000, "log": 9000}[kind]):
            reply = f"{REPLIES[number % 3]} ({number})"
            file.write({
                "mbox": lambda: b"From MAILER-DAEMON Mon Nov 23 20:15:00 2026\n" + bounce(f"user{number}@there.test", reply) + b"\n",
                "replies": lambda: f"{reply}\n".encode(),
                "log": lambda: (f"Nov 23 20:15:00 mx postfix/qmgr[1]: 4X{number:08X}: from=<alice{number}@here.test>, size=1, nrcpt=1 (queue active)\n"
                                f"Nov 23 20:15:01 mx postfix/smtp[1]: 4X{number:08X}: to=<user{number}@there.test>, relay=mx.there.test[192.0.2.1]:25, "
                                f"delay=1, delays=0/0/0/1, dsn={reply.split()[1]}, status=bounced (host mx.there.test[192.0.2.1] said: {reply} "
                                "(in reply to RCPT TO command))\n").encode(),
            }[kind]())
        file.truncate(file.tell() - 1)
    assert os.path.getsize(path) > 1.2 * 1024 * 1024
    return path


@pytest.mark.parametrize("kind", ["mbox", "replies", "log"])
def test_a_large_file_is_explained_by_several_threads_in_its_order(folder, kind):
    path = large(folder, kind)
    for form in ("--json", "--csv", "--summary"):
        one, many = run("explain", form, "--jobs", "1", path), run("explain", form, "--jobs", "3", path)
        assert one.returncode == many.returncode == os.EX_OK
        assert one.stdout == many.stdout and len(one.stdout) > (500 if form == "--summary" else 1000000)
    with open(path, "rb") as file:
        done = subprocess.run([PROGRAM, "explain", "--json", "--jobs", "3", "-"], stdin=file, capture_output=True, check=True)
    assert done.stdout.count(b"\n") == run("explain", "--json", path).stdout.count("\n")


def test_several_threads_end_when_nobody_wants_more(folder):
    path = large(folder, "replies")
    with subprocess.Popen([PROGRAM, "explain", "--json", "--jobs", "3", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          restore_signals=False) as process:  # so SIGPIPE is ignored
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == os.EX_IOERR


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(folder, mbox):
    os.mkfifo(f"{folder}/pipe")  # in a folder only files are read
    os.symlink("/nonexistent", f"{folder}/link")
    done = run("explain", "--json", folder)
    assert done.returncode == os.EX_OK and done.stdout.count("\n") == 3
    done = run("explain", "--json", "/proc/self/mem", mbox)
    assert done.returncode == os.EX_NOINPUT and "/proc/self/mem" in done.stderr and done.stdout.count("\n") == 3


def test_a_mistyped_name_is_no_text(folder, mbox):
    for name in (f"{folder}/nothing", "nothing.eml", "./nothing", "mail.log.gz"):
        done = run("explain", "--json", name, mbox)
        assert done.returncode == os.EX_NOINPUT and f"{name}: No such file" in done.stderr and done.stdout.count("\n") == 3
    for text in ("no/such user", "550 see /usr/share/x.txt", "mail.example.org", "5.7.26", "550 " + "/x" * 5000, "421"):
        assert run("explain", "--json", text).returncode == os.EX_OK


def test_only_what_was_asked_for(mbox):
    assert [a["cause"] for a in explain("--cause", "mailbox_full,ip_blocklisted", mbox)] == CAUSES[1:]
    assert [a["recipient"] for a in explain("--recipient", "user1@THERE.test", mbox)] == ["user1@there.test"]
    assert len(explain("--recipient", "@there.test", mbox)) == 3 and explain("--recipient", "@here.test", mbox) == []
    assert [a["recipient"] for a in explain("--recipient", "*2@*", mbox)] == ["user2@there.test"]
    assert len(explain("--since", "2026-11-23", mbox)) == 3 and explain("--since", "2026-11-24", mbox) == []
    for wrong in (("--cause", "mailbox_ful"), ("--since", "yesterday"), ("--jobs", "0"), ("--color", "red")):
        done = run("explain", *wrong, mbox)
        assert done.returncode == os.EX_USAGE and wrong[1] in done.stderr and "right is" in done.stderr


def test_csv_is_a_table_that_runs_nothing(folder):
    path = f"{folder}/mail"
    open(path, "wb").write(bounce("carol@there.test", '550 5.1.1 no "such" user, sorry', subject="=cmd|' /C calc'!A0"))
    done = run("explain", "--csv", path)
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["recipient"] == "carol@there.test" and row["cause"] == "no_such_recipient" and row["code"] == "550"
    assert '"such"' in row["text"] and row["subject"].startswith("'=cmd") and row["time"] == "2026-11-23T19:15:00.000Z"
    assert None not in row and None not in row.values()


def test_summary(mbox):
    (answer,) = explain("--summary", mbox)
    assert answer["items"] == 3 and answer["kinds"] == {"failure": 2, "delay": 1}
    assert answer["causes"] == dict.fromkeys(CAUSES, 1) and answer["destinations"] == [{"domain": "there.test", "count": 3}]
    assert {fix["cause"] for fix in answer["fix_first"]} >= {"no_such_recipient", "ip_blocklisted"}
    text = run("explain", "--summary", mbox).stdout
    assert "3 items" in text and "█" in text and "What to fix first" in text and "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_wrong_address_is_one_thing_to_fix_whoever_said_so(folder):
    path = f"{folder}/replies"
    open(path, "w", encoding="ascii").write(
        "550 5.1.1 no such user\n"
        "550-5.1.1 The email account that you tried to reach does not exist. g1-20020a05 - gsmtp\n550 5.1.1 https://support.google.com/mail\n"
        "452 4.2.2 mailbox full\n")
    (answer,) = explain("--summary", path)
    assert [(fix["cause"], fix["count"]) for fix in answer["fix_first"]] == [("no_such_recipient", 2), ("mailbox_full", 1)]


def test_times_before_1970_have_their_place_in_a_summary(folder):
    for number, day in enumerate(("31 Dec 1969 23:30", "1 Jan 1970 10:30")):
        open(f"{folder}/{number}", "wb").write(bounce(date=f"{day}:00 +0000"))
    done = run("explain", "--summary", folder)
    assert done.returncode == os.EX_OK and "Dec 1969" in done.stdout and "Jan 1970" in done.stdout and done.stderr == ""


def test_mails_that_report_nothing_are_counted_in_a_list(folder, mbox):
    with open(mbox, "ab") as file:
        file.write(b"From bob Mon Nov 23 20:15:00 2026\nFrom: bob@here.test\nTo: alice@here.test\nSubject: lunch?\n\nAt one.\n")
    done = run("explain", mbox)
    assert done.returncode == os.EX_OK and "1 mail is no delivery report" in done.stderr and "no delivery report" not in done.stdout


def test_progress_is_for_terminals_only(mbox):
    assert run("explain", mbox).stderr == ""


def test_replies_are_explained_as_they_come():
    """A line that came is answered before the next one is there."""
    process = subprocess.Popen([PROGRAM, "explain", "--json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for text, cause in (("550 5.1.1 no such user\n", "no_such_recipient"), ("452 4.2.2 mailbox full\n", "mailbox_full")):
        process.stdin.write(text.encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["cause"] == cause
    process.stdin.close()
    assert process.wait(30) == os.EX_OK


def test_a_reader_who_leaves_is_no_error(folder):
    path = f"{folder}/many"
    open(path, "w", encoding="ascii").write("550 5.1.1 no such user\n" * 100000)
    done = subprocess.run(["sh", "-c", '"$0" explain --json "$1" | head -n 1', PROGRAM, path], capture_output=True, text=True, check=False)
    assert done.returncode == os.EX_OK and done.stderr == "" and done.stdout.count("\n") == 1


def test_hostile_files(folder):
    """A line without end, noughts, and what would change a terminal."""
    path = f"{folder}/noise"
    open(path, "wb").write(b"\0" * 100000 + b"\n550 5.1.1 \x1b[2J\x9b31m no such user\n" + b"x" * 20_000_000 + b"\n452 4.2.2 full\n")
    done = subprocess.run([PROGRAM, "explain", path], capture_output=True, check=False)
    assert done.returncode == os.EX_OK and b"\x1b" not in done.stdout and b"\0" not in done.stdout
    assert b"5.1.1" in done.stdout and b"4.2.2" in done.stdout
    assert [a.get("code") for a in explain(path)][1:] == [550, None, 452]


def test_no_progress_is_left_behind_on_a_terminal(mbox):
    primary, secondary = pty.openpty()
    done = subprocess.run([PROGRAM, "explain", "--json", mbox], stdout=subprocess.DEVNULL, stderr=secondary, check=False)
    os.close(secondary)
    os.set_blocking(primary, False)
    try:
        said = os.read(primary, 4096)
    except (BlockingIOError, OSError):
        said = b""
    os.close(primary)
    assert done.returncode == os.EX_OK and said == b""


LOG = """Nov 23 20:15:00 mx postfix/qmgr[1]: A1: from=<ann@example.net>, size=1, nrcpt=2 (queue active)
Nov 23 20:15:01 mx postfix/smtp[2]: A1: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, dsn=5.1.1, \
status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command))
Nov 23 20:15:01 mx postfix/smtp[2]: A1: to=<eve@example.org>, relay=mx.example.org[192.0.2.1]:25, dsn=2.0.0, status=sent (250 ok)
Nov 23 20:15:02 mx postfix/smtpd[3]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.7.1 <x>: Helo command rejected: \
Host not found; from=<a@example.net> to=<bob@example.org> proto=SMTP helo=<x>
"""


def test_a_log_tells_both_what_failed_and_what_was_refused(tmp_path):
    (tmp_path / "mail.log").write_text(LOG)
    out, refused = [json.loads(line) for line in run("explain", "--json", tmp_path / "mail.log").stdout.splitlines()]
    assert (out["input"], out["direction"], out["queue_id"], out["line"]) == ("log", "outgoing", "A1", 2)
    assert (out["recipient"], out["sender"], out["cause"]) == ("bob@example.org", "ann@example.net", "no_such_recipient")
    assert out["time"].endswith("Z") and out["remote"] == "mx.example.org" and out["stage"] == "rcpt"
    assert (refused["direction"], refused["cause"], refused["client"]) == ("incoming", "bad_helo", "unknown[192.0.2.9]")


def test_a_log_in_which_all_went_well_says_so(tmp_path):
    (tmp_path / "mail.log").write_text(LOG.splitlines(keepends=True)[2])
    done = run("explain", tmp_path / "mail.log")
    assert done.returncode == os.EX_OK and "1 deliveries went well" in done.stderr, done


class Follower:
    """candor explain --json --follow on a log, and what it tells."""

    def __init__(self, *options):
        self.process = subprocess.Popen([PROGRAM, "explain", "--json", "--follow", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def next(self):
        return json.loads(self.process.stdout.readline())

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=30)


def refused(number):
    return (f"Nov 23 20:15:01 mx postfix/smtp[2]: B{number}: to=<bob{number}@example.org>, relay=mx.example.org[192.0.2.1]:25, dsn=5.1.1, "
            "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command))\n")


def descriptor(pid, path):
    """Of the process's that has the file open; None: none has."""
    for name in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{name}") == str(path):
            return name
    return None


def has_read(pid, path):
    name = descriptor(pid, path)
    with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as info:
        return int(info.readline().split()[1]) == os.path.getsize(path)


def append(path, text):
    with open(path, "a", encoding="ascii") as file:
        file.write(text)


def test_a_log_is_followed_through_rotations(tmp_path):
    log = tmp_path / "mail.log"
    now = f"{datetime.datetime.now():%b %e %H:%M:%S}"
    log.write_text(LOG.replace("Nov 23", f"{datetime.datetime.now() - datetime.timedelta(days=3):%b %e}"))
    follower = Follower("--since", "1h", log)
    append(log, now + refused(1)[15:])
    told = follower.next()
    assert (told["recipient"], told["line"]) == ("bob1@example.org", 5)
    append(log, now + refused(2)[15:40])  # a line that is written in two pieces
    append(log, refused(2)[40:])
    assert follower.next()["recipient"] == "bob2@example.org"
    log.rename(tmp_path / "mail.log.1")
    append(tmp_path / "mail.log.1", now + refused(3)[15:])  # a writer that does not know yet
    assert follower.next()["recipient"] == "bob3@example.org"
    log.write_text(now + refused(4)[15:])
    told = follower.next()
    assert (told["recipient"], told["line"]) == ("bob4@example.org", 1)
    os.truncate(log, 0)
    append(log, now + refused(5)[15:].replace("No such user ", ""))  # shorter than what stood there, as the empty file was
    assert follower.next()["recipient"] == "bob5@example.org"
    assert follower.interrupt() == (b"", b"") and follower.process.returncode == -signal.SIGINT


def test_following_ends_when_nobody_reads_any_more(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(LOG)
    follower = Follower(log)
    waiting.until(lambda: descriptor(follower.process.pid, log), "the log is open")
    follower.process.stdout.close()  # as head does when it has its lines; the log stays quiet
    assert follower.process.wait(timeout=30) == 0 and follower.process.stderr.read() == b""


def test_following_tells_what_is_new_and_sums_it_up_at_the_end(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(LOG)
    follower = Follower(log)
    # what is there when the command opens it is old; the sender stands there
    waiting.until(lambda: descriptor(follower.process.pid, log), "the log is open")
    append(log, refused(1).replace("B1", "A1"))
    told = follower.next()
    assert (told["recipient"], told["sender"]) == ("bob1@example.org", "ann@example.net")
    assert follower.interrupt() == (b"", b"")
    counter = Follower("--summary", log)
    waiting.until(lambda: descriptor(counter.process.pid, log), "the log is open")
    append(log, refused(2) * 3)
    waiting.until(lambda: has_read(counter.process.pid, log), "it was read to its end")
    summary = json.loads(counter.interrupt()[0])
    assert summary["causes"] == {"no_such_recipient": 3} and counter.process.returncode == -signal.SIGINT


def test_only_one_file_is_followed(folder, mbox):
    for wrong in ([folder], [mbox, mbox], ["550 5.1.1 no such user"]):
        done = run("explain", "--follow", *wrong)
        assert done.returncode == os.EX_USAGE and "one file" in done.stderr
