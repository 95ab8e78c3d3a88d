"""A disk that fills up or breaks while mail is relayed: what became of it can't be written down. No delivery begins then,
the operator is told, and nothing is lost or doubled when it works again."""
import collections
import contextlib
import re

import pytest
from candor import Candor
from faults import FailingSync
from sink import Sink
from waiting import until

COUNT = 400  # the records of their ends fill more than the last page of a full disk
STUCK = "error   outcomes-unwritten reason="


class World:
    """A server whose mail for there.test waits until `go`, and a sink that takes it."""

    def __init__(self, stack, **options):
        self.sink = Sink()
        stack.callback(self.sink.close)
        self.server = Candor(relay=f'smarthost = "127.0.0.1:{self.sink.port}"', retry="100 ms", reserve="0",
                             queue="connections-per-site = 4", **options)  # so that not all are out before the first is recorded
        stack.callback(self.server.close)

    def start(self):
        self.server.start()
        assert self.server.queue("suspend", "--site", "there.test", "--reason", "not yet").returncode == 0
        with self.server.smtp() as session:
            for number in range(COUNT):
                session.sendmail("alice@here.test", ["carol@there.test"], f"Subject: n{number}\r\n\r\nx\r\n")
        return self

    def go(self):
        self.server.queue("resume", "--site", "there.test")

    def is_stuck(self):
        until(lambda: STUCK in self.server.log, lambda: self.server.log[-3000:])

    def is_empty(self):
        until(lambda: self.server.queue().stdout == "Nothing waits.\n", lambda: self.server.queue().stdout + self.server.log[-3000:])

    def taken(self):
        """How often each message was, of all that were handed in."""
        counts = collections.Counter(re.search(rb"^Subject: (\S+)", mail, re.M)[1].decode() for mail in list(self.sink.messages))
        assert set(counts) <= {f"n{number}" for number in range(COUNT)}
        return counts


@contextlib.contextmanager
def failing_sync(folder, _):
    fault = FailingSync(folder, "/spool/")
    with contextlib.ExitStack() as stack:
        world = World(stack, env=fault.env)
        yield world.start(), fault.on, fault.off


@contextlib.contextmanager
def full_disk(_, small_disk):
    with contextlib.ExitStack() as stack:
        world = World(stack, prefix=small_disk.prefix)
        small_disk.mount(world.server.folder / "spool")
        yield world.start(), small_disk.fill, small_disk.free


@pytest.fixture(params=[failing_sync, full_disk], ids=lambda fault: fault.__name__)
def fault(request, folder, small_disk):
    with request.param(folder, small_disk) as made:
        yield made


def test_it_goes_on_by_itself_and_nothing_is_doubled(fault):
    world, break_it, mend_it = fault
    break_it()
    world.go()
    world.is_stuck()
    told = world.server.queue().stdout
    assert "Nothing is sent now: what becomes of messages can't be written to the spool." in told
    assert len(world.sink.messages) < COUNT
    mend_it()
    until(lambda: "info    outcomes-written" in world.server.log, lambda: world.server.log[-3000:])
    world.is_empty()
    assert set(world.taken().values()) == {1} and len(world.taken()) == COUNT
    world.server.kill()  # what was written late is there
    world.server.start()
    world.server.send("alice@here.test", subject="marker")
    world.server.wait_mail("alice")
    world.is_empty()
    assert set(world.taken().values()) == {1}


def test_a_kill_meanwhile_repeats_only_what_had_just_gone_out(fault):
    world, break_it, mend_it = fault
    break_it()
    world.go()
    world.is_stuck()
    world.server.kill()
    before = world.taken()
    mend_it()
    world.server.start()
    world.go()
    world.is_empty()
    after = world.taken()
    assert len(after) == COUNT and set(before.values()) == {1}
    assert all(after[name] == 1 for name in after.keys() - before.keys())
    assert all(after[name] <= 2 for name in before)


def test_a_stop_meanwhile_says_what_may_come_twice(fault):
    world, break_it, mend_it = fault
    break_it()
    world.go()
    world.is_stuck()
    assert world.server.stop() == 0
    before, lost = world.taken(), world.server.log.count("error   outcome-lost id=")
    assert 0 < lost <= len(before)
    mend_it()
    world.server.start()
    world.go()
    world.is_empty()
    after = world.taken()
    assert len(after) == COUNT and sum(after.values()) <= COUNT + lost
