"""What got its 250 is delivered, whatever happens; what could not be kept is refused with a 4yz reply."""
import os
import random
import smtplib
import threading

import pytest
from candor import Candor
from faults import FailingSync
from waiting import until

ROUNDS = int(os.environ.get("KILL_ROUNDS", "50"))
CLIENTS = 4


class Load:
    """Clients that hand in numbered messages until the server is gone; remembers which got their 250."""

    def __init__(self, server, name):
        self.server, self.name, self.acknowledged, self.lock = server, name, [], threading.Lock()
        self.first = threading.Event()
        self.threads = [threading.Thread(target=self.client, args=(n,)) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def client(self, number):
        count = 0
        try:
            with self.server.smtp() as session:
                while True:
                    word = f"{self.name}-{number}-{count}"
                    session.sendmail("carol@there.test", ["alice@here.test"], f"Subject: {word}\r\n\r\n{word}\r\n")
                    with self.lock:
                        self.acknowledged.append(word)
                    self.first.set()
                    count += 1
        except (OSError, smtplib.SMTPException):
            return  # the server is gone: that is what this is about

    def join(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()
        return self.acknowledged


def subjects(server):
    return [mail["Subject"] for mail in server.mails("alice")]


def test_fifty_rounds_of_kill_9(candor):
    seed = random.randrange(1 << 32)
    moment = random.Random(seed)
    server, acknowledged = candor(), []
    for number in range(ROUNDS):
        load = Load(server, f"r{number}")
        assert load.first.wait(30), server.log[-3000:]
        threading.Event().wait(moment.uniform(0, 0.15))  # the moment of the cut is the point here
        server.kill()
        acknowledged += load.join()
        server.start()
    server.send("bob@here.test", subject="marker")
    server.wait_mail("bob")
    server.wait_mail("alice", len(set(acknowledged)), 60)
    arrived = subjects(server)
    lost = set(acknowledged) - set(arrived)
    assert not lost, f"seed {seed}: {len(lost)} of {len(acknowledged)} acknowledged messages are lost: {sorted(lost)[:5]}"
    twice = len(arrived) - len(set(arrived))
    assert not twice, f"seed {seed}: {twice} of {len(arrived)} arrived more than once"
    print(f"{len(acknowledged)} acknowledged in {ROUNDS} rounds, none lost, none twice")


def refused(server, size):
    """The code and words with which a message of `size` bytes is refused; None: it was taken."""
    try:
        server.send("alice@here.test", subject="big", body=("x" * 70 + "\r\n") * (size // 72))
    except smtplib.SMTPRecipientsRefused as error:
        return list(error.recipients.values())[0]
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, error.smtp_error
    return None


@pytest.mark.parametrize("reserve", ["8 MiB", "0"], ids=["before-it-is-full", "when-it-is-full"])
def test_a_full_disk(small_disk, reserve):
    server = Candor(prefix=small_disk.prefix, reserve=reserve)
    try:
        small_disk.mount(server.folder / "spool")
        server.start()
        server.send("alice@here.test", subject="before")
        small_disk.fill()
        answers = [refused(server, 200_000) for _ in range(60)]
        taken = answers.count(None)
        code, words = [answer for answer in answers if answer][-1]
        assert (code, words[:6]) == (452, b"4.3.1 "), words
        small_disk.free()
        until(lambda: refused(server, 1000) is None, "service to go on when space is back")
        server.send("alice@here.test", subject="after")
        server.wait_mail("alice", taken + 3)
        assert {"before", "after"} <= set(subjects(server))
    finally:
        server.close()


def test_a_failing_sync_acknowledges_nothing(candor, folder):
    fault = FailingSync(folder)
    server = candor(env=fault.env)
    server.send("alice@here.test", subject="before")
    server.wait_mail("alice")
    fault.on()
    code, words = refused(server, 1000)
    assert (code, words[:6]) == (451, b"4.3.0 "), words
    assert refused(server, 1000)[0] // 100 == 4
    fault.off()
    server.kill()
    server.start()
    server.send("alice@here.test", subject="after")
    until(lambda: {"before", "after"} <= set(subjects(server)), "both messages")
