"""A wrong configuration is refused with file, line and what to write instead; nothing is started."""
import os

import pytest
from candor import run

GOOD = """hostname = "mx.here.test"
listen mx { address = "127.0.0.1:2525" }
"""

CASES = {
    "misspelt key": ("hostnme = \"mx.here.test\"\n", 1, "hostname"),
    "misspelt key in a section": (GOOD + "relay { smarthos = \"x\" }\n", 3, "smarthost"),
    "unknown section": (GOOD + "relai { }\n", 3, "relay"),
    "port too large": (GOOD + "web { address = \"127.0.0.1:99999\" }\n", 3, "65535"),
    "not a size": (GOOD + "spool { reserve = \"lots\" }\n", 3, "MiB"),
    "file that is not there": (GOOD + "domain here.test { mailboxes = \"/nowhere/at/all\" }\n", 3, "/nowhere/at/all"),
    "brace that is not closed": (GOOD + "spool {\n path = \"/tmp/x\"\n", None, "}"),
}


@pytest.mark.parametrize("command", ["check", "serve"])
@pytest.mark.parametrize("name", CASES)
def test_error(folder, name, command):
    text, line, hint = CASES[name]
    file = f"{folder}/candor.conf"
    open(file, "w").write(text)
    done = run(command, "-c", file, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == os.EX_CONFIG, said
    assert hint in said
    if line:
        assert f"{file}:{line}:" in said


def test_all_errors_at_once(folder):
    file = f"{folder}/candor.conf"
    open(file, "w").write("hostname = \"mx.here.test\"\nlisten mx { address = \"nonsense\" }\nweb { address = \"x\" }\n")
    said = run("check", "-c", file)
    assert ":2:" in said.stdout + said.stderr and ":3:" in said.stdout + said.stderr


def test_a_good_one_passes(folder):
    file = f"{folder}/candor.conf"
    open(file, "w").write(GOOD + 'user = "nobody"\n')
    assert run("check", "-c", file).returncode == os.EX_OK


def test_no_file(folder):
    done = run("check", "-c", f"{folder}/none.conf")
    assert done.returncode in (os.EX_NOINPUT, os.EX_CONFIG) and "none.conf" in done.stderr + done.stdout
