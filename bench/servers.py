"""Candor and Postfix as the benches start them, and what the system says of their time and memory."""
import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("CANDOR", str(TOP / "build/candor"))
sys.path.insert(0, str(TOP / "tests/journeys"))

import candor  # noqa: E402
import postfix  # noqa: E402
from waiting import free_port  # noqa: E402

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

    def __init__(self, folder, next_hop, hold=False, more=None):
        settings = dict(EXPERT, relayhost=f"[127.0.0.1]:{next_hop}", **(more or {}))
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


def program(name):
    return str(TOP / "build/release/bench" / name)


def clients(mode, port, *numbers):
    """Runs bench_clients: (done, answered otherwise, seconds, its own CPU seconds)."""
    done = subprocess.run([program("bench_clients"), mode, str(port), *map(str, numbers)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=True, timeout=900)
    return tuple(map(float, done.stdout.split()))
