"""Rules of the operator's own: the queue, its notices, the control socket, the page and candor send know them too."""
import json
import os
import pathlib
import socket
import urllib.parse
import urllib.request

import pytest
from candor import run, words_of_dsn
from waiting import free_port, until

RULES = """rule: our-cupboard
cause: mailbox_full
phrase: the cupboard is bare
match: 550 5.1.1 The cupboard is bare
step: Call the postmaster: +49 30 1234567.
"""
BARE = "550 5.1.1 The cupboard is bare"


@pytest.fixture
def server(candor, postfix, folder):
    peer = postfix(["carol@there.test"], settings={
        "smtpd_recipient_restrictions": "check_recipient_access texthash:$meta_directory/access "
                                        "reject_unauth_destination"},
        tables={"access": f"carol@there.test {BARE}\n"})
    page = free_port()
    (pathlib.Path(folder) / "own.rules").write_text(RULES)
    pathlib.Path(folder).chmod(0o755)  # the server's user reads them again
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"', more=f'rules = "{folder}"\nweb {{ address = "127.0.0.1:{page}" }}')
    server.page, server.peer, server.rules = page, peer, pathlib.Path(folder)
    return server


def test_the_queue_decides_by_them_and_the_notice_explains_by_them(server):
    server.send("carol@there.test")
    mail = server.wait_mail("alice")[0]
    line = [x for x in server.log.splitlines() if "stage=rcpt" in x][0]
    assert line.split()[2] == "bounce" and "cause=mailbox_full" in line  # built in: suppress, no_such_recipient
    words = words_of_dsn(mail)
    assert "full" in words and "+49 30 1234567" in words


def ask(server, text):
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(server.folder / "control"))
        control.sendall(json.dumps({"op": "explain", "text": text}).encode() + b"\n")
        (answer,) = json.loads(control.makefile().readline())["answers"]
    return answer


def test_the_control_socket_explains_by_them(server):
    answer = ask(server, BARE)
    assert (answer["cause"], answer["rule"]) == ("mailbox_full", "our-cupboard")


def test_a_reload_reads_them_again(server):
    file = server.rules / "own.rules"
    file.write_text(RULES.replace("cause: mailbox_full", "cause: mailbox_disabled").replace("+49 30", "+49 40"))
    assert ask(server, BARE)["cause"] == "mailbox_full"
    done = run("reload", "-c", server.config)
    assert done.returncode == os.EX_OK, done
    answer = ask(server, BARE)
    assert answer["cause"] == "mailbox_disabled" and "+49 40 1234567" in answer["next"][0]
    server.send("carol@there.test")
    mail = server.wait_mail("alice")[0]
    line = [x for x in server.log.splitlines() if "stage=rcpt" in x][0]
    assert "cause=mailbox_disabled" in line and "+49 40 1234567" in words_of_dsn(mail)


def test_a_reload_with_wrong_ones_changes_nothing(server):
    file = server.rules / "own.rules"
    file.write_text(RULES.replace("cause: mailbox_full", "cause: mailbox_ful"))
    done = run("reload", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and f"{file}:2: mailbox_ful is no cause" in done.stderr, done
    assert ask(server, BARE)["cause"] == "mailbox_full"
    if os.getuid() == 0:
        server.rules.chmod(0o700)
        done = run("reload", "-c", server.config)
        assert done.returncode == os.EX_CONFIG and "has to be able to read it" in done.stderr, done
        server.rules.chmod(0o755)
    file.unlink()
    assert run("reload", "-c", server.config).returncode == os.EX_OK
    assert ask(server, BARE)["cause"] == "no_such_recipient"


def test_the_page_explains_by_them(server):
    query = urllib.parse.urlencode({"text": BARE})
    with urllib.request.urlopen(f"http://127.0.0.1:{server.page}/api/explain?{query}", timeout=20) as answer:
        assert json.load(answer)["answers"][0]["rule"] == "our-cupboard"


def test_candor_send_explains_by_those_of_its_configuration(server):
    done = run("send", "--config", str(server.config), "-S", f"127.0.0.1:{server.peer.port}", "-f", "a@here.test",
               "carol@there.test", text="Subject: x\n\nx\n")
    assert done.returncode == os.EX_UNAVAILABLE, done  # built in: EX_NOUSER
    assert "full" in done.stderr


def test_wrong_rules_are_told_with_file_and_line_and_mail_still_goes(server, folder):
    bad = pathlib.Path(folder) / "bad.rules"
    bad.write_text("rule: x\ncause: no_such_cause\nphrase: y\n")
    done = run("check", "-c", str(server.config))
    assert done.returncode == os.EX_CONFIG and f"{bad}:2: " in done.stderr
    server.stop()
    done = run("serve", "-c", str(server.config))
    assert done.returncode == os.EX_CONFIG and f"{bad}:2: " in done.stderr
    done = run("send", "--config", str(server.config), "-S", f"127.0.0.1:{server.peer.port}", "-f", "a@here.test",
               "carol@there.test", text="Subject: x\n\nx\n")
    assert done.returncode == os.EX_NOUSER and f"{bad}:2: " in done.stderr
