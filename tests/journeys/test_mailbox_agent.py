"""write-as = owner: each Maildir is written by whoever owns it. Root's server has an agent for that; a person's own Maildirs
are written by the server itself."""
import os
import pathlib
import pwd
import signal

import pytest
from candor import UNPRIVILEGED, owner_of, run
from waiting import until

IS_ROOT = os.getuid() == 0
OWNERS = ("daemon", "games") if IS_ROOT else (pwd.getpwuid(os.getuid()).pw_name,) * 2
DOMAIN = 'domain owners.test {{ mailboxes = "{folder}/owners"  maildir = "{folder}/homes/%u/Maildir"  write-as = owner  {more} }}\n'


def home(server, name, owner):
    """The home of somebody, closed to all others."""
    path = pathlib.Path(server.folder) / "homes" / name
    path.mkdir(parents=True)
    about = pwd.getpwnam(owner)
    os.chmod(path, 0o700)
    if IS_ROOT:
        os.chown(path, about.pw_uid, 0 if name == "ben" else about.pw_gid)
        os.chmod(server.folder, 0o755)
    return path


@pytest.fixture
def owners(candor):
    """owners(text) starts a server with the mailboxes ann and ben, each of somebody else."""
    def start(more=""):
        server = candor(more=DOMAIN.format(folder="{folder}", more=more), files={"owners": "ann\nben\n"})
        for name, owner in zip(("ann", "ben"), OWNERS):
            home(server, name, owner)
        return server
    return start


def mails(server, name):
    return sorted((pathlib.Path(server.folder) / "homes" / name / "Maildir" / "new").glob("*"))


def wait_mails(server, name, count=1):
    until(lambda: len(mails(server, name)) >= count, lambda: f"{count} messages for {name}; log:\n{server.log[-3000:]}")
    return mails(server, name)


def agent_of(server):
    mail = server.mail_process
    return next(pid for pid in server.children() if pid != mail and owner_of(pid) == 0)


def test_each_is_written_by_its_owner(owners):
    server = owners()
    for name, owner in zip(("ann", "ben"), OWNERS):
        server.send(f"{name}@owners.test", body=f"for {name}\r\n")
        (file,) = wait_mails(server, name)
        about = pwd.getpwnam(owner)
        for path in (file, file.parent, file.parent.parent):
            assert path.stat().st_uid == about.pw_uid, path
            assert path.stat().st_mode & 0o077 == 0, path
        text = file.read_text()
        assert text.startswith("Return-Path: <alice@here.test>\nDelivered-To: ") and text.endswith(f"\n\nfor {name}\n")
        assert f",S={len(text)}" in file.name
    server.send("alice@here.test")  # as ever
    server.wait_mail("alice")
    assert server.files("alice")[0].stat().st_uid == pwd.getpwnam(UNPRIVILEGED).pw_uid if IS_ROOT else True


def test_a_link_into_somebody_else_s_folder_leads_nowhere(owners):
    server = owners()
    target = home(server, "other", OWNERS[0])
    os.symlink(target, f"{server.folder}/homes/ben/Maildir")
    if IS_ROOT:
        about = pwd.getpwnam(OWNERS[1])
        os.chown(f"{server.folder}/homes/ben/Maildir", about.pw_uid, about.pw_gid, follow_symlinks=False)
    server.send("ben@owners.test")
    if IS_ROOT:
        until(lambda: "Permission denied" in server.queue("list").stdout, lambda: server.queue("list").stdout)
        assert list(target.iterdir()) == []
    else:
        until(lambda: len(list(target.glob("new/*"))) == 1, "his own link")


def test_root_s_own_is_written_by_nobody(owners):
    server = owners()
    if IS_ROOT:
        os.chown(f"{server.folder}/homes/ann", 0, 0)
        server.send("ann@owners.test")
        until(lambda: "Operation not permitted" in server.queue("list").stdout, lambda: server.queue("list").stdout)
    server.send("ben@owners.test")
    wait_mails(server, "ben")


def test_the_mailbox_s_own_quota_holds(owners):
    """In a file that only its owner can read."""
    server = owners('when-full = refuse')
    server.send("ann@owners.test")
    maildir = wait_mails(server, "ann")[0].parent.parent
    (maildir / "maildirsize").write_text("4096S\n")
    os.chmod(maildir / "maildirsize", 0o600)
    if IS_ROOT:
        os.chown(maildir / "maildirsize", maildir.stat().st_uid, maildir.stat().st_gid)
    server.send("ann@owners.test", sender="alice@here.test", body=("x" * 60 + "\r\n") * 100)
    assert "5.2.3" in server.wait_mail("alice")[0].as_string()
    assert len(mails(server, "ann")) == 1


def test_an_agent_that_dies_is_started_again(owners):
    server = owners()
    server.send("ann@owners.test")
    wait_mails(server, "ann")
    if IS_ROOT:
        os.kill(agent_of(server), signal.SIGKILL)
        until(lambda: "mailbox-agent-ended" in server.log, lambda: server.log)
    server.send("ann@owners.test")
    wait_mails(server, "ann", 2)


def test_a_new_mailbox_is_known_after_a_reload(owners):
    server = owners()
    (server.folder / "owners").write_text("ann\nben\ncat\n")
    home(server, "cat", OWNERS[0])
    assert run("reload", "--socket", f"{server.folder}/control").returncode == os.EX_OK
    server.send("cat@owners.test")
    wait_mails(server, "cat")


def test_an_upgrade_changes_the_agent_too(owners):
    server = owners()
    server.send("ann@owners.test")
    wait_mails(server, "ann")
    if IS_ROOT:
        before = agent_of(server)
        assert run("reload", "--upgrade", "--socket", f"{server.folder}/control").returncode == os.EX_OK
        until(lambda: "mail-process-ready" in server.log, lambda: server.log)
        assert agent_of(server) != before
        assert "mailbox-agent-ended" not in server.log
    server.send("ann@owners.test")
    wait_mails(server, "ann", 2)
