"""Started as root, the server is two processes: a parent that keeps the ports, root's rights and the keys, and a mail process
that does the rest, and can be replaced while clients wait. As a person it is one, and says so."""
import os
import pathlib
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import threading

import candor as harness
import pytest
from candor import UNPRIVILEGED, Candor, run
from test_service import UNIT, Manager
from test_tls import certificate
from waiting import free_port, until

IS_ROOT = os.getuid() == 0


def status_of(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def upgrade(server):
    return run("reload", "--upgrade", "--socket", f"{server.folder}/control")


def upgraded(server):
    """Changes the mail process for another, and waits until that one serves. False: there is nobody to do so."""
    before = server.log.count("mail-process-ready")
    done = upgrade(server)
    if not IS_ROOT:
        assert done.returncode == os.EX_CONFIG and "there is no parent that could" in done.stderr, done
        return False
    assert done.returncode == os.EX_OK, done
    until(lambda: server.log.count("mail-process-ready") > before, lambda: server.log)
    return True


def test_who_reads_the_network_is_not_root(candor):
    server = candor()
    parent, mail = status_of(server.process.pid), status_of(server.mail_process)
    user = UNPRIVILEGED if IS_ROOT else pwd.getpwuid(os.getuid()).pw_name
    assert set(mail["Uid"].split("\t")) == {str(pwd.getpwnam(user).pw_uid)}
    assert parent["NoNewPrivs"] == mail["NoNewPrivs"] == "1"
    assert (parent["Name"], mail["Name"]) == ("candor", "candor-mail" if IS_ROOT else "candor")
    assert (server.mail_process == server.process.pid) == (not IS_ROOT)


def test_a_person_s_server_is_one_process(candor):
    as_person = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if IS_ROOT else []
    server = candor(prefix=as_person)
    assert server.children() == []
    server.process.send_signal(signal.SIGUSR2)
    until(lambda: "not-upgraded reason=\"only a server that was started as root" in server.log, lambda: server.log)
    done = upgrade(server)
    assert done.returncode == os.EX_CONFIG and "there is no parent that could" in done.stderr, done
    server.send("alice@here.test")
    server.wait_mail("alice")


def test_a_mail_process_that_dies_is_started_again(candor):
    server = candor()
    if not IS_ROOT:
        assert server.children() == []
        return
    for count in range(1, 4):
        died = server.mail_process
        os.kill(died, signal.SIGKILL)
        server.send("alice@here.test")  # the client waits in the parent's socket
        server.wait_mail("alice", count)
        assert server.mail_process != died
        assert server.log.count('mail-process-ended how="signal 9 (Killed)"') == count
    assert "again_in=\"200 ms\"" in server.log and "again_in=\"400 ms\"" in server.log


def test_the_mail_process_does_not_outlive_its_parent(candor):
    server = candor()
    mail = server.mail_process
    server.process.kill()
    server.process.wait(20)
    until(lambda: not pathlib.Path(f"/proc/{mail}").exists(), "the mail process to end")
    server.start()
    server.send("alice@here.test")
    server.wait_mail("alice")


def test_a_key_that_only_its_owner_may_read_is_renewed(candor, folder):
    """Owner is who started the server: root, not the user that it became."""
    def serial():
        with server.smtp() as client:
            client.starttls(context=ssl._create_unverified_context())
            return client.sock.getpeercert(True)

    server = candor(more=certificate(folder, "mx.here.test"))
    os.chmod(folder, 0o755)
    first = serial()
    certificate(folder, "mx.here.test")
    os.chmod(f"{folder}/mx.here.test.key", 0o600)
    done = run("reload", "--socket", f"{server.folder}/control")
    assert done.returncode == os.EX_OK, (done, server.log)
    assert serial() != first


def test_a_file_that_the_configuration_names_from_now_on(candor, folder):
    server = candor()
    os.chmod(folder, 0o755)
    server.config.write_text(server.config.read_text() + certificate(folder, "mx.here.test"))
    os.chmod(f"{folder}/mx.here.test.key", 0o600)
    done = run("reload", "--socket", f"{server.folder}/control")
    if IS_ROOT:
        assert done.returncode == os.EX_OK, (done, server.log)
        with server.smtp() as client:
            assert client.starttls(context=ssl._create_unverified_context())[0] == 220
    else:
        assert "lies outside of the sandbox" in done.stderr


def test_the_rights_that_the_unit_leaves_are_enough(candor, folder):
    """To become the user, read a key, signal the mail process, and begin again."""
    rights = next(line.partition("=")[2].split() for line in UNIT.read_text().splitlines()
                  if line.startswith("CapabilityBoundingSet="))
    few = "-all," + ",".join("+" + right.removeprefix("CAP_").lower() for right in rights)
    key = certificate(folder, "mx.here.test")
    os.chmod(folder, 0o755)
    server = candor(more=key, prefix=["setpriv", f"--bounding-set={few}", f"--inh-caps={few}"] if IS_ROOT else [])
    assert run("reload", "--socket", f"{server.folder}/control").returncode == os.EX_OK, server.log
    upgraded(server)
    with server.smtp() as client:
        assert client.starttls(context=ssl._create_unverified_context())[0] == 220
    server.send("alice@here.test")
    server.wait_mail("alice")


class Sender(threading.Thread):
    """Connects again and again, a message each time."""

    def __init__(self, server, number):
        super().__init__()
        self.server, self.number, self.sent, self.failures, self.end = server, number, [], [], threading.Event()

    def run(self):
        while not self.end.is_set():
            subject = f"{self.number}-{len(self.sent)}"
            try:
                self.server.send("alice@here.test", subject=subject)
            except (OSError, smtplib.SMTPException) as failure:
                self.failures.append(repr(failure))
            self.sent.append(subject)


def test_no_client_notices_an_upgrade(candor):
    server = candor()
    senders = [Sender(server, number) for number in range(4)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(3):
            so_far = sum(len(sender.sent) for sender in senders)
            until(lambda: sum(len(sender.sent) for sender in senders) > so_far + 20, "mail to flow")
            upgraded(server)
    finally:
        for sender in senders:
            sender.end.set()
            sender.join(60)
    assert [sender.failures for sender in senders] == [[], [], [], []], server.log[-3000:]
    sent = sorted(subject for sender in senders for subject in sender.sent)
    assert sorted(mail["Subject"] for mail in server.wait_mail("alice", len(sent))) == sent


def test_a_message_under_way_is_finished(candor):
    server = candor()
    session = server.smtp()
    session.ehlo()
    session.docmd("MAIL FROM:<carol@there.test>")
    session.docmd("RCPT TO:<alice@here.test>")
    assert session.docmd("DATA")[0] == 354
    session.send(b"Subject: half\r\n\r\nfirst half\r\n")
    before = server.mail_process
    assert upgrade(server).returncode == (os.EX_OK if IS_ROOT else os.EX_CONFIG)
    if IS_ROOT:
        until(lambda: "draining" in server.log, lambda: server.log)
    session.send(b"second half\r\n.\r\n")
    assert session.getreply()[0] == 250
    session.close()
    assert server.wait_mail("alice")[0]["Subject"] == "half"
    if IS_ROOT:
        until(lambda: server.children() not in ([], [before]), "the next mail process")


def test_who_waits_for_an_upgrade_to_fewer_threads_is_served(candor):
    server = candor()
    text = server.config.read_text()
    server.config.write_text(text.replace("threads = 2", "threads = 4"))
    upgraded(server)
    server.config.write_text(text.replace("threads = 2", "threads = 1"))
    before, so_far = server.mail_process, server.log.count(" upgrading ")
    if IS_ROOT:
        os.kill(before, signal.SIGSTOP)  # it accepts nobody any more
    waiting = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(30)]  # spread over all sockets
    try:
        if IS_ROOT:
            server.process.send_signal(signal.SIGUSR2)
            until(lambda: server.log.count(" upgrading ") > so_far, lambda: server.log)
            os.kill(before, signal.SIGKILL)
        assert [client.recv(4) for client in waiting] == [b"220 "] * len(waiting)
    finally:
        for client in waiting:
            client.close()
    for _ in range(20):  # nobody is led to a socket that nobody serves
        with server.smtp() as client:
            assert client.noop()[0] == 250


def test_all_of_the_configuration_holds_after_an_upgrade(candor):
    server, port = candor(), free_port()
    text = server.config.read_text()
    server.config.write_text(text.replace("listen mx {", f'listen mx-two {{ address = "127.0.0.1:{port}" }}\nlisten mx {{'))
    if upgraded(server):
        for number in (port, server.port):
            with smtplib.SMTP("127.0.0.1", number, timeout=30) as client:
                assert client.ehlo()[0] == 250
    server.send("alice@here.test")
    server.wait_mail("alice")


def test_an_upgrade_that_can_not_be_changes_nothing(candor):
    server = candor()
    before, process = server.config.read_text(), server.mail_process
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f'listen mx-two {{ address = "127.0.0.1:{other.getsockname()[1]}" }}\n'
        for text, why in ((before + "limits { recipient = 5 }\n", "did you mean"), (before + taken, "another program listens on")):
            server.config.write_text(text)
            done = upgrade(server)
            assert done.returncode == os.EX_CONFIG, done
            assert (why if IS_ROOT else "there is no parent that could") in done.stderr, done
            assert done.stderr.endswith("The server goes on as it is.\n")
    assert server.mail_process == process
    server.config.write_text(before)
    server.send("alice@here.test")
    server.wait_mail("alice")


def test_the_program_that_is_installed_now_takes_over(monkeypatch, folder):
    installed = pathlib.Path(folder) / "candor"
    shutil.copy(harness.PROGRAM, installed)
    os.chmod(folder, 0o755)
    monkeypatch.setattr(harness, "PROGRAM", str(installed))
    server = Candor().start()
    try:
        shutil.copy(installed, f"{installed}.new")
        os.rename(f"{installed}.new", installed)
        new = installed.stat().st_ino
        assert not IS_ROOT or pathlib.Path(f"/proc/{server.process.pid}/exe").stat().st_ino != new
        if upgraded(server):
            for pid in (server.process.pid, server.mail_process):
                assert pathlib.Path(f"/proc/{pid}/exe").stat().st_ino == new
        server.send("alice@here.test")
        server.wait_mail("alice")
    finally:
        server.close()


def test_the_manager_sees_one_service_all_along(candor, folder):
    manager = Manager(folder)
    server = candor(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "4000000"})
    manager.wait("READY=1")
    if upgraded(server):
        manager.wait("RELOADING=1\nMONOTONIC_USEC=")
        manager.wait("READY=1")
    manager.wait("WATCHDOG=1")
    assert not [word for word in manager.heard if word.startswith("STOPPING")]
    assert server.stop() == 0
    manager.wait("STOPPING=1")


def test_test_says_whether_a_server_could_be_made(candor):
    server = candor()
    done = run("serve", "--test", "-c", server.config)
    assert (done.returncode, done.stdout, done.stderr) == (os.EX_OK, "", "")
    server.config.write_text(server.config.read_text() + "limits { recipient = 5 }\n")
    done = run("serve", "--test", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and "did you mean" in done.stderr


@pytest.mark.parametrize("text", ["", "mail", "mail 1 0", "mail 1 999", "parent 1 0 x", "other 0 0", "mail 1 99999999999"])
def test_what_no_server_left_is_refused(candor, text):
    server = candor()
    done = run("serve", "-c", server.config, env={"CANDOR_HANDOVER": text})
    assert done.returncode == os.EX_USAGE and "CANDOR_HANDOVER" in done.stderr, done
