"""Many clients at once: what an idle one costs, how many new ones a second are served, whether mail flows while
thousands dawdle, and what it costs to guess addresses."""
import contextlib
import pathlib
import resource
import subprocess
import tempfile

import servers
from servers import cpu_seconds, resident_kib

import candor
import pki
from waiting import free_port, until

OPEN = "connections-per-client = 1000000  connections-per-minute = 0  messages-per-minute = 0  recipients-per-minute = 0"
WANTED = {"rate": 2000, "loris": 0.9}  # new connections a second; of the mail that flows without them


def most_connections():
    """A server keeps half of the files that it may have open for other things."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2


@contextlib.contextmanager
def serving(folder, limits=OPEN, more="", networks="127.9.0.0/16", port=None, env=None):
    """`networks`: whose clients may relay, and are not limited in all ways."""
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    place.chmod(0o755)
    tempfile.tempdir = str(place)
    server = candor.Candor(relay=f"port = {port or free_port()}", env=env, networks=f'"{networks}"', retry="1 h",
                           more=f"log {{ level = warning }}\n{more}")
    text = server.config.read_text()
    server.config.write_text(text.replace("limits {", f"limits {{ connections = 100000  {limits} "))
    try:
        yield server.start()
    finally:
        if server.process.poll() is None:
            server.kill()


@contextlib.contextmanager
def waiting(mode, port, count):
    """So many clients, while it lasts."""
    process = subprocess.Popen([servers.program("bench_clients"), mode, str(port), str(count)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n", f"not all {count} clients of {mode} were served"
        yield
    finally:
        process.stdin.close()
        process.wait(120)


def idle(folder, mode, count, more=""):
    """KiB for each of so many clients; of several servers, where one may not hold as many files."""
    shares = [count // n for n in (1, 2, 3, 4) if count // n <= most_connections()][0]
    total = 0
    for _ in range(count // shares):
        with serving(folder, more=more) as server:
            before = resident_kib(server.process.pid)
            with waiting(mode, server.port, shares):
                total += resident_kib(server.process.pid) - before
    return total / count, shares


def certificate(folder):
    """The section of a configuration, with a key that the server may read after it changed its user."""
    issued = pki.Authority(folder).certificate("mx.here.test")
    for path in (issued.file, issued.key):
        pathlib.Path(path).chmod(0o644)
    return f'certificate mx {{ file = "{issued.file}"  key = "{issued.key}" }}\n'


def told(name, figure, wanted=None, is_more=True):
    """Prints a line; whether that is enough."""
    is_enough = wanted is None or (figure >= wanted if is_more else figure <= wanted)
    print(f"  {name}" + ("" if is_enough else "   SHORT"))
    return is_enough


def idle_lines(folder):
    for mode, words, count, more in (("idle-tls", "TLS", 10000, certificate(folder)), ("idle", "plaintext", 30000, "")):
        kib, share = idle(folder, mode, count, more)
        told(f"{count:,} idle {words} connections: {kib:.1f} KiB each"
             + ("" if share == count else f" ({share:,} for each of {count // share} servers: "
                f"a process may have {2 * most_connections():,} files open here)"), kib)
    return True


def new_connections(folder, seconds=10):
    with serving(folder) as server:
        before = cpu_seconds(server.process.pid)
        done, odd, spent, own = servers.clients("connect", server.port, WANTED["rate"], seconds)
        cpu = cpu_seconds(server.process.pid) - before
        return told(f"new connections, each with EHLO and QUIT: {done / spent:,.0f} a second, {odd:.0f} not served, "
                    f"{1e6 * cpu / done:.0f} µs of the server's CPU each and {1e6 * own / done:.0f} of the client's",
                    done / spent if odd == 0 else 0, 0.95 * WANTED["rate"])


@contextlib.contextmanager
def postfix_serving(folder, errors=1000000):
    """Postfix as an expert would set it up for speed, with so many errors in a session."""
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    place.chmod(0o755)
    server = servers.Postfix(place, free_port(), more={"smtpd_soft_error_limit": str(errors), "smtpd_hard_error_limit": str(errors)})
    try:
        yield server
    finally:
        server.stop()


def beside_postfix(folder, words, mode, *numbers):
    """The same from Postfix, for comparison."""
    with postfix_serving(folder) as server:
        before = cpu_seconds(server.pid)
        done, _, spent, own = servers.clients(mode, server.port, *numbers)
        cpu = cpu_seconds(server.pid) - before
    told(f"  Postfix, {words}: {done / spent:,.0f} a second, {1e6 * cpu / done:.0f} µs of its CPU each, "
         f"{1e6 * own / done:.0f} of the client's", cpu)


def mail_flow(folder, loris):
    """Messages a second beside so many clients that dawdle."""
    with serving(folder) as server, waiting("loris", server.port, loris) if loris else contextlib.nullcontext():
        done, odd, spent, _ = servers.clients("send", server.port, 32, 20000, 100, 4096)
        assert odd == 0, "mail was refused"
        return done / spent


def slow_clients(folder, count=5000, rounds=3):
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(mail_flow(folder, 0))
        beside.append(mail_flow(folder, count))
    return told(f"mail alone: {max(alone):,.0f} messages a second, beside {count:,} clients that send a byte a second: "
                f"{max(beside):,.0f}", max(beside) / max(alone), WANTED["loris"])


GUESSES = {  # words: (limits, guesses in a packet, the attacker's addresses)
    "no limits, one at a time": (OPEN + "  unknown-recipients-per-minute = 0  errors = 10000", 1, 10000),
    "no limits, 100 at a time": (OPEN + "  unknown-recipients-per-minute = 0  errors = 10000", 100, 10000),
    "limits that are preset, 10,000 attackers, one at a time": ("", 1, 10000),
    "limits that are preset, 10,000 attackers, 20 at a time": ("", 20, 10000),
    "limits that are preset, 50 attackers, 20 at a time": ("", 20, 50),
}


def guess(server, pid, count, batch, attackers):
    """CPU seconds of the server and of the attacker, guesses that were tried and that were answered, connections, seconds"""
    before = cpu_seconds(pid)
    done = subprocess.run([servers.program("bench_guess"), str(server.port), "128", str(count), str(batch), str(attackers)],
                          capture_output=True, text=True, check=True, timeout=900)
    tried, told_of, connections, spent, own = map(float, done.stdout.split())
    return cpu_seconds(pid) - before, own, tried, told_of, connections, spent


def guess_line(words, cpu, own, tried, told_of, connections, spent):
    return (f"{words}: {cpu:.1f} s of the server's CPU, {own:.1f} of the attacker's; {1e6 * cpu / tried:.2f} and {1e6 * own / tried:.2f} µs "
            f"for each of {tried:,.0f} guesses ({tried / spent:,.0f} a second), of which {told_of:,.0f} were answered, in {connections:,.0f} connections")


def guessing(folder, count=1_000_000):
    """Addresses that do not exist, from an attacker who does nothing that he could save."""
    print("  guessing addresses:")
    is_cheap = True
    for words, (limits, batch, attackers) in GUESSES.items():
        with serving(folder, limits, networks="127.0.0.1/32") as server:
            figures = guess(server, server.process.pid, count, batch, attackers)
        is_cheap &= told("  " + guess_line(words, *figures), figures[0], figures[1], is_more=False)
    for words, errors, batch in (("no limits, one at a time", 1000000, 1), ("no limits, 100 at a time", 1000000, 100),
                                 ("20 errors in a session, 20 at a time", 20, 20)):
        with postfix_serving(folder, errors) as server:
            told("  Postfix, " + guess_line(words, *guess(server, server.pid, count // 50, batch, 10000)), 0)
    return is_cheap


def run(folder, _options):
    print("\ncrowd: many clients at once")
    results = [idle_lines(folder), new_connections(folder)]
    beside_postfix(folder, "new connections", "connect", 500, 10)
    results += [slow_clients(folder), guessing(folder)]
    return all(results)
