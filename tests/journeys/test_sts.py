"""MTA-STS (RFC 8461): a domain's policy is fetched from its web server, kept, and kept to."""
import contextlib
import functools

import pytest
from candor import Candor
from faults import FailingSync
from pki import Authority
from sink import Sink
from sts_web import POLICY, Web, kept_policy
from waiting import free_port, until

PORT, WEB = free_port("127.0.0.2"), free_port("127.0.0.3")


class World:
    """there.example with an exchanger, a web server and a record; a server that trusts the authority."""

    def __init__(self, candor, nameserver, folder, web_name="mta-sts.there.example", mx_name="mx.there.example", record=True, **options):
        self.authority = Authority(folder)
        dns = nameserver("there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.2",
                         "mta-sts.there.example. A 127.0.0.3",
                         *(['_mta-sts.there.example. TXT "v=STSv1; id=1;"'] if record else []))
        self.web = Web(self.authority.certificate(web_name).context, WEB)
        self.sink = Sink(address="127.0.0.2", port=PORT, tls=self.authority.certificate(mx_name).context)
        self.server = candor(relay=f'port = {PORT} mta-sts-port = {WEB} authorities = "{self.authority.file}"', more=dns.section, retry="1 h", **options)
        self.kept = self.server.folder / "spool/mta-sts/there.example"

    def close(self):
        self.web.close()
        self.sink.close()

    def says(self, mode="enforce", mx="mx.there.example", age=86400):
        self.web.policy = POLICY.format(mode=mode, mx=mx, age=age)

    def delivers(self, count=1):
        self.server.send("carol@there.example")
        until(lambda: len(self.sink.messages) >= count, lambda: self.server.log)
        return self.sink.secure[-1]

    def keeps(self, *words):
        """The message is not sent; the log says why."""
        self.server.send("carol@there.example")
        until(lambda: all(word in self.server.log for word in ("cause=tls_failure", *words)), lambda: f"{words}\n{self.server.log}")
        assert self.sink.messages == []


@pytest.fixture
def world(worlds):
    return functools.partial(worlds, World)


@pytest.mark.parametrize("mx", ["mx.there.example", "*.there.example"])
def test_what_keeps_to_its_policy_gets_its_mail(world, mx):
    there = world()
    there.says(mx=mx)
    assert there.delivers()
    assert there.web.asked == [("mta-sts.there.example", "/.well-known/mta-sts.txt")]
    assert there.delivers(2) and len(there.web.asked) == 1  # the policy was kept


def test_an_exchanger_with_a_certificate_for_another(world):
    there = world(mx_name="other.example")
    there.says()
    there.keeps("MTA-STS (RFC 8461)", "is not for mx.there.example")


def test_an_exchanger_that_the_policy_does_not_name(world):
    there = world()
    there.says(mx="other.there.example")
    there.keeps("is named by its policy of MTA-STS", "mx.there.example")
    assert there.sink.commands == []


@pytest.mark.parametrize("mode", ["testing", "none"])
def test_what_is_only_tested_is_not_kept_to(world, mode):
    there = world(mx_name="other.example")
    there.says(mode=mode, mx="other.there.example")
    assert there.delivers()


def break_status(web):
    web.status = 404


def break_type(web):
    web.type = "text/html"


def break_policy(web):
    web.policy = "<html>"


def break_size(web):
    web.policy += "x: y\n" * 100000


@pytest.mark.parametrize("damage", [break_status, break_type, break_policy, break_size])
def test_a_policy_that_can_not_be_had_is_none(world, damage):
    there = world(mx_name="other.example")
    there.says()
    damage(there.web)
    assert there.delivers()
    assert "mta-sts-failed domain=there.example" in there.server.log
    assert there.delivers(2) and len(there.web.asked) == 1  # a failure is not asked for again at once


def test_a_web_server_with_another_name_is_not_believed(world):
    there = world(web_name="www.evil.example", mx_name="other.example")
    there.says()
    assert there.delivers()
    assert "is not for mta-sts.there.example" in there.server.log and there.web.asked == []


def test_without_a_record_nobody_is_asked(world):
    there = world(mx_name="other.example", record=False)
    there.says()
    assert there.delivers() and there.web.asked == []


def test_what_was_promised_holds_though_the_record_is_gone(world, folder):
    """Somebody who can keep the record away must not get the mail (RFC 8461 3.3)."""
    there = world(mx_name="other.example", record=False)
    there.kept.parent.mkdir()
    there.kept.write_text(kept_policy(1, 4000000000, POLICY.format(mode="enforce", mx="mx.there.example", age=86400)))
    there.kept.parent.chmod(0o755)
    there.keeps("MTA-STS (RFC 8461)", "is not for mx.there.example")


def test_a_policy_outlives_a_restart(world):
    there = world()
    there.says()
    assert there.delivers()
    assert there.server.stop() == 0
    there.server.start()
    assert there.delivers(2) and len(there.web.asked) == 1


# What a power cut leaves of a file whose bytes were not synced, and what a bad disk makes of it.
DAMAGE = {"empty": lambda _: b"", "half": lambda text: text[:len(text) // 2], "a line less": lambda text: text[:text.index(b"mx: ")],
          "zeros": lambda text: bytes(len(text)), "another server": lambda text: text.replace(b"mx.there", b"mx.evil_"),
          "garbage": lambda _: bytes(range(256)) * 500}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_policy_is_told_of_and_fetched_again(world, damage):
    there = world()
    there.says()
    assert there.delivers()
    there.server.kill()
    good = there.kept.read_bytes()
    there.kept.write_bytes(damage(good))
    there.server.start()
    assert there.delivers(2) and len(there.web.asked) == 2
    assert "warning mta-sts-damaged domain=there.example reason=" in there.server.log
    assert there.kept.read_bytes().split(b"\n", 1)[1] == good.split(b"\n", 1)[1]
    assert there.delivers(3) and len(there.web.asked) == 2  # what was fetched is whole again


def test_a_policy_that_a_crash_cut_off_is_in_nobodys_way(world):
    there = world()
    there.says()
    there.kept.parent.mkdir()
    there.kept.parent.chmod(0o777)
    part = there.kept.parent / ".new-there.example"
    part.write_bytes(b"1 17950")
    part.chmod(0o666)
    assert there.delivers() and there.web.asked
    assert there.kept.exists() and not part.exists()
    assert "mta-sts-damaged" not in there.server.log


def test_a_policy_that_can_not_be_synced_counts_and_is_not_kept(world, folder):
    fault = FailingSync(folder, "mta-sts")
    there = world(env=fault.env)
    there.says()
    fault.on()
    assert there.delivers()  # and by its rule
    assert 'warning mta-sts-not-kept domain=there.example reason="Input/output error"' in there.server.log
    assert not list(there.kept.parent.iterdir())
    fault.off()
    assert there.delivers(2) and len(there.web.asked) == 2 and there.kept.exists()


def test_a_policy_that_the_disk_has_no_room_for(small_disk, nameserver, folder):
    with contextlib.ExitStack() as stack:
        def candor(**options):
            server = Candor(prefix=small_disk.prefix, **options)
            stack.callback(server.close)
            (server.folder / "spool/mta-sts").mkdir()
            small_disk.mount(server.folder / "spool/mta-sts")
            small_disk.fill()
            return server.start()
        there = World(candor, nameserver, folder)
        stack.callback(there.close)
        there.says()
        assert there.delivers()
        assert 'warning mta-sts-not-kept domain=there.example reason="No space left on device"' in there.server.log
        small_disk.free()
        assert there.delivers(2) and len(there.web.asked) == 2
        assert there.delivers(3) and len(there.web.asked) == 2  # now it is kept
