"""A host with several addresses, some of them dead (RFC 8305): mail takes the one that answers, and soon."""
import contextlib
import json
import os
import socket
import time

import pytest
from blackhole import BlackHole
from candor import run
from pki import Authority
from sink import Server, Session, Sink
from waiting import free_port, until

MX = "dual.example. MX 10 mx.dual.example."
SOON = 20  # seconds; an address that does not answer is given up after 30


class Server6(Server):
    address_family = socket.AF_INET6


class Sink6(Sink):
    kind = Server6


def port_of_both():
    """A port that is free for both families, on all addresses that are used here."""
    def is_free(port):
        with contextlib.ExitStack() as stack:
            for family, address in ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.2"), (socket.AF_INET, "127.0.0.3")):
                one = stack.enter_context(socket.socket(family))
                try:
                    one.bind((address, port))
                except OSError:
                    return False
        return True
    return next(port for port in iter(free_port, None) if is_free(port))


class Dual:
    """A server whose mail for dual.example goes to a host with these addresses; `sinks` answer, `holes` do not, nobody listens at others."""

    def __init__(self, candor, nameserver, _folder, addresses, sinks=(), holes=(), **options):
        self.port = port_of_both()
        self.sinks = [(Sink6 if ":" in address else Sink)(address=address, port=self.port) for address in sinks]
        self.holes = [BlackHole(address, self.port) for address in holes]
        dns = nameserver(MX, *[f"mx.dual.example. {'AAAA' if ':' in address else 'A'} {address}" for address in addresses])
        more = options.pop("more", "")
        self.server = candor(relay=f"port = {self.port}", more=dns.section + more, **options)

    def send(self, count=1):
        for number in range(count):
            self.server.send("carol@dual.example", subject=str(number))

    def close(self):
        for each in (*self.sinks, *self.holes):
            each.close()


@pytest.mark.parametrize("addresses, alive", [
    (("::1", "127.0.0.2"), "127.0.0.2"), (("::1", "127.0.0.2"), "::1"), (("127.0.0.2", "127.0.0.3"), "127.0.0.3")],
    ids=["dead-v6", "dead-v4", "one-family"])
def test_a_dead_address_does_not_cost_its_time_out(worlds, addresses, alive):
    dead = [address for address in addresses if address != alive]
    there = worlds(Dual, addresses=addresses, sinks=[alive], holes=dead)
    begun = time.monotonic()
    there.send()
    there.sinks[0].wait()
    assert time.monotonic() - begun < SOON
    until(lambda: there.server.queue().stdout == "Nothing waits.\n", lambda: there.server.queue("list").stdout)
    assert there.holes[0].came() == 0 and "connection timed out" not in there.server.log


def test_an_address_that_answers_at_once_is_the_only_one_that_is_asked(worlds):
    there = worlds(Dual, addresses=["::1", "127.0.0.2"], sinks=["::1", "127.0.0.2"])
    there.send(5)
    there.sinks[0].wait(5)
    assert there.sinks[1].commands == [] and there.sinks[1].messages == []


def test_an_address_that_refuses_gives_way_at_once(worlds):
    there = worlds(Dual, addresses=["::1", "127.0.0.2"], sinks=["127.0.0.2"], retry="1 h")
    there.send()
    there.sinks[0].wait()
    until(lambda: there.server.queue().stdout == "Nothing waits.\n", lambda: there.server.queue("list").stdout)
    assert "connection refused" not in there.server.log


def test_a_host_whose_addresses_all_refuse_is_told_with_each_of_them(worlds):
    there = worlds(Dual, addresses=["::1", "127.0.0.2", "127.0.0.3"], retry="1 h")
    there.send()

    def tried():
        rows = [json.loads(line) for line in there.server.queue("list", "--json").stdout.splitlines()]
        return rows[0] if rows and rows[0].get("last") else None
    row = until(tried, lambda: there.server.queue("list").stdout)
    assert row["cause"] == "connection_failed" and row["attempts"] == 1, row
    done = run("trace", row["id"], "-c", there.server.config)
    for address in ("::1", "127.0.0.2", "127.0.0.3"):
        assert f"=== {address}: connection refused" in done.stdout, done


def test_both_ways_to_a_host_are_one_connection_of_its_site(worlds):
    """With one connection allowed for a site, the second message waits for the first and takes its connection."""
    there = worlds(Dual, addresses=["::1", "127.0.0.2"], sinks=["127.0.0.2"], holes=["::1"], queue="connections-per-site = 1")
    there.send(4)
    there.sinks[0].wait(4)
    assert sum(line.startswith("EHLO") for line in there.sinks[0].commands) == 1


def test_a_source_with_one_family_goes_by_that_alone(worlds):
    """The address of the other family is no way for it, and costs nothing."""
    there = worlds(Dual, addresses=["::1", "127.0.0.2"], sinks=["127.0.0.2"], holes=["::1"], retry="1 h",
                   more='source one { ipv4 = "127.0.0.21" }\npool main { sources = { "one" } }\n'
                        'route all { recipients = { "dual.example" }  pool = main }\n')
    there.send()
    there.sinks[0].wait()
    assert there.server.queue().returncode == os.EX_OK and there.holes[0].came() == 0


class Leaves(Session):
    """Says 421 inside TLS."""

    def offer(self):
        if self.is_secure:
            self.say("421 4.3.2 going down")
            raise ConnectionError
        super().offer()


def test_a_host_that_leaves_inside_tls_gives_way_to_the_next(candor, nameserver, folder):
    port, tls = port_of_both(), Authority(folder).certificate("there.example").context
    leaving, staying = Sink(tls, "127.0.0.2", port, session=Leaves), Sink(tls, "127.0.0.3", port)
    dns = nameserver("two.example. MX 10 a.two.example.", "two.example. MX 20 b.two.example.",
                     "a.two.example. A 127.0.0.2", "b.two.example. A 127.0.0.3")
    server = candor(relay=f"port = {port}", more=dns.section, retry="1 h")
    server.send("carol@two.example")
    staying.wait()
    assert staying.secure == [True] and leaving.messages == []
    for each in (leaving, staying):
        each.close()
