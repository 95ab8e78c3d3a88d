"""The spool's tools: beside a running server, on the spool of one that is gone, and from one to another."""
import json
import os
import pwd
import re
import shutil

import pytest
from candor import UNPRIVILEGED, run
from waiting import free_port, until


def spool(server, *words):
    return run("spool", *words, "-c", server.config)


@pytest.fixture
def dead_end(candor):
    """A server whose smarthost does not answer: all mail for elsewhere waits."""
    return candor(relay=f'smarthost = "127.0.0.1:{free_port()}"', retry="10 min")


def send_three(server):
    for name in ("one", "two", "three"):
        server.send(f"{name}@there.test", subject=name, body=f"For {name}.\r\n..\r\n")


def names(folder, ending):
    return sorted(path.name for path in folder.glob(f"*{ending}"))


def picture(server):
    """All files of the spool."""
    return {path.name: path.read_bytes() for path in (server.folder / "spool").iterdir()}


def test_looks_beside_a_running_server_and_changes_nothing(dead_end):
    send_three(dead_end)
    until(lambda: dead_end.queue("list").stdout.count("refused") >= 1, lambda: dead_end.queue("list").stdout)
    before = picture(dead_end)
    check = spool(dead_end, "check")
    assert check.returncode == 0, check.stderr
    assert "3 messages wait for 3 recipients" in check.stdout and "all of it is whole" in check.stdout
    dump = spool(dead_end, "dump", "--json")
    records = [json.loads(line) for line in dump.stdout.splitlines()]
    messages = [record for record in records if record["type"] == "message"]
    assert [m["recipients"] for m in messages] == [["one@there.test"], ["two@there.test"], ["three@there.test"]]
    assert {"segment", "message", "state"} <= {record["type"] for record in records}
    assert "to <one@there.test>" in spool(dead_end, "dump").stdout
    assert picture(dead_end) == before
    dead_end.send("bob@here.test", subject="still there")
    assert dead_end.wait_mail("bob")[0]["Subject"] == "still there"


def bob_is_settled(server):
    """The smarthost was tried for the first message and rests: a state of the last can only tell of bob."""
    records = [json.loads(line) for line in spool(server, "dump", "--json").stdout.splitlines()]
    last = max(record["id"] for record in records if record["type"] == "message")
    return any(record["type"] == "state" and record["id"] == last for record in records)


def test_what_waits_goes_out_and_into_another_server(dead_end, candor, folder):
    """The way to move: the new server delivers exactly what still waited at the old one."""
    send_three(dead_end)
    with dead_end.smtp() as session:  # bob gets it at once: only the other is left to wait for
        session.sendmail("alice@here.test", ["bob@here.test", "four@there.test"], b"Subject: four\r\n\r\nfour\r\n")
    dead_end.wait_mail("bob")
    out = dead_end.folder / "out"
    until(lambda: bob_is_settled(dead_end), lambda: spool(dead_end, "dump").stdout)
    dead_end.kill()
    result = spool(dead_end, "export", out)
    assert result.returncode == 0 and "4 messages are in" in result.stdout, result.stderr
    assert len(names(out, ".eml")) == len(names(out, ".envelope")) == 4
    four = out / names(out, ".envelope")[-1]
    assert "MAIL FROM:<alice@here.test>" in four.read_text()
    assert "RCPT TO:<four@there.test>" in four.read_text() and "bob" not in four.read_text()
    assert b"For one.\r\n..\r\n" in (out / names(out, ".eml")[0]).read_bytes()

    other = candor()
    for name in names(out, ".envelope"):  # nobody is at there.test
        words = re.sub(r"<\w+@there.test>", "<bob@here.test>", (out / name).read_text())
        (out / name).write_text(words)
    locked = spool(other, "import", out)
    assert locked.returncode == os.EX_TEMPFAIL and "a server is using it" in locked.stderr
    assert len(names(out, ".envelope")) == 4
    assert other.stop() == 0
    result = spool(other, "import", out)
    assert result.returncode == 0 and "4 messages were put into" in result.stdout, result.stderr
    assert names(out, ".envelope") == [] and len(names(out, ".imported")) == 4
    if os.getuid() == 0:
        owner = pwd.getpwnam(UNPRIVILEGED).pw_uid
        assert {path.stat().st_uid for path in (other.folder / "spool").iterdir()} == {owner}
    assert "0 messages were put into" in spool(other, "import", out).stdout
    other.start()
    assert sorted(mail["Subject"] for mail in other.wait_mail("bob", 4)) == ["four", "one", "three", "two"]


def test_import_says_what_is_wrong_with_which_file(dead_end, folder):
    assert dead_end.stop() == 0
    good = {"a.envelope": "MAIL FROM:<x@here.test>\nRCPT TO:<bob@here.test>\n", "a.eml": "Subject: a\n\nby hand\n"}
    bad = {"b.envelope": "MAIL FROM:<x@here.test>\nRCPT TO:nobody\n", "b.eml": "x\n",
           "c.envelope": "MAIL FROM:<>\nRCPT TO:<bob@here.test>\n"}
    for name, text in {**good, **bad}.items():
        with open(f"{folder}/{name}", "w", encoding="ascii") as file:
            file.write(text)
    result = spool(dead_end, "import", folder)
    assert result.returncode == os.EX_DATAERR
    assert "1 message was put into" in result.stdout and "2 could not be" in result.stdout
    assert "b.envelope:2: " in result.stderr and "c.eml: No such file" in result.stderr
    dead_end.start()
    assert dead_end.wait_mail("bob")[0].get_content().splitlines() == ["by hand"]


def test_damage_is_told_with_its_place_and_its_cost(dead_end):
    send_three(dead_end)
    dead_end.kill()
    segment = max((dead_end.folder / "spool").glob("seg-*.log"))
    content = segment.read_bytes()
    at = content.index(b"For two.")
    segment.write_bytes(content[:at] + b"Fox" + content[at + 3:])
    result = spool(dead_end, "check")
    assert result.returncode == os.EX_DATAERR
    assert segment.name in result.stderr and "with ids between" in result.stderr
    assert "1 place is damaged" in result.stdout and "2 messages wait" in result.stdout
    out = dead_end.folder / "out"
    assert "2 messages are in" in spool(dead_end, "export", out).stdout
    assert sum(b"Subject: t" in (out / name).read_bytes() for name in names(out, ".eml")) == 1
    assert "damaged" in spool(dead_end, "dump").stdout


def test_a_copy_is_a_backup(dead_end, folder):
    send_three(dead_end)
    shutil.copytree(dead_end.folder / "spool", f"{folder}/copy")
    result = run("spool", "check", "--path", f"{folder}/copy")
    assert result.returncode == 0 and "3 messages wait" in result.stdout, result.stderr


@pytest.mark.parametrize("words, status, says", [
    (["check", "--path", "/nonexistent/spool"], os.EX_NOINPUT, "no such folder"),
    (["chek"], os.EX_USAGE, 'did you mean "check"'),
    (["export", "--path", "/tmp"], os.EX_USAGE, "usage:"),
    ([], os.EX_USAGE, "usage:"),
    (["import", "/nonexistent", "--path", "/tmp"], os.EX_NOINPUT, "No such file"),
    (["check", "-c", "/nonexistent/candor.conf"], os.EX_CONFIG, "--path FOLDER"),
])
def test_wrong_use_is_told(words, status, says):
    result = run("spool", *words)
    assert result.returncode == status and says in result.stderr
