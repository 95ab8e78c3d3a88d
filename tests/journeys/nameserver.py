"""An authoritative name server for the whole of a small internet: NSD with the root zone."""
import os
import pathlib
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
"""

HEAD = """$ORIGIN .
$TTL 60
@ SOA ns.test. admin.test. 1 3600 600 86400 1
@ NS ns.test.
ns.test. A 127.0.0.1
"""


class Nameserver:
    """`records` are lines of a zone file, names in full with the dot: `here.test. MX 10 mx.here.test.`"""

    def __init__(self, folder, records):
        self.folder, self.port = pathlib.Path(folder), free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "root.zone").write_text(HEAD + "\n".join(records) + "\n")
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
        return f'resolver {{ nameserver = {{ "127.0.0.1@{self.port}" }} }}\n'

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
