"""A mail program with windows, Claws Mail, on a screen that exists in memory (Xvfb); its keys are pressed by xdotool."""
import contextlib
import os
import pathlib
import signal
import subprocess

from mailers import BODY, RECIPIENT, SENDER, SUBJECT, write
from waiting import until

ACCOUNT = """[Account: 1]
account_name=journey
is_default=1
name=Bob
address={sender}
protocol=6
smtp_server=localhost
use_smtp_auth={auth}
smtp_user_id={user}
set_smtpport=1
smtp_port={port}
ssl_smtp={tls}
ssl_certs_auto_accept=1
set_domain=1
domain=client.test
"""
FOLDERS = """<?xml version="1.0" encoding="UTF-8"?>
<folderlist><folder type="mh" name="Mail" path="{folder}/Mail">{items}</folder></folderlist>
"""
KINDS = {"inbox": "inbox", "sent": "outbox", "draft": "draft", "queue": "queue", "trash": "trash"}


@contextlib.contextmanager
def running(words, **options):
    """A program that is ended with the block."""
    with subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def settings(entrance, folder):
    """Claws Mail's folder for its settings: one account, and the places where it keeps mail."""
    for name in (*(f"Mail/{kind}" for kind in KINDS), "claws"):
        os.makedirs(f"{folder}/{name}")
    write(folder, "claws/clawsrc", "[Common]\nenable_aspell=0\n")
    write(folder, "claws/accountrc", ACCOUNT.format(sender=SENDER, auth=int(bool(entrance.user)), user=entrance.user,
                                                    port=entrance.port, tls=entrance.pick(0, 2, 1)))
    write(folder, "claws/folderlist.xml", FOLDERS.format(folder=folder, items="".join(
        f'<folderitem type="{kind}" name="{name}" path="{name}"/>' for name, kind in KINDS.items())))
    write(folder, "claws/passwordstorerc", f"[config_version:1]\n\n[account:1]\nsend {entrance.password}\n")
    return f"{folder}/claws"


def claws_mail(entrance, folder):
    """The message stands in a window for writing; the key of the button Send is pressed."""
    letter = write(folder, "letter", f"To: {RECIPIENT}\nSubject: {SUBJECT}\n\n{BODY}")
    program = ["claws-mail", "--alternate-config-dir", settings(entrance, folder), "--compose-from-file", letter]
    with running(["Xvfb", "-displayfd", "1", "-nolisten", "tcp"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as screen, \
            open(f"{folder}/said", "wb") as said:
        env = dict(os.environ, HOME=folder, LC_ALL="C.UTF-8", DISPLAY=":" + screen.stdout.readline().strip(),
                   SSL_CERT_FILE=entrance.authority, NO_AT_BRIDGE="1")
        with running(program, env=env, stdout=said, stderr=said) as client:
            found = subprocess.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", "Compose message"], env=env, check=True,
                                   timeout=40, capture_output=True, text=True)
            subprocess.run(["xdotool", "windowfocus", "--sync", found.stdout.split()[-1], "key", "ctrl+Return"], env=env, check=True, timeout=40)
            until(lambda: pathlib.Path(f"{folder}/Mail/sent/1").exists() or client.poll() is not None,
                  lambda: pathlib.Path(f"{folder}/said").read_text(errors="replace")[-3000:])
