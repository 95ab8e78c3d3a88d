"""The server that the thread sanitizer watches, under everything at once: mail in and out, into Maildirs of others and
through logins that PAM judges, TLS, clients that dawdle, guessed addresses, an operator who looks, changes, and reloads
other rules and another certificate. All its processes are watched: the parent, the mail process, the mailbox agent, PAM's
helper. Not a figure but a proof: it must find nothing."""
import base64
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import smtplib
import ssl
import subprocess
import tempfile
import threading
import time

import crowd
import servers
import sites

import candor
import pki
from nameserver import Nameserver
from waiting import free_port, until

PROGRAM = servers.TOP / "build/tsan/src/cli/candor"
SITES, MESSAGES, CLIENTS, LOCAL = 100, 10000, 200, 300
COMMANDS = (["queue"], ["queue", "list", "--limit", "20"], ["queue", "hold", "--sender", "@nobody.example"],
            ["queue", "retry", "--destination", "d3.example"], ["reload"])
OWNER = "games"  # whose the Maildirs are that the agent writes
RULE = """rule: our-cupboard
cause: {cause}
phrase: the cupboard is bare
match: 550 5.1.1 The cupboard is bare
step: Call the postmaster.
"""
CAUSES = ("mailbox_full", "mailbox_disabled")


class Place:
    """What the server reads beside its configuration, and what changes while it runs."""

    def __init__(self, folder):
        self.folder, self.port, self.reloads = folder, free_port(), 0
        self.authority = pki.Authority(folder)
        self.issued = [self.authority.certificate(name) for name in ("mx.here.test", "other.here.test")]
        for path in ("rules", "homes"):
            (folder / path).mkdir()
        home, about = folder / "homes/ann", pwd.getpwnam(OWNER)
        home.mkdir(mode=0o700)
        os.chown(home, about.pw_uid, about.pw_gid)
        (folder / "owners").write_text("ann\n")
        (folder / "service").write_text("auth required pam_permit.so\naccount required pam_permit.so\n")
        self.change()

    def change(self):
        """Another certificate and another rule; each is there at once or not yet."""
        issued = self.issued[self.reloads % 2]
        for path, name in ((issued.file, "certificate"), (issued.key, "key")):
            shutil.copy(path, self.folder / "new")
            (self.folder / "new").chmod(0o644)
            (self.folder / "new").rename(self.folder / name)
        (self.folder / "rules/new").write_text(RULE.format(cause=CAUSES[self.reloads % 2]))
        (self.folder / "rules/new").rename(self.folder / "rules/own.rules")
        self.reloads += 1

    @property
    def section(self):
        at = self.folder
        return (f'certificate mx {{ file = "{at}/certificate"  key = "{at}/key" }}\nrules = "{at}/rules"\n'
                f'login {{ pam = "{at}/service" }}\n'
                f'listen submission {{ address = "127.0.0.1:{self.port}"  require-login = true }}\n'
                f'domain owners.test {{ mailboxes = "{at}/owners"  maildir = "{at}/homes/%u/Maildir"  write-as = owner }}\n')

    def written(self):
        return sum(1 for _ in (self.folder / "homes/ann/Maildir/new").glob("*"))


def operate(server, place, is_over):
    """One command after the other, until it is over."""
    while not is_over.is_set():
        place.change()
        for words in COMMANDS:
            done = candor.run(*words, "-c", server.config)
            assert done.returncode == 0, done.stderr


def submit(place, count):
    """Logs in for each message, and sends it to a Maildir of somebody else."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for number in range(count):
        secret = base64.b64encode(b"\0ann%d\0secret" % (number % 10)).decode()  # a name may send only so much in a minute
        with smtplib.SMTP("127.0.0.1", place.port, timeout=120, local_hostname="client.test") as client:
            client.starttls(context=context)
            client.ehlo()
            assert client.docmd("AUTH", "PLAIN " + secret)[0] == 235
            client.sendmail("ann@owners.test", ["ann@owners.test"], f"Subject: {number}\r\n\r\nx\r\n".encode())


def load(server, place):
    """All at once; the mail is the last to be through."""
    is_over = threading.Event()
    operator = threading.Thread(target=operate, args=(server, place, is_over))
    people = [threading.Thread(target=submit, args=(place, LOCAL // 3)) for _ in range(3)]
    with crowd.waiting("idle-tls", server.port, CLIENTS), crowd.waiting("loris", server.port, CLIENTS):
        guesses = subprocess.Popen([servers.program("bench_guess"), str(server.port), "16", "20000", "1", "1000"],
                                   stdout=subprocess.DEVNULL)
        for thread in (operator, *people):
            thread.start()
        servers.clients("send", server.port, 32, MESSAGES, SITES, 4096)
        guesses.wait(600)
        for thread in people:
            thread.join(600)
        until(lambda: not any(f"d{site}.example" in server.queue("list", "--limit", "100000").stdout
                              for site in range(4, 10)), "the healthy sites to have their mail", 120)
        until(lambda: place.written() == LOCAL, lambda: f"{LOCAL} messages in the Maildir, {place.written()} are there", 120)
    is_over.set()
    operator.join(60)


def names_of(leader):
    """What the processes below the server's first, and itself, call themselves."""
    found = []
    for process in servers.processes(leader):
        with contextlib.suppress(OSError):
            found.append((process / "comm").read_text().strip())
    return sorted(found)


def run(folder, _options):
    assert os.getuid() == 0, "only root's server has a parent, a mailbox agent and a helper for PAM: run this as root"
    place = pathlib.Path(folder) / "races"
    place.mkdir()
    place.chmod(0o755)
    tempfile.tempdir = str(place)
    beside, port = Place(place), free_port()
    dns = Nameserver(place / "dns", list(sites.zone(range(SITES))))
    peers = subprocess.Popen([servers.program("bench_peers"), str(port), str(MESSAGES)], stdout=subprocess.DEVNULL)
    was, candor.PROGRAM = candor.PROGRAM, str(PROGRAM)
    begun = time.monotonic()
    try:
        with crowd.serving(place, more=dns.section + beside.section, port=port,
                           env={"TSAN_OPTIONS": "halt_on_error=0 second_deadlock_stack=1"}) as server:
            load(server, beside)
            processes = names_of(server.process.pid)
            os.kill(server.process.pid, signal.SIGTERM)
            server.process.wait(120)
            found = server.log.count("WARNING: ThreadSanitizer")
            if found:
                print(server.log[server.log.index("WARNING: ThreadSanitizer"):][:3000])
    finally:
        candor.PROGRAM = was
        peers.kill()
        dns.stop()
    print(f"\nraces: {MESSAGES:,} messages in and out and {LOCAL} by login into a Maildir of somebody else, with {2 * CLIENTS} idle "
          f"and slow clients, guesses, commands and {beside.reloads} reloads of certificate and rules, "
          f"{time.monotonic() - begun:.0f} s, processes {' '.join(processes)}: {found} findings of the thread sanitizer")
    return not found
