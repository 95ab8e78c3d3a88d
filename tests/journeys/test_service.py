"""Under a service manager: it hears when the server is ready, reloads, lives and stops."""
import os
import pathlib
import socket
import subprocess

from candor import run
from waiting import until

UNIT = pathlib.Path(__file__).parents[2] / "share/candor.service"


class Manager:
    """The socket of systemd's end of sd_notify(3)."""

    def __init__(self, folder):
        self.path, self.heard = f"{folder}/notify", []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        os.chmod(folder, 0o755)
        os.chmod(self.path, 0o777)

    def wait(self, word):
        def came():
            try:
                self.heard.append(self.socket.recv(1000).decode())
            except BlockingIOError:
                return False
            return self.heard[-1].startswith(word)
        until(came, lambda: f"{word}; heard was {self.heard}")


def test_the_manager_hears_what_the_server_does(candor, folder):
    manager = Manager(folder)
    server = candor(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"})
    manager.wait("READY=1")
    manager.wait("WATCHDOG=1")
    manager.wait("WATCHDOG=1")
    assert run("reload", "-c", server.config).returncode == os.EX_OK
    manager.wait("RELOADING=1\nMONOTONIC_USEC=")
    manager.wait("READY=1")
    server.config.write_text("wrong")
    assert run("reload", "--socket", f"{server.folder}/control").returncode == os.EX_CONFIG
    manager.wait("RELOADING=1")
    manager.wait("READY=1")
    assert server.stop() == 0
    manager.wait("STOPPING=1")


def test_the_unit_is_one_that_systemd_reads(folder):
    unit = pathlib.Path(folder) / "candor.service"
    unit.write_text(UNIT.read_text().replace("/usr/bin/candor", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert "candor.service" not in done.stderr, done.stderr


def test_a_wrong_configuration_is_not_tried_again(folder):
    """The manager asks only the main program's status, so nothing before it may fail for that reason."""
    config = pathlib.Path(folder) / "candor.conf"
    config.write_text("wrong")
    status = run("serve", "-c", config).returncode
    unit = UNIT.read_text().splitlines()
    assert f"RestartPreventExitStatus={status}" in unit and status == os.EX_CONFIG
    assert not any(line.startswith("ExecStartPre") for line in unit)
