"""A real Exim on an unprivileged port, in a folder of its own, that hands all mail to a smarthost. It refuses what its
ACL says: recipients at refused.test and, for now, at grey.test."""
import os
import pathlib
import signal
import subprocess

import postfix
from waiting import answers, until

PROGRAM = postfix.PEERS / "exim/usr/sbin/exim4"
KEPT = ("LD_PRELOAD", "NSS_WRAPPER_PASSWD", "NSS_WRAPPER_GROUP", "UID_WRAPPER", "UID_WRAPPER_ROOT", "LD_LIBRARY_PATH")

CONFIGURATION = """
exim_path = {program}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
primary_hostname = exim.test
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
daemon_smtp_ports = {port}
local_interfaces = {address}
tls_advertise_hosts =
rfc1413_query_timeout = 0s
ignore_bounce_errors_after = 0s
keep_environment = {kept}
acl_smtp_rcpt = recipient
{more}
begin acl
recipient:
  deny domains = refused.test
       message = relay not permitted
  defer domains = grey.test
       message = Greylisted, please try again
  accept
begin routers
smarthost:
  driver = manualroute
  transport = smtp
  route_list = * 127.0.0.1::{smarthost}
  self = send
begin transports
smtp:
  driver = smtp
  allow_localhost
begin retry
* * F,2h,1h
"""


class Exim:
    """`more`: lines of the configuration's main section."""

    def __init__(self, folder, port, smarthost, more="", address="127.0.0.1"):
        self.folder, self.port, self.address, self.process = pathlib.Path(folder), port, address, None
        for name in ("", "spool", "log"):
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name).chmod(0o777)
        self.log = self.folder / "log/mainlog"
        (self.folder / "exim.conf").write_text(CONFIGURATION.format(
            program=PROGRAM, folder=self.folder, port=port, smarthost=smarthost, more=more, address=address, kept=" : ".join(KEPT)))
        (self.folder / "passwd").write_text("root:x:0:0::/:/bin/sh\nDebian-exim:x:1234:1234::/:/bin/false\n"
                                            "nobody:x:65534:65534::/:/bin/false\n")
        (self.folder / "group").write_text("root:x:0:\nDebian-exim:x:1234:\nnogroup:x:65534:\n")
        libraries = [f"{postfix.LIBRARIES}/libnss_wrapper.so", f"{postfix.LIBRARIES}/libuid_wrapper.so"]
        values = (" ".join(libraries), f"{self.folder}/passwd", f"{self.folder}/group", "1", "1")
        self.env = {"PATH": "/usr/bin:/bin", "LANG": "C", **dict(zip(KEPT, values)),
                    "LD_LIBRARY_PATH": str(postfix.PEERS / "exim/usr/lib/x86_64-linux-gnu")}

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "-C", self.folder / "exim.conf", "-bdf"], env=self.env, stdin=subprocess.DEVNULL,
            stdout=open(self.folder / "out", "w"), stderr=subprocess.STDOUT, start_new_session=True)
        until(lambda: self.process.poll() is not None or answers(self.address, self.port), self.complaints)
        assert self.process.poll() is None, self.complaints()
        return self

    def complaints(self):
        return "Exim: " + "\n".join(file.read_text()[-2000:] for file in (self.folder / "out", self.log) if file.exists())

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
