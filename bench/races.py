"""The server that the thread sanitizer watches, under everything at once: mail in and out, TLS, clients that dawdle,
guessed addresses, an operator who looks, changes and reloads. Not a figure but a proof: it must find nothing."""
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

import crowd
import servers
import sites

import candor
from nameserver import Nameserver
from waiting import free_port, until

PROGRAM = servers.TOP / "build/tsan/src/cli/candor"
SITES, MESSAGES, CLIENTS = 100, 10000, 200
COMMANDS = (["queue"], ["queue", "list", "--limit", "20"], ["queue", "hold", "--sender", "@nobody.example"],
            ["queue", "retry", "--destination", "d3.example"], ["reload"])


def operate(server, is_over):
    """One command after the other, until it is over."""
    while not is_over.is_set():
        for words in COMMANDS:
            done = candor.run(*words, "-c", server.config)
            assert done.returncode == 0, done.stderr


def load(server):
    """All at once; the mail is the last to be through."""
    is_over = threading.Event()
    operator = threading.Thread(target=operate, args=(server, is_over))
    with crowd.waiting("idle-tls", server.port, CLIENTS), crowd.waiting("loris", server.port, CLIENTS):
        guesses = subprocess.Popen([servers.program("bench_clients"), "guess", str(server.port), "16", "20000"],
                                   stdout=subprocess.DEVNULL)
        operator.start()
        servers.clients("send", server.port, 32, MESSAGES, SITES, 4096)
        guesses.wait(600)
        until(lambda: not any(f"d{site}.example" in server.queue("list", "--limit", "100000").stdout
                              for site in range(4, 10)), "the healthy sites to have their mail", 120)
    is_over.set()
    operator.join(60)


def run(folder, _options):
    place = pathlib.Path(folder) / "races"
    place.mkdir()
    place.chmod(0o755)
    tempfile.tempdir = str(place)
    port = free_port()
    dns = Nameserver(place / "dns", list(sites.zone(range(SITES))))
    peers = subprocess.Popen([servers.program("bench_peers"), str(port), str(MESSAGES)], stdout=subprocess.DEVNULL)
    was, candor.PROGRAM = candor.PROGRAM, str(PROGRAM)
    begun = time.monotonic()
    try:
        with crowd.serving(place, more=dns.section + crowd.certificate(place), port=port,
                           env={"TSAN_OPTIONS": "halt_on_error=0 second_deadlock_stack=1"}) as server:
            load(server)
            os.kill(server.process.pid, signal.SIGTERM)
            server.process.wait(120)
            found = server.log.count("WARNING: ThreadSanitizer")
            if found:
                print(server.log[server.log.index("WARNING: ThreadSanitizer"):][:3000])
    finally:
        candor.PROGRAM = was
        peers.kill()
        dns.stop()
    print(f"\nraces: {MESSAGES:,} messages in and out with {2 * CLIENTS} idle and slow clients, guesses and commands, "
          f"{time.monotonic() - begun:.0f} s: {found} findings of the thread sanitizer")
    return not found
