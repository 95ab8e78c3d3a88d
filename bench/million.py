"""A million messages that wait: what they cost in memory, how long a start takes, how long it takes to look at them."""
import pathlib
import tempfile
import time

import servers

import candor
from waiting import free_port, until

COUNT, DOMAINS, BYTES = 1_000_000, 5000, 512
SENDER = "sender@bench.example"
WANTED = {"memory": 1 << 20, "start": 5, "look": 2}  # KiB; seconds


def start(server):
    """Seconds until it takes mail and tells the operator of all that waits."""
    begun = time.monotonic()
    server.start()
    until(lambda: str(COUNT) in server.queue().stdout.replace(",", ""), lambda: "all messages: " + server.queue().stdout, 120)
    return time.monotonic() - begun


def look(server, *words):
    begun = time.monotonic()
    done = server.queue(*words)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - begun


def fill(server):
    until(lambda: server.queue().returncode == 0, "the control socket")
    done = server.queue("suspend", "--sender", SENDER, "--reason", "bench")
    assert done.returncode == 0, done.stderr
    return servers.clients("send", server.port, 64, COUNT, DOMAINS, BYTES)[2]


def measure(server):
    server.start()
    seconds = fill(server)
    print(f"\nmillion: {COUNT:,} messages to {DOMAINS:,} domains wait; they came in within {seconds:.0f} s")
    figures = {"memory": servers.resident_kib(server.process.pid)}
    print(f"  memory when they have come: {figures['memory'] / 1024:,.0f} MiB")
    server.stop(60)
    figures["start"] = start(server)
    cpu = servers.cpu_seconds(server.process.pid)
    figures["look"] = look(server)
    listed = look(server, "list", "--limit", "100")
    again = servers.resident_kib(server.process.pid)
    figures["memory"] = max(figures["memory"], again)
    print(f"  start: {figures['start']:.1f} s ({cpu:.1f} of CPU), memory then: {again / 1024:,.0f} MiB\n"
          f"  `candor queue`: {figures['look']:.2f} s, `candor queue list --limit 100`: {listed:.2f} s")
    return all(figures[name] <= most for name, most in WANTED.items())


def run(folder, _options):
    place = pathlib.Path(folder) / "million"
    place.mkdir()
    place.chmod(0o755)
    tempfile.tempdir = str(place)
    server = candor.Candor(relay=f"port = {free_port()}", more="log { level = warning }\n", retry="1 h")
    try:
        return measure(server)
    finally:
        server.kill()
