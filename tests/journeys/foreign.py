"""A real Sendmail, OpenSMTPD and Courier, each in a folder of its own, that hand all mail to a smarthost. They want to be
root and have fixed places for their files and their log: they are given a user and mount namespace of their own, in which
those places are empty folders or what was unpacked, and /dev/log is a socket of the test."""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import postfix
from waiting import answers, until

# What is mounted over the machine's own folders; the words that follow are the program to run.
NAMESPACE = """
set -e
mkdir -p "$FOLDER/dev" && mount --rbind /dev "$FOLDER/dev" && mount -t tmpfs tmpfs /dev
for name in null zero random urandom; do touch "/dev/$name" && mount --bind "$FOLDER/dev/$name" "/dev/$name"; done
ln -s /proc/self/fd /dev/fd && ln -s "$FOLDER/syslog" /dev/log
for place in /var/spool /var/lib /run; do mount -t tmpfs tmpfs "$place"; done
mkdir -p -m 711 /var/spool/smtpd && mkdir -p /var/lib/opensmtpd/empty
if [ -n "$LAID_OVER" ]; then
    mount -t overlay overlay -o "lowerdir=$FOLDER/etc:$LAID_OVER/etc:/etc" /etc
    mount -t overlay overlay -o "lowerdir=$LAID_OVER/usr:/usr" /usr
fi
exec env LD_PRELOAD="$PRELOADED" "$@"
"""


class Syslog:
    """What a syslog daemon does: lines from the socket, with the host's name, into a file. `lines`: (when, words)."""

    def __init__(self, folder):
        self.file, self.lines = folder / "mail.log", []
        self.file.touch()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "syslog"))
        (folder / "syslog").chmod(0o777)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while line := self.socket.recv(65536).decode(errors="replace"):
            words = line.rstrip("\n\0").partition(">")[2]  # "<22>Nov 27 23:05:57 sendmail[1]: …"
            self.lines.append((time.time(), words))
            with self.file.open("a") as file:
                file.write(f"{words[:15]} foreign{words[15:]}\n")


class Foreign:
    """What was unpacked is PEERS/`name`; laid_over: it stands at its places in /etc and /usr too."""

    def __init__(self, folder, name, laid_over=False):
        self.folder, self.process = pathlib.Path(folder), None
        self.folder.mkdir(exist_ok=True)
        self.root = postfix.PEERS / name
        (self.folder / "passwd").write_text("".join(f"{user}:x:0:0::/:/bin/sh\n" for user in ("root", "opensmtpd", "opensmtpq")))
        (self.folder / "group").write_text("".join(f"{group}:x:0:\n" for group in ("root", "opensmtpd", "opensmtpq")))
        (self.folder / "hosts").write_text("127.0.0.1 foreign.test\n127.0.0.1 localhost\n")
        self.syslog = Syslog(self.folder)
        self.log = self.syslog.file
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "FOLDER": str(self.folder),
                    "LAID_OVER": str(self.root) if laid_over else "",
                    "LD_LIBRARY_PATH": str(self.root / "usr/lib/x86_64-linux-gnu"),
                    "PRELOADED": f"{postfix.LIBRARIES}/libnss_wrapper.so {postfix.LIBRARIES}/libuid_wrapper.so",
                    "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"), "NSS_WRAPPER_GROUP": str(self.folder / "group"),
                    "NSS_WRAPPER_HOSTS": str(self.folder / "hosts"), "NSS_WRAPPER_HOSTNAME": "foreign.test",
                    "UID_WRAPPER": "1", "UID_WRAPPER_ROOT": "1"}

    def command(self, *words):
        return ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", NAMESPACE, "sh", *map(str, words)]

    def start(self, *words):
        self.process = subprocess.Popen(self.command(*words), env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=open(self.folder / "out", "w"), stderr=subprocess.STDOUT, start_new_session=True)

    def stop(self):
        """All of it: what a daemon leaves behind ends with the first process of its namespace."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def complaints(self):
        return "\n".join(file.read_text()[-3000:] for file in (self.folder / "out", self.log) if file.exists())


class Sendmail(Foreign):
    """Sends at once, from its command line; a report of failure goes to the smarthost too."""

    SOURCE = """divert(0)dnl
OSTYPE(`linux')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`STATUS_FILE', `')dnl
define(`confPID_FILE', `{folder}/pid')dnl
define(`ALIAS_FILE', `')dnl
define(`confDOMAIN_NAME', `foreign.test')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/switch')dnl
define(`confDELIVERY_MODE', `i')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {smarthost}')dnl
MAILER(`smtp')dnl
"""

    def __init__(self, folder, smarthost):
        super().__init__(folder, "sendmail")
        (self.folder / "queue").mkdir()
        (self.folder / "switch").write_text("hosts files\naliases files\npasswd files\n")
        (self.folder / "sendmail.mc").write_text(self.SOURCE.format(folder=self.folder, smarthost=smarthost))
        made = subprocess.run([self.root / "usr/bin/m4", "-D_CF_DIR_=../", "../m4/cf.m4", self.folder / "sendmail.mc"],
                              cwd=self.root / "usr/share/sendmail/cf/cf", env={"LD_LIBRARY_PATH": self.env["LD_LIBRARY_PATH"]},
                              capture_output=True, text=True, check=True, timeout=60)
        (self.folder / "sendmail.cf").write_text(made.stdout)
        # As it is unpacked the program is setgid, and would run without the libraries that are preloaded.
        self.program = self.folder / "sendmail"
        self.program.write_bytes((self.root / "usr/libexec/sendmail/sendmail").read_bytes())
        self.program.chmod(0o755)

    def send(self, sender, recipients, mail):
        """What Sendmail shows of its sessions."""
        done = subprocess.run(self.command(self.program, "-C", self.folder / "sendmail.cf", "-v", "-f", sender, *recipients),
                              env=self.env, input=mail, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr


class OpenSmtpd(Foreign):
    """Listens at a port; warns of delay and gives up within seconds. `head`: lines of its configuration in front; `listen`: more
    words about its port; `rules`: what goes to the smarthost, which is the action "out"."""

    def __init__(self, folder, port, smarthost, address="127.0.0.1", head="", listen="", rules='match from any for any action "out"\n'):
        super().__init__(folder, "opensmtpd")
        self.port, self.address = port, address
        (self.folder / "smtpd.conf").write_text(
            f"{head}listen on {address} port {port} {listen} hostname foreign.test\n"
            f'action "out" relay host smtp://127.0.0.1:{smarthost} helo foreign.test\n{rules}bounce warn-interval 1s\n')

    def start(self):
        super().start(self.root / "usr/sbin/smtpd", "-F", "-f", self.folder / "smtpd.conf")
        until(lambda: self.process.poll() is not None or answers(self.address, self.port), self.complaints)
        assert self.process.poll() is None, self.complaints()
        return self


class Courier(Foreign):
    """Sends one mail and goes on until it is stopped. Its programs clear their environment: users stand in its own
    /etc/passwd, and a change of groups, which the namespace forbids, is done by a library of the test's."""

    CHANGE_OF_GROUPS = "#include <grp.h>\nint setgroups(size_t n, const gid_t *list) { return (void)n, (void)list, 0; }\n"
    RUN = """
set -a; . /etc/courier/courierd
for name in tmp msgs msgq track sts allfilters filters; do mkdir -p "/var/lib/courier/$name"; done
mkdir -p /run/courier
/usr/lib/courier/courier/courierd & daemon=$!
until [ -p /var/lib/courier/tmp/trigger ]; do :; done
/usr/sbin/sendmail -f "$@" <"$MAIL" && wait $daemon
"""

    def __init__(self, folder, smarthost):
        super().__init__(folder, "courier", laid_over=True)
        etc = self.folder / "etc"
        (etc / "courier").mkdir(parents=True)
        users = ("root", "courier", "daemon", "nobody", "mail")
        (etc / "passwd").write_text("".join(f"{user}:x:0:0::/:/bin/sh\n" for user in users))
        (etc / "group").write_text("".join(f"{group}:x:0:\n" for group in users))
        (etc / "environment").touch()
        (etc / "courier/esmtproutes").write_text(f":[127.0.0.1],{smarthost}\n")
        for name in ("me", "defaultdomain"):
            (etc / "courier" / name).write_text("foreign.test\n")
        library, source = self.folder / "groups.so", self.folder / "groups.c"
        source.write_text(self.CHANGE_OF_GROUPS)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
        (etc / "ld.so.preload").write_text(f"{library}\n")
        self.env.update({"PRELOADED": "", "LD_LIBRARY_PATH": "", "MAIL": str(self.folder / "mail")})

    def send(self, sender, recipients, mail):
        (self.folder / "mail").write_text(mail)
        self.start("sh", "-c", self.RUN, "sh", sender, *recipients)
