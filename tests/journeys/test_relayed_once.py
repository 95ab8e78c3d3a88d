"""What got its 250 reaches each of its recipients once, or comes back once, though the server is killed again and again
while it relays to real servers. Only what a server took in the very moment of a kill may reach it twice (RFC 1047): nobody
can know then whether it did."""
import collections
import contextlib
import datetime
import itertools
import os
import random
import re
import smtplib
import threading
import time

from candor import Candor, is_running
from faults import KillingWrite
from receivers import DovecotBox, EximBox, MoodyBox, OpenSmtpdBox, PostfixBox, SinkBox
from waiting import free_port, until

ROUNDS = int(os.environ.get("CANDOR_ROUNDS", "10"))
CLIENTS, EACH = 3, 6  # messages of a client in a round
WINDOW = 2.0  # s: from our knowing of a server's 250 to the record of it on disk, on a machine that is busy
LATE = 0.3  # s: a mailbox may show a copy as much later than the server took it
SENDER = "bob@here.test"


class World:
    """A server that relays to five servers of the fake internet, and hands over to Dovecot."""

    def __init__(self, nameserver, folder, stack):
        self.seed = random.randrange(1 << 32)
        self.random, self.lock = random.Random(self.seed), threading.Lock()
        self.kills, self.owed, self.returned = [], set(), set()
        port, kinds = free_port("127.0.0.2"), (PostfixBox, EximBox, OpenSmtpdBox, SinkBox, MoodyBox)
        self.boxes = [closed(stack, kind(folder, f"127.0.0.{2 + n}", port)) for n, kind in enumerate(kinds)]
        dns = nameserver(*(record for n, box in enumerate(self.boxes) for record in (
            f"{box.domain}. MX 10 mx.{box.domain}.", f"mx.{box.domain}. A 127.0.0.{2 + n}")))
        dovecot = closed(stack, DovecotBox())
        self.boxes.append(dovecot)
        self.server = closed(stack, Candor(relay=f"port = {port}", retry="200 ms", more=dns.section + (
            f'domain {dovecot.domain} {{ mailboxes = "{{folder}}/mailboxes"  deliver = lmtp  lmtp = "{dovecot.place}" }}\n')))
        self.write = KillingWrite(folder, self.server.folder / "spool")
        self.server.env.update(self.write.env)
        self.server.start()

    def client(self, name):
        """One message to all of them and to somebody who is not there, and one that is refused as a whole."""
        with contextlib.suppress(OSError, smtplib.SMTPException), self.server.smtp() as session:
            for word in (f"{name}-{number}" for number in range(EACH)):
                to = [f"alice@{box.domain}" if box is self.boxes[-1] else f"{word}@{box.domain}" for box in self.boxes]
                gone, spam = f"gone-{word}@{MoodyBox.domain}", f"spam-{word}@{MoodyBox.domain}"
                session.sendmail(SENDER, [*to, gone], f"Subject: {word}\r\n\r\n{word}\r\n")
                with self.lock:
                    self.owed |= {(word, box.domain) for box in self.boxes}
                    self.returned.add(gone)
                session.sendmail(SENDER, spam, f"Subject: {word}\r\n\r\n{word}\r\n")
                with self.lock:
                    self.returned.add(spam)

    def round(self, number):
        """Load, and a kill: every other time in the middle of a write to the spool."""
        before = len(self.owed)
        clients = [threading.Thread(target=self.client, args=(f"r{number}c{n}",)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        until(lambda: len(self.owed) > before, lambda: self.server.log[-3000:])
        threading.Event().wait(self.random.uniform(0, 0.6))  # the moment of the cut is the point here
        if number % 2:
            clients.append(self.kill_in_a_write(f"r{number}x"))
        self.kills.append(time.time())
        self.server.kill()
        for client in clients:
            client.join(60)
            assert not client.is_alive()
        self.server.start()

    def kill_in_a_write(self, name):
        """The next one to the spool, which a client sees to."""
        worker, client = self.server.mail_process, threading.Thread(target=self.client, args=(name,))
        self.write.on()
        client.start()
        until(lambda: not is_running(worker), "the server to be killed by its own write")
        self.kills.append(self.write.killed_at())
        return client

    def settle(self):
        """Until nothing waits; what each box took, and how often each address came back."""
        until(lambda: self.server.queue().stdout == "Nothing waits.\n", lambda: self.server.queue("list").stdout + self.server.log[-3000:], 60)
        until(lambda: self.owed <= {copy[:2] for copy in self.copies()}, lambda: f"{self.missing()}\n{self.server.log[-3000:]}")
        notices = [file.read_text() for file in self.server.files("bob")]
        return collections.Counter(re.findall(r"^Final-Recipient: rfc822; (\S+)", "\n".join(notices), re.M))

    def copies(self):
        return [copy for box in self.boxes for copy in box.took()]

    def missing(self):
        return f"seed {self.seed}: lost are {sorted(self.owed - {copy[:2] for copy in self.copies()})[:5]}"

    def doubles(self):
        """The domain of each copy after the first; fails where there was no kill between the two."""
        by_recipient = collections.defaultdict(list)
        for word, domain, when in self.copies():
            by_recipient[word, domain].append(when)
        for (word, domain), times in by_recipient.items():
            for first, second in itertools.pairwise(sorted(times)):
                assert any(first - LATE < kill < second for kill in self.kills), (
                    f"seed {self.seed}: {word} for {domain} was sent again after {second - first:.3f} s without a kill")
                yield domain

    def unrecorded(self):
        """Of each delivery that was made again though the server knew of it already: how long it knew before it was killed;
        fails where that is too long for the record to have been on its way to the disk."""
        known = collections.defaultdict(list)
        for when, message, destination in re.findall(r"^(\S+) info +delivered id=(\S+) destination=(\S+) ", self.server.log, re.M):
            known[message, destination].append(datetime.datetime.fromisoformat(when).timestamp())
        for (message, destination), times in known.items():
            for when in sorted(times)[:-1]:
                seconds = min((kill - when for kill in self.kills if kill > when - 0.001), default=WINDOW)
                assert seconds < WINDOW, f"seed {self.seed}: {message} for {destination} was not recorded within {seconds:.3f} s"
                yield seconds


def closed(stack, thing):
    stack.callback(thing.close)
    return thing


def test_each_recipient_has_one_outcome(nameserver, folder):
    with contextlib.ExitStack() as stack:
        world = World(nameserver, folder, stack)
        for number in range(ROUNDS):
            world.round(number)
        came_back = world.settle()
        assert world.returned <= set(came_back), f"seed {world.seed}: {world.returned - set(came_back)}"
        assert set(came_back.values()) == {1}, f"seed {world.seed}: {came_back.most_common(5)}"
        copies = world.copies()
        assert not [copy for copy in copies if copy.word.startswith(("gone-", "spam-"))]
        doubles, unrecorded = collections.Counter(world.doubles()), list(world.unrecorded())
        print(f"{len(copies)} copies and {len(came_back)} notices in {ROUNDS} rounds, none lost; taken twice, in the moment of a kill: {dict(doubles)}; "
              f"{len(unrecorded)} deliveries were known to the server, for at most {max(unrecorded, default=0):.3f} s")
