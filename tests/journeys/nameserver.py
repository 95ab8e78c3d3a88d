"""An authoritative name server for the whole of a small internet: NSD with the root zone."""
import os
import pathlib
import socket
import subprocess

from postfix import PEERS
from waiting import answers, free_port, until

NSD = PEERS / "nsd"

CONFIG = """server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
  verbosity: 1
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
zone:
  name: "plain"
  zonefile: "plain.zone"
zone:
  name: "broken"
  zonefile: "broken.zone"
"""

HEAD = """$ORIGIN .
$TTL 60
@ SOA ns.test. admin.test. 1 3600 600 86400 1
@ NS ns.test.
ns.test. A 127.0.0.1
plain. NS ns.test.
"""
PLAIN = """$TTL 60
plain. SOA ns.test. admin.test. 1 3600 600 86400 1
plain. NS ns.test.
"""


def sign(folder, spoiled):
    """The root zone with DNSSEC, and the file of its trust anchor. Of what is `spoiled` (name and type) the signature
    is another's."""
    key = subprocess.run(["ldns-keygen", "-k", "-a", "ECDSAP256SHA256", "."], cwd=folder, capture_output=True, text=True, check=True)
    name = key.stdout.strip()
    subprocess.run(["ldns-signzone", "-n", "-o", ".", "root.zone", name], cwd=folder, capture_output=True, check=True)
    lines = (folder / "root.zone.signed").read_text().splitlines()
    for number, line in enumerate(lines):
        words = line.split()
        if len(words) > 8 and words[3] == "RRSIG" and (words[0], words[4]) in spoiled:
            words[-1] = words[-1][1:9] + words[-1][0] + words[-1][9:]
            lines[number] = " ".join(words)
    (folder / "root.zone").write_text("\n".join(lines) + "\n")
    (folder / f"{name}.key").rename(folder / "anchor")


class Nameserver:
    """`records` are lines of a zone file, names in full with the dot: `here.test. MX 10 mx.here.test.` With `signed`
    they come with DNSSEC, but not those of `plain`, which are of names below plain. Whatever is below broken ends in
    SERVFAIL: that zone has no file."""

    def __init__(self, folder, records, signed=False, plain=(), spoiled=()):
        self.folder, self.port = pathlib.Path(folder), free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "root.zone").write_text(HEAD + "\n".join(records) + "\n")
        (self.folder / "plain.zone").write_text(PLAIN + "\n".join(plain) + "\n")
        self.signed = signed
        if signed:
            sign(self.folder, spoiled)
            for path in (self.folder.parent, self.folder):
                os.chmod(path, 0o755)
        (self.folder / "nsd.conf").write_text(CONFIG.format(port=self.port, folder=self.folder))
        library = NSD / "usr/lib/x86_64-linux-gnu"
        self.process = subprocess.Popen(
            [NSD / "usr/sbin/nsd", "-d", "-c", self.folder / "nsd.conf"], stdin=subprocess.DEVNULL,
            stdout=open(self.folder / "out", "w"), stderr=subprocess.STDOUT,
            env=dict(os.environ, LD_LIBRARY_PATH=str(library)))
        until(lambda: self.process.poll() is not None or answers("127.0.0.1", self.port),
              lambda: "NSD to answer: " + (self.folder / "out").read_text())
        assert self.process.poll() is None, (self.folder / "out").read_text()

    @property
    def section(self):
        """For a Candor configuration."""
        anchor = f'trust-anchor = "{self.folder}/anchor"' if self.signed else ""
        return f'resolver {{ nameserver = {{ "127.0.0.1@{self.port}" }}  {anchor} }}\n'

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class SlowNameserver:
    """A name server that answers when it is told to: each question with 127.0.0.2, or with SERVFAIL."""

    def __init__(self):
        self.port, self.asked = free_port(), []
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.settimeout(30)

    @property
    def section(self):
        return f'resolver {{ nameserver = {{ "127.0.0.1@{self.port}" }} }}\n'

    def wait(self):
        self.asked.append(self.socket.recvfrom(512))

    def answer(self, code, record):
        for question, client in self.asked:
            end = question.index(b"\0", 12) + 5
            head = question[:2] + bytes((0x81, 0x80 | code, 0, 1, 0, 1 if record else 0, 0, 0, 0, 0))
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\2" if record else b""
            self.socket.sendto(head + question[12:end] + answer, client)
        self.asked.clear()
