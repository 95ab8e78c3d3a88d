"""The program under test: a server in a folder of its own, and the commands."""
import contextlib
import email
import email.policy
import os
import pathlib
import pwd
import re
import shutil
import signal
import smtplib
import subprocess
import tempfile

from waiting import answers, free_port, until

PROGRAM = os.environ.get("CANDOR", str(pathlib.Path(__file__).parents[2] / "build/candor"))
UNPRIVILEGED = "nobody"  # what the server becomes when root runs the tests

CONFIG = """hostname = "mx.here.test"
{user}
threads = 2
listen mx {{ address = "127.0.0.1:{port}"  {listen} }}
domain here.test {{ mailboxes = "{folder}/mailboxes"  aliases = "{folder}/aliases"  maildir = "{folder}/mail/%u" }}
relay {{ networks = {{ {networks} }}  {relay} }}
spool {{ path = "{folder}/spool"  reserve = "{reserve}" }}
control {{ path = "{folder}/control" }}
queue {{ retry-first = "{retry}"  retry-most = "{retry}"  suspend = "{suspend}"  lifetime = "{lifetime}"  warn-after = "{warn}"  {queue} }}
limits {{ stop-timeout = "{stop}"  message-size = "{size}" }}
{more}
"""


def run(*words, text="", env=None, timeout=60):
    """A candor command; its output as text."""
    return subprocess.run([PROGRAM, *map(str, words)], input=text, capture_output=True, text=True,
                          timeout=timeout, env=dict(os.environ, **(env or {})), check=False)


def owner_of(pid):
    """Whose process it is: its Uid, or None when it is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) for line in lines if line.startswith("Uid:"))


def is_running(pid):
    """Not so what is over but for its parent's asking; a thread of it may still be ending."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" or len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


class Candor:
    """`relay` is text of the relay section, `more` of the file's end. Mailboxes: alice and bob at here.test."""

    def __init__(self, relay="", more="", networks='"127.0.0.0/8"', retry="300 ms", suspend="", queue="", lifetime="5 d", warn="0 s",
                 reserve="1 MiB", stop="10 s", size="25 MiB", aliases="", files=None, listen="", prefix=(), env=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="candor-"))
        self.port = free_port()
        self.config = self.folder / "candor.conf"
        self.prefix, self.env, self.process = list(prefix), env or {}, None
        for name in ("mail", "spool"):
            (self.folder / name).mkdir()
        (self.folder / "mailboxes").write_text("alice\nbob\n")
        (self.folder / "aliases").write_text(aliases.replace("{folder}", str(self.folder)))
        for name, text in (files or {}).items():
            (self.folder / name).write_text(text)
        user = f'user = "{UNPRIVILEGED}"' if os.getuid() == 0 else ""
        self.config.write_text(CONFIG.format(
            user=user, port=self.port, listen=listen, folder=self.folder, networks=networks, relay=relay, reserve=reserve,
            retry=retry, suspend=suspend or retry, queue=queue, lifetime=lifetime, warn=warn, stop=stop, size=size,
            more=more.replace("{folder}", str(self.folder))))
        if os.getuid() == 0:
            owner = pwd.getpwnam(UNPRIVILEGED)
            for path in (self.folder, self.folder / "mail", self.folder / "spool"):
                os.chown(path, owner.pw_uid, owner.pw_gid)

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def start(self):
        before = len(self.log) if (self.folder / "log").exists() else 0
        self.process = subprocess.Popen(
            [*self.prefix, PROGRAM, "serve", "-c", str(self.config)], stdin=subprocess.DEVNULL,
            stdout=open(self.folder / "log", "ab"), stderr=subprocess.STDOUT, env=dict(os.environ, **self.env))
        until(lambda: self.process.poll() is not None or self.is_ready(before),
              lambda: f"the server to listen on {self.port}; its log:\n{self.log[-3000:]}")
        assert self.process.poll() is None, f"the server ended at once:\n{self.log[-3000:]}"
        return self

    def is_ready(self, before):
        """Its log says so after these characters; one that is written elsewhere leaves the port to tell."""
        told = "log {" in self.config.read_text() or " ready hostname=" in self.log[before:]
        return told and answers("127.0.0.1", self.port)

    def children(self):
        return [int(pid) for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    @property
    def mail_process(self):
        """The number of the process that does the work: the only one, unless root started it."""
        if os.getuid() != 0:
            return self.process.pid
        user = pwd.getpwnam(UNPRIVILEGED).pw_uid
        until(lambda: any(owner_of(pid) == user for pid in self.children()), lambda: f"a mail process; log:\n{self.log[-3000:]}")
        return next(pid for pid in self.children() if owner_of(pid) == user)

    def kill(self):
        """As a power cut for the processes: nothing more is done."""
        processes = [self.process.pid, *self.children()]
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(20)
        until(lambda: not any(map(is_running, processes)), "the processes to be gone")

    def stop(self, seconds=30):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def close(self):
        """Ends the server if it still runs, checks that no sanitizer complained, removes the folder."""
        status = None
        if self.process and self.process.poll() is None:
            status = self.stop()
        log = self.log if (self.folder / "log").exists() else ""
        shutil.rmtree(self.folder, ignore_errors=True)
        assert "Sanitizer" not in log and "runtime error:" not in log, log[-6000:]
        assert status in (None, 0), f"exit status {status}\n{log[-3000:]}"

    def smtp(self, **options):
        return smtplib.SMTP("127.0.0.1", self.port, timeout=30, local_hostname="client.test", **options)

    def send(self, to, sender="alice@here.test", subject="hello", body="A line.\r\n", headers=""):
        """Hands in one message over SMTP; smtplib's exceptions tell of refusals."""
        text = f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n{headers}\r\n{body}"
        with self.smtp() as session:
            session.sendmail(sender, [to], text.encode())

    def queue(self, *words):
        return run("queue", *words, "-c", self.config)

    def files(self, user):
        return sorted((self.folder / "mail" / user / "new").glob("*"))

    def mails(self, user):
        return [read_mail(file) for file in self.files(user)]

    def wait_mail(self, user, count=1, seconds=30):
        """The first `count` messages in the user's Maildir, once they are there."""
        until(lambda: len(self.files(user)) >= count,
              lambda: f"{count} messages for {user}, {len(self.files(user))} are there; log:\n{self.log[-4000:]}", seconds)
        return self.mails(user)


@contextlib.contextmanager
def running(**options):
    """A server for more than one test."""
    server = Candor(**options)
    try:
        yield server.start()
    finally:
        server.close()


def read_mail(file):
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def fields_of_dsn(mail):
    """Of a delivery status notification (RFC 3464): its per-message fields and those of each recipient."""
    assert mail.get_content_type() == "multipart/report", mail.as_string()[:2000]
    assert mail.get_param("report-type") == "delivery-status"
    parts = list(mail.iter_parts())
    assert parts[1].get_content_type() == "message/delivery-status"
    groups = parts[1].get_payload()
    return groups[0], groups[1:]


def words_of_dsn(mail):
    """The part for people, white space made one space."""
    return re.sub(r"\s+", " ", list(mail.iter_parts())[0].get_content())
