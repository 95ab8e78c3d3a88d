"""The sandbox: the kernel says that the server is in it, mail flows, and what lies outside can't be taken in by a reload."""
import ctypes
import os
import pathlib
import pytest

from candor import Candor, run

CREATE_RULESET = 444  # landlock_create_ruleset, the same on every processor


def has_landlock():
    return ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, 1) >= 2


def threads(server):
    """For each thread, what /proc/…/status says."""
    return [dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
            for task in pathlib.Path(f"/proc/{server.mail_process}/task").iterdir()]


def test_every_thread_is_inside(candor):
    server = candor()
    server.send("alice@here.test")
    server.wait_mail("alice")
    for thread in threads(server):
        assert thread["Seccomp"] == "2" and thread["NoNewPrivs"] == "1", thread


def test_off_is_off(candor):
    server = candor(more="sandbox = off\n")
    assert {thread["Seccomp"] for thread in threads(server)} == {"0"}
    server.send("alice@here.test")
    server.wait_mail("alice")


def test_required_is_had_or_the_server_says_what_lacks(candor):
    if has_landlock():
        assert "no-landlock" not in candor(more="sandbox = required\n").log
    else:
        server = Candor(more="sandbox = required\n")
        with pytest.raises(AssertionError, match="sandbox = required: this kernel has no Landlock"):
            server.start()
        server.close()


def test_a_maildir_outside_is_no_surprise(candor, folder):
    """Where it can't be written, a reload that leads there changes nothing, and says what to do."""
    server = candor()
    os.chmod(folder, 0o777)
    before = server.config.read_text()
    server.config.write_text(before + f'domain new.test {{ mailboxes = "{server.folder}/mailboxes"  maildir = "{folder}/%u" }}\n')
    done = run("reload", "--socket", f"{server.folder}/control")
    if has_landlock():
        assert done.returncode == os.EX_CONFIG
        assert f"{folder} lies outside of the sandbox" in done.stderr and "restart the server" in done.stderr, done
        assert server.stop() == 0
        server.start()
    else:
        assert done.returncode == os.EX_OK
    server.send("alice@new.test")
    server.send("alice@here.test")
    server.wait_mail("alice")
    assert len(list((pathlib.Path(folder) / "alice" / "new").iterdir())) == 1


def test_a_maildir_that_is_made_too_late_is_told(candor):
    server = candor(more='domain late.test { mailboxes = "{folder}/mailboxes"  maildir = "{folder}/late/%u" }\n')
    if has_landlock():
        assert f"outside-of-sandbox path={server.folder}/late reason=\"No such file or directory\"" in server.log


def test_check_says_what_the_kernel_has(candor):
    server = candor()
    done = run("check", "-c", server.config)
    assert done.returncode == 0
    files = "files by Landlock (version " if has_landlock() else "files by their rights alone"
    assert f"sandbox: {files}" in done.stdout and "system calls by seccomp" in done.stdout, done
    server.config.write_text(server.config.read_text() + "sandbox = off\n")
    assert "sandbox: off\n" in run("check", "-c", server.config).stdout
