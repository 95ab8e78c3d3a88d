"""Real servers that take mail, and what each took: for whom, of which message, and when. A message is known by its first
word, which is its subject and begins the addresses that it goes to."""
import datetime
import os
import pathlib
import random
import re
import shutil
import socketserver
import subprocess
import threading
import time
import typing

import postfix
from dovecot import Dovecot
from exim import Exim
from foreign import OpenSmtpd
from postfix import Postfix
from waiting import answers, free_port, until

PLACES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"]
TEMPORARY = {"greeting": "421 4.3.2 too busy", "EHLO": "451 4.3.0 not now", "MAIL": "451 4.3.0 not now", "RCPT": "450 4.2.1 try later",
             "DATA": "451 4.3.0 not now", "end": "452 4.3.1 no room for now"}


class Taken(typing.NamedTuple):
    """One copy for one recipient; `when` is in seconds since 1970."""
    word: str
    domain: str
    when: float


def files_in(folder):
    return (file for file in pathlib.Path(folder).glob("*") if not file.name.startswith("."))


class PostfixBox:
    """Keeps what it takes in one Maildir."""

    domain = "postfix.example"

    def __init__(self, folder, address, port):
        self.peer = Postfix(f"{folder}/postfix", port, [f"all@{self.domain}"], address=address,
                            settings={"virtual_mailbox_maps": f"static:{self.domain}/all/"}).start()

    def took(self):
        for file in files_in(self.peer.maildir(f"all@{self.domain}") / "new"):
            word = re.search(r"^Subject: (\S+)", file.read_text(), re.M)[1]
            yield Taken(word, self.domain, file.stat().st_mtime)

    def close(self):
        self.peer.stop()


class EximBox:
    """Queues what it takes; its log tells of it before its reply does."""

    domain = "exim.example"

    def __init__(self, folder, address, port):
        self.peer = Exim(f"{folder}/exim", port, free_port(), address=address, more="queue_only = true\n"
                         "log_selector = +millisec +received_recipients\nsmtp_accept_queue_per_connection = 0\n").start()

    def took(self):
        for when, to in re.findall(r"^(\S+ \S+) \S+ <= .* for (.*)$", self.peer.log.read_text(), re.M):
            for address in to.split():
                yield Taken(address.split("@")[0], self.domain, datetime.datetime.fromisoformat(when).timestamp())

    def close(self):
        self.peer.stop()


class OpenSmtpdBox:
    """Queues what it takes, for a server that isn't there; its log tells of it."""

    domain = "opensmtpd.example"

    def __init__(self, folder, address, port):
        self.peer = OpenSmtpd(f"{folder}/opensmtpd", port, free_port(), address=address).start()

    def took(self):
        for when, line in list(self.peer.syslog.lines):
            found = re.search(r" smtp envelope .* from=<[^>]+> to=<([^@]+)@", line)
            if found:
                yield Taken(found[1], self.domain, when)

    def close(self):
        self.peer.stop()


class SinkBox:
    """Postfix's smtp-sink, which writes a file for each message."""

    domain = "sink.example"

    def __init__(self, folder, address, port):
        self.folder = pathlib.Path(folder) / "sink"
        self.folder.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.folder, "nobody")
        words, env = postfix.tool("smtp-sink")
        self.process = subprocess.Popen([*words, "-d", f"{self.folder}/m.", f"{address}:{port}", "100"], env=env, cwd=self.folder)
        until(lambda: answers(address, port), "smtp-sink to listen")

    def took(self):
        for file in files_in(self.folder):
            text = file.read_text()
            whole = re.search(r"^X-Rcpt-Args: <([^@>]+)@.*\n\1\n$", text, re.M | re.S)  # its text is its first word again
            if whole:
                yield Taken(whole[1], self.domain, file.stat().st_mtime)

    def close(self):
        self.process.terminate()
        self.process.wait(20)


class DovecotBox:
    """Is handed mail over LMTP."""

    domain = "dovecot.test"

    def __init__(self):
        self.peer = Dovecot({f"alice@{self.domain}": "x"}, quota="1G").start()
        self.place = self.peer.lmtp

    def took(self):
        for file in self.peer.mails(f"alice@{self.domain}"):
            yield Taken(re.search(r"^Subject: (\S+)", file.read_text(), re.M)[1], self.domain, file.stat().st_mtime)

    def close(self):
        self.peer.close()


class Moody(socketserver.StreamRequestHandler):
    """Says 4yz or hangs up every few commands, and refuses for good who is `gone`; what it says 250 to, it took."""

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def is_moody(self, place):
        """True: it said something else; the session may be over."""
        mood = self.server.box.mood()
        if mood == "cut":
            raise ConnectionError
        if mood == "later":
            self.say(TEMPORARY[place])
        return mood == "later"

    def handle(self):
        try:
            self.talk()
        except ConnectionError:
            return

    def talk(self):
        if self.is_moody("greeting"):
            return
        self.say("220 moody.example ESMTP")
        to = []
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line.split()[0].upper()
            if verb == "QUIT":
                return self.say("221 2.0.0 bye")
            if verb in PLACES and self.is_moody(verb):
                continue
            if verb == "EHLO":
                self.say("250-moody.example\r\n250 PIPELINING")
            elif verb == "RCPT" and "<gone-" in line:
                self.say("550 5.1.1 nobody of that name")
            elif verb == "RCPT":
                to.append(re.search(r"<([^@>]+)@", line)[1])
                self.say("250 2.1.5 fine")
            elif verb == "DATA" and not to:
                self.say("554 5.5.1 no valid recipients")
            elif verb == "DATA":
                self.take(to)
                to = []
            else:
                to = [] if verb in ("MAIL", "RSET") else to
                self.say("250 2.0.0 fine")

    def take(self, to):
        box = self.server.box
        self.say("354 go on")
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
        if self.is_moody("end"):
            return
        if any(name.startswith("spam-") for name in to):
            return self.say("554 5.7.1 looks like spam")
        now = time.time()
        box.taken += [Taken(name, box.domain, now) for name in to]
        self.say("250 2.0.0 taken")


class MoodyServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


class MoodyBox:
    domain = "moody.example"

    def __init__(self, _, address, port):
        self.taken = []
        self.server = MoodyServer((address, port), Moody)
        self.server.box = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @staticmethod
    def mood():
        return random.choices(["good", "later", "cut"], [90, 6, 4])[0]

    def took(self):
        return list(self.taken)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
