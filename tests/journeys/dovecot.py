"""A real Dovecot on this host, in a folder of its own, as whoever runs the tests (as nobody when that is root): its login
service and its LMTP server."""
import grp
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from candor import UNPRIVILEGED
from postfix import PEERS
from waiting import until

HOME = PEERS / "dovecot/usr"
MODULES = b"/usr/lib/dovecot/modules\0"  # compiled into its libraries

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
auth_verbose = yes
protocols = lmtp
ssl = no
libexec_dir = {home}/lib/dovecot
mail_plugin_dir = {home}/lib/dovecot/modules
import_environment = LD_LIBRARY_PATH
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
passdb {{
  {passdb}
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
mail_location = maildir:~/Maildir
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service auth {{
  unix_listener auth-client {{
    mode = 0666
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
protocol lmtp {{
  mail_plugins = quota
}}
plugin {{
  quota = maildir:User quota
  quota_rule = *:bytes={quota}
  quota_grace = 0
}}
{more}
"""


class Dovecot:
    """`users`: name -> password; for those in `roomy` the quota does not hold. .socket: of its login service; .lmtp: where mail is handed over."""

    def __init__(self, users, mechanisms="plain login scram-sha-256", quota="1M", roomy=(), passdb=None, more=""):
        folder = tempfile.mkdtemp(prefix="dove-")
        self.folder = pathlib.Path(folder)
        os.chmod(folder, 0o755)
        for name in ("run", "state", "home", "lib"):
            (self.folder / name).mkdir()
        self.socket, self.lmtp, self.process = f"{folder}/run/auth-client", f"{folder}/run/lmtp", None
        account = pwd.getpwnam(UNPRIVILEGED) if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        ids = f"{account.pw_uid}:{account.pw_gid}::{folder}/home"
        (self.folder / "users").write_text("".join(
            f"{name}:{{PLAIN}}{password}:{ids}/{name}::" + "userdb_quota_rule=*:bytes=1M" * (name in roomy) + "\n"
            for name, password in users.items()))
        self.config = self.folder / "dovecot.conf"
        self.config.write_text(CONFIGURATION.format(
            folder=folder, home=HOME, user=account.pw_name, group=grp.getgrgid(account.pw_gid).gr_name, mechanisms=mechanisms, quota=quota, more=more,
            passdb=passdb or f"driver = passwd-file\n  args = username_format=%u {folder}/users"))
        self.place_libraries()
        self.demote = None
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
            self.demote = account

    def place_libraries(self):
        """Unpacked instead of installed, it would look for its modules in /usr/lib all the same: these copies look here."""
        (self.folder / "m").symlink_to(HOME / "lib/dovecot/modules")
        here = os.fsencode(self.folder / "m")
        assert len(here) < len(MODULES), "the folder needs a short name"
        for name in ("libdovecot.so.0", "libdovecot-storage.so.0"):
            library = (HOME / "lib/dovecot" / name).read_bytes()
            assert library.count(MODULES) == 1
            (self.folder / "lib" / name).write_bytes(library.replace(MODULES, here.ljust(len(MODULES), b"\0")))

    def log(self):
        return (self.folder / "log").read_text(errors="replace") if (self.folder / "log").exists() else "(no log yet)"

    def start(self):
        libraries = [self.folder / "lib", HOME / "lib/dovecot", HOME / "lib/dovecot/modules/old-stats", *(HOME / "lib").glob("*-linux-gnu")]
        ids = {"user": self.demote.pw_uid, "group": self.demote.pw_gid, "extra_groups": []} if self.demote else {}
        # what the program dovecot does at first, from another place than /usr/bin
        self.process = subprocess.Popen(
            [HOME / "bin/doveconf", "-f", "service=master", "-c", self.config, "-m", "master", "-e", HOME / "sbin/dovecot", "-F", "-c",
             self.config], stdin=subprocess.DEVNULL, stdout=open(self.folder / "out", "ab"), stderr=subprocess.STDOUT, cwd="/",
            env={"LD_LIBRARY_PATH": ":".join(map(str, libraries)), "PATH": "/usr/bin:/bin"}, start_new_session=True, **ids)
        until(lambda: self.process.poll() is not None or self.is_ready(), self.complaints)
        assert self.process.poll() is None, self.complaints()
        return self

    def is_ready(self):
        """Its login service greets, and is done with it."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(self.socket)
                client.sendall(b"VERSION\t1\t1\nCPID\t%d\n" % os.getpid())
                text = b""
                while not text.endswith(b"DONE\n"):
                    got = client.recv(4096)
                    if not got:
                        return False
                    text += got
                return True
        except OSError:
            return False

    def complaints(self):
        return f"Dovecot to be ready:\n{(self.folder / 'out').read_text()}\n{self.log()[-3000:]}"

    def stop(self):
        """All of its processes: they are a group of their own."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, user, size):
        """Puts a message into the mailbox."""
        box = self.folder / "home" / user / "Maildir"
        for name in ("cur", "new", "tmp"):
            (box / name).mkdir(parents=True)
        (box / "cur" / f"1.filler,S={size}:2,S").write_bytes(b"Subject: filler\n\n".ljust(size, b"x"))
        if self.demote:
            for path in (box.parent, *box.parent.rglob("*")):
                os.chown(path, self.demote.pw_uid, self.demote.pw_gid)

    def mails(self, user):
        return sorted((self.folder / "home" / user / "Maildir/new").glob("*"))
