"""A thousand destinations of which 300 never answer and 100 want to be left alone: the others get their mail as if
these were not there. All mail is in the queue before the first is sent."""
import subprocess
import tempfile
import time

import servers

import candor
from nameserver import Nameserver
from waiting import free_port, until

SITES, EACH = 1000, 50  # messages for each
HEALTHY, DEAD, SLOW = 1, 2, 3  # as in bench_peers.c
SENDER = "sender@bench.example"
WANTED = 1.1  # times the run without them


def kind(site):
    return DEAD if site % 10 < 3 else SLOW if site % 10 == 3 else HEALTHY


def zone(sites):
    for number, site in enumerate(sites):
        yield f"d{number}.example. MX 10 m{number}.example."
        yield f"m{number}.example. A 127.{kind(site)}.{site // 250}.{site % 250 + 1}"


def tell(server, *words):
    done = server.queue(*words)
    assert done.returncode == 0, done.stderr


def measure(folder, sites):
    """Seconds until the healthy ones have all their mail, and of the server's CPU; and what the peers say."""
    port, count = free_port(), len(sites) * EACH
    healthy = sum(kind(site) == HEALTHY for site in sites) * EACH
    dns = Nameserver(folder / "dns", list(zone(sites)))
    tempfile.tempdir = str(folder)
    server = candor.Candor(relay=f"port = {port}", more=dns.section + "log { level = error }\n", retry="1 m")
    peers = None
    try:
        server.start()
        until(lambda: server.queue().returncode == 0, "the control socket")
        tell(server, "suspend", "--sender", SENDER, "--reason", "not yet")
        servers.clients("send", server.port, 32, count, len(sites), 4096)
        peers = subprocess.Popen([servers.program("bench_peers"), str(port), str(healthy)], stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        begun, cpu = time.monotonic(), servers.cpu_seconds(server.process.pid)
        tell(server, "resume", "--sender", SENDER)
        told = peers.communicate(timeout=600)[0].split()
        spent = time.monotonic() - begun
        return spent, servers.cpu_seconds(server.process.pid) - cpu, healthy, int(told[1]), int(told[2])
    finally:
        if peers:
            peers.kill()
            peers.wait()
        server.kill()
        dns.stop()


def run(folder, options):
    all_sites = list(range(SITES))
    seconds = {"alone": [], "together": []}
    for number in range(options.rounds):
        for name, sites in (("alone", [s for s in all_sites if kind(s) == HEALTHY]), ("together", all_sites)):
            place = folder / f"sites-{name}-{number}"
            place.mkdir()
            place.chmod(0o755)
            spent, cpu, healthy, slow_took, put_off = measure(place, sites)
            seconds[name].append((spent, cpu))
    print(f"\nsites: {EACH} messages each for 600 healthy sites, alone and beside 300 dead and 100 slow ones; best of {options.rounds}")
    for name, spent in seconds.items():
        rounds = ", ".join(f"{elapsed:.2f} s, {cpu:.2f} of CPU" for elapsed, cpu in spent)
        print(f"  {name:8}  {healthy / min(spent)[0]:7,.0f} messages/s   (rounds: {rounds})")
    ratio = min(seconds["together"])[0] / min(seconds["alone"])[0]
    print(f"  {ratio:.2f} times as long (wanted: {WANTED}); the slow ones took {slow_took:,}, and put off {put_off:,}")
    return ratio <= WANTED
