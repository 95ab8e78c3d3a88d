"""A real Postfix on an unprivileged port, in a folder of its own, as whoever runs the tests.

Postfix wants to be root and to become its own user. Two preloaded libraries of the cwrap project make it
believe so: uid_wrapper pretends the changes of user, nss_wrapper the user postfix and the group postdrop."""
import os
import pathlib
import signal
import subprocess

from waiting import answers, until

PEERS = pathlib.Path(os.environ.get("CANDOR_PEERS", pathlib.Path(__file__).parents[2] / "build/peers"))
ROOT = PEERS / "postfix"
SBIN = ROOT / "usr/sbin"
LIBRARIES = ROOT / "usr/lib/x86_64-linux-gnu"

MASTER = """
{port} inet n - n - - smtpd {smtpd_options}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

MAIN = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "default_privs": "nobody",
    "inet_protocols": "ipv4",
    "mydestination": "",
    "alias_maps": "",
    "local_transport": "error:no local mail here",
    "virtual_transport": "virtual",
    "virtual_uid_maps": f"static:{os.getuid() or 1000}",
    "virtual_gid_maps": f"static:{os.getgid() or 1000}",  # no chown is needed then
    "mynetworks": "",
    "smtpd_recipient_restrictions": "reject_unauth_destination",
    "smtpd_peername_lookup": "no",
    "smtpd_client_connection_count_limit": "0",
    "in_flow_delay": "0",
    "disable_dns_lookups": "yes",
    "smtp_host_lookup": "native",
    "maximal_backoff_time": "5s",
    "minimal_backoff_time": "1s",
    "queue_run_delay": "1s",
}


def environment(folder):
    """What makes Postfix run as root does, from its own libraries, with users of its own."""
    uid, gid = os.getuid() or 1001, os.getgid() or 1001
    (folder / "passwd").write_text(f"root:x:0:0:root:/root:/bin/sh\npostfix:x:{uid}:{gid}::/:/bin/false\n"
                                   "mail:x:1000:1000::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n")
    (folder / "group").write_text(f"root:x:0:\npostfix:x:{gid}:\npostdrop:x:1002:\nmail:x:1000:\nnogroup:x:65534:\n")
    return {
        "PATH": "/usr/bin:/bin", "LANG": "C",
        "LD_LIBRARY_PATH": f"{ROOT}/usr/lib/postfix:{LIBRARIES}",
        "LD_PRELOAD": f"{LIBRARIES}/libnss_wrapper.so {LIBRARIES}/libuid_wrapper.so",
        "NSS_WRAPPER_PASSWD": str(folder / "passwd"), "NSS_WRAPPER_GROUP": str(folder / "group"),
        "UID_WRAPPER": "1", "UID_WRAPPER_ROOT": "1",
    }


def tool(name):
    """How to call smtp-source or smtp-sink: (words, environment). They need no pretending."""
    words = [str(SBIN / name)]
    if name == "smtp-sink" and os.getuid() == 0:
        words += ["-u", "nobody"]
    return words, {"PATH": "/usr/bin:/bin", "LANG": "C", "LD_LIBRARY_PATH": f"{ROOT}/usr/lib/postfix:{LIBRARIES}"}


class Postfix:
    """Accepts mail for `domains` into folder/mail/DOMAIN/LOCALPART/ (Maildir); `settings` change main.cf,
    `tables` are files in its configuration folder ($meta_directory)."""

    def __init__(self, folder, port, users, address="127.0.0.1", settings=None, smtpd_options="",
                 own_processes=False, tables=None):
        self.folder, self.port, self.address = pathlib.Path(folder), port, address
        self.config, self.process = self.folder / "config", None
        self.log = self.folder / "log/maillog"
        for path in ("config", "queue", "data", "mail", "log"):
            (self.folder / path).mkdir(parents=True, exist_ok=True)
        (self.config / "mailboxes").write_text("".join(
            f"{user} {user.split('@')[1]}/{user.split('@')[0]}/\n" for user in users))
        (self.config / "dynamicmaps.cf").write_text("")
        for name, text in (tables or {}).items():
            self.write_table(name, text)
        self.env = environment(self.folder)
        main = dict(MAIN)
        main.update({
            "queue_directory": self.folder / "queue", "data_directory": self.folder / "data",
            "command_directory": SBIN, "daemon_directory": ROOT / "usr/lib/postfix/sbin",
            "shlib_directory": ROOT / "usr/lib/postfix", "meta_directory": self.config,
            "virtual_mailbox_base": self.folder / "mail",
            "virtual_mailbox_maps": f"texthash:{self.config}/mailboxes",
            "virtual_mailbox_domains": " ".join(sorted({user.split("@")[1] for user in users})),
            "myhostname": "peer.test", "inet_interfaces": "loopback-only",
            "maillog_file": self.log, "maillog_file_prefixes": self.folder,
            "import_environment": "MAIL_CONFIG TZ LANG=C " + " ".join(sorted(set(self.env) - {"LANG"})),
            "export_environment": "TZ MAIL_CONFIG LANG " + " ".join(sorted(set(self.env) - {"LANG"})),
        })
        main.update(settings or {})
        (self.config / "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in main.items()))
        if own_processes:  # a process serves one client, so each connection reads the tables anew
            smtpd_options += " -o max_use=1"
        (self.config / "master.cf").write_text(MASTER.format(port=f"{address}:{port}", smtpd_options=smtpd_options))

    def start(self):
        for name in ("active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved "
                     "trace").split():
            (self.folder / "queue" / name).mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [ROOT / "usr/lib/postfix/sbin/master", "-c", self.config, "-d"], env=self.env,
            stdin=subprocess.DEVNULL, stdout=open(self.folder / "out", "w"), stderr=subprocess.STDOUT,
            start_new_session=True)
        until(lambda: self.process.poll() is not None or answers(self.address, self.port),
              lambda: f"Postfix to listen on {self.port}: {self.complaints()}")
        if self.process.poll() is not None:
            raise AssertionError(f"Postfix ended at once: {self.complaints()}")
        return self

    def complaints(self):
        return "\n".join(file.read_text()[-2000:] for file in (self.folder / "out", self.log) if file.exists())

    def write_table(self, name, text):
        """A texthash or regexp table in the configuration folder."""
        temporary = self.config / (name + ".new")
        temporary.write_text(text)
        temporary.replace(self.config / name)
        return self.config / name

    def maildir(self, user):
        local, domain = user.split("@")
        return self.folder / "mail" / domain / local

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
