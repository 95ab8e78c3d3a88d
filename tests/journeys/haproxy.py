"""A real HAProxy in front of servers on this host, with a configuration of its own, as whoever runs the tests."""
import pathlib
import subprocess

from postfix import PEERS
from waiting import answers, free_port, until

PROGRAM = PEERS / "haproxy/usr/sbin/haproxy"
LIBRARIES = PEERS / "haproxy/usr/lib/x86_64-linux-gnu"

CONFIGURATION = """
defaults
    mode tcp
    timeout connect 10s
    timeout client 1m
    timeout server 1m
"""
WAY = """
listen way{port}
    bind 127.0.0.1:{port}
    server mail 127.0.0.1:{to} {options}
"""


class Haproxy:
    """`ways`: port of a server -> options of its line, such as send-proxy. .ports: where they are reached, in that order."""

    def __init__(self, folder, ways):
        self.folder = pathlib.Path(folder)
        self.ports = [free_port() for _ in ways]
        config = self.folder / "haproxy.cfg"
        config.write_text(CONFIGURATION + "".join(
            WAY.format(port=port, to=to, options=options) for port, (to, options) in zip(self.ports, ways)))
        self.process = subprocess.Popen(
            [PROGRAM, "-db", "-f", config], stdin=subprocess.DEVNULL, stdout=open(self.folder / "haproxy.log", "wb"),
            stderr=subprocess.STDOUT, env={"LD_LIBRARY_PATH": str(LIBRARIES), "PATH": "/usr/bin:/bin"})
        for port in self.ports:
            until(lambda: self.process.poll() is not None or answers("127.0.0.1", port), self.complaints)
        assert self.process.poll() is None, self.complaints()

    def complaints(self):
        return "HAProxy to listen:\n" + (self.folder / "haproxy.log").read_text()[-3000:]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
