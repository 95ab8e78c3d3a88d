"""Throughput and memory of Candor beside Postfix: same machine, same run, both sync before their 250. And what only
Candor is asked to show.

  bench.py [--messages N] [--rounds N] [--sessions N] [--size BYTES] [--idle N] [--out FOLDER] [NAME ...]

Load comes from smtp-source and goes to smtp-sink (Postfix's own tools); they share the processors with the server,
so each line has the server's own CPU time too. Rounds alternate between the servers; the median counts.
"""
import argparse
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import tempfile
import time

import crowd
import million
import races
import servers
import simulation
import sites
from servers import Candor, Postfix, Silence, cpu_seconds, resident_kib

import postfix
from waiting import answers, free_port, until

def source(options, port):
    words, env = postfix.tool("smtp-source")
    return subprocess.run(
        [*words, "-d", "-s", str(options.sessions), "-m", str(options.messages), "-l", str(options.size),
         "-f", "sender@there.test", "-t", "carol@elsewhere.test", f"127.0.0.1:{port}"],
        env=env, check=True, capture_output=True, timeout=600)


def make(kind, folder, next_hop, hold):
    folder.mkdir(parents=True)
    os.chmod(folder, 0o755)
    return Candor(folder, next_hop) if kind == "candor" else Postfix(folder, next_hop, hold)


def receive(kind, folder, options):
    """(messages per second, server's CPU seconds per 1,000 messages)"""
    silence = Silence()
    server = make(kind, folder, silence.port, hold=True)
    try:
        before, begun = cpu_seconds(server.pid), time.monotonic()
        source(options, server.port)
        spent = time.monotonic() - begun
        return options.messages / spent, (cpu_seconds(server.pid) - before) * 1000 / options.messages
    finally:
        server.stop()
        silence.socket.close()


def relay(kind, folder, options):
    """The same, until the last message has reached the next hop."""
    port = free_port()
    server = make(kind, folder, port, hold=False)
    words, env = postfix.tool("smtp-sink")
    sink = subprocess.Popen([*words, "-M", str(options.messages), f"127.0.0.1:{port}", "1000"], env=env,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers("127.0.0.1", port), "smtp-sink")
        before, begun = cpu_seconds(server.pid), time.monotonic()
        source(options, server.port)
        sink.wait(600)
        spent = time.monotonic() - begun
        return options.messages / spent, (cpu_seconds(server.pid) - before) * 1000 / options.messages
    finally:
        sink.kill()
        server.stop()


def idle(kind, folder, count):
    """KiB per connection that said EHLO and waits."""
    silence = Silence()
    server = make(kind, folder, silence.port, hold=True)
    open_sockets = []
    try:
        before = resident_kib(server.pid)
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            client.recv(512)
            client.sendall(b"EHLO client.test\r\n")
            client.recv(1024)
            open_sockets.append(client)
        return (resident_kib(server.pid) - before) / count
    finally:
        for client in open_sockets:
            client.close()
        server.stop()
        silence.socket.close()


def compare(title, measure, folder, options):
    results = {"candor": [], "postfix": []}
    for number in range(options.rounds):
        for kind, figures in results.items():
            figures.append(measure(kind, folder / f"{title}-{kind}-{number}", options))
    print(f"\n{title}: {options.messages} messages of {options.size} bytes, {options.sessions} sessions, "
          f"median of {options.rounds}")
    rate = {}
    for kind, figures in results.items():
        rate[kind] = statistics.median(figure[0] for figure in figures)
        cpu = statistics.median(figure[1] for figure in figures)
        print(f"  {kind:8} {rate[kind]:9,.0f} messages/s   {cpu:.3f} CPU s per 1,000   "
              f"(rounds: {', '.join(f'{figure[0]:,.0f}' for figure in figures)})")
    print(f"  ratio    {rate['candor'] / rate['postfix']:9.1f} times Postfix")


def compare_idle(folder, options):
    print("\nidle: memory of a connection that said EHLO and waits")
    for kind, count in (("candor", options.idle), ("postfix", min(200, options.idle))):
        print(f"  {kind:8} {idle(kind, folder / f'idle-{kind}', count):9.1f} KiB each, at {count:,} connections")


def compare_all(title, measure):
    return lambda folder, options: compare(title, measure, folder, options)


BENCHES = {
    "receive": compare_all("receive", receive),
    "relay": compare_all("relay", relay),
    "idle": compare_idle,
    "simulation": simulation.run,
    "sites": sites.run,
    "million": million.run,
    "crowd": crowd.run,
    "races": races.run,
}


def load():
    """Of the machine: others who work on it spoil the figures."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--idle", type=int, default=5000)
    parser.add_argument("--out", type=pathlib.Path, default=servers.TOP / "build/results/bench", help="for plots")
    parser.add_argument("what", nargs="*", metavar="NAME", help=f"{', '.join(BENCHES)}; all when left out")
    options = parser.parse_args()
    unknown = [name for name in options.what if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}: they are {', '.join(BENCHES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(load())
    missed = []
    # spools stay until the end: ext4 is slow for a while after one was removed
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        for what in options.what or BENCHES:
            if BENCHES[what](folder, options) is False:
                missed.append(what)
    print(f"\n{load()}" + (f"\nshort of what is wanted: {', '.join(missed)}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
