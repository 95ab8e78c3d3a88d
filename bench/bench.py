"""Throughput and memory of Candor beside Postfix: same machine, same run, both sync before their 250.

  bench.py [--messages N] [--rounds N] [--sessions N] [--size BYTES] [--idle N] [receive|relay|idle ...]

Load comes from smtp-source and goes to smtp-sink (Postfix's own tools); they share the processors with the server,
so each line has the server's own CPU time too. Rounds alternate between the servers; the median counts.
"""
import argparse
import contextlib
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("CANDOR", str(TOP / "build/candor"))
sys.path.insert(0, str(TOP / "tests/journeys"))

import candor  # noqa: E402
import postfix  # noqa: E402
from waiting import answers, free_port, until  # noqa: E402

EXPERT = {  # what an administrator who wants speed would set; fsync stays on
    "in_flow_delay": "0", "default_process_limit": "200", "smtpd_peername_lookup": "no",
    "smtpd_client_connection_count_limit": "0", "smtpd_client_connection_rate_limit": "0",
    "smtpd_client_event_limit_exceptions": "127.0.0.0/8", "mynetworks": "127.0.0.0/8",
    "smtpd_recipient_restrictions": "permit_mynetworks, reject", "initial_destination_concurrency": "64",
    "default_destination_concurrency_limit": "64", "smtp_destination_concurrency_limit": "64",
    "smtpd_error_sleep_time": "0", "queue_run_delay": "300s", "minimal_backoff_time": "300s",
    "maximal_backoff_time": "4000s",
}


def processes(leader):
    """The process and all below it: /proc/PID of each."""
    parents = {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(path.name))
    todo, found = [leader], []
    while todo:
        pid = todo.pop()
        found.append(pathlib.Path(f"/proc/{pid}"))
        todo += parents.get(pid, [])
    return found


def cpu_seconds(leader):
    """Of a server so far, children that ended included."""
    ticks = 0
    for path in processes(leader):
        with contextlib.suppress(OSError):
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_kib(leader):
    """Memory of a server; shared pages are counted once (Pss) where the kernel tells."""
    total = 0
    for path in processes(leader):
        with contextlib.suppress(OSError):
            try:
                text = (path / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
            except (OSError, StopIteration):
                text = (path / "status").read_text()
                total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:"))
    return total


class Candor:
    name = "candor"

    def __init__(self, folder, next_hop):
        tempfile.tempdir = str(folder)  # the spool lies on the same disk as Postfix's queue
        self.server = candor.Candor(relay=f'smarthost = "127.0.0.1:{next_hop}"', more='log { level = warning }\n',
                                    retry="1 h")
        self.server.start()
        self.port, self.pid = self.server.port, self.server.process.pid

    def stop(self):
        self.server.kill()


class Postfix:
    name = "postfix"

    def __init__(self, folder, next_hop, hold=False):
        settings = dict(EXPERT, relayhost=f"[127.0.0.1]:{next_hop}")
        if hold:  # nothing but the way into the queue is measured
            settings["smtpd_client_restrictions"] = "check_client_access static:HOLD"
        self.server = postfix.Postfix(folder, free_port(), ["nobody@here.test"], settings=settings).start()
        self.port, self.pid = self.server.port, self.server.process.pid

    def stop(self):
        self.server.stop()


class Silence:
    """A next hop that takes connections and never says a word, so that nothing leaves the queue."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--idle", type=int, default=5000)
    parser.add_argument("what", nargs="*", default=[], help="receive, relay, idle; all when left out")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # spools stay until the end: ext4 is slow for a while after one was removed
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        for what in options.what or ["receive", "relay", "idle"]:
            if what == "idle":
                compare_idle(folder, options)
            else:
                compare(what, {"receive": receive, "relay": relay}[what], folder, options)


if __name__ == "__main__":
    main()
