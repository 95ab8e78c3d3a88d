"""candor trace: what was said in the last attempt that failed."""
import json
import os
import re
import socket

from candor import run
from waiting import free_port, until


def trace(server, message, *words):
    return run("trace", message, *words, "-c", server.config)


def failed(server):
    line = until(lambda: [x for x in server.log.splitlines() if " cause=" in x and "cause= " not in x], "a failure")[0]
    return line.split(" id=")[1].split()[0]


def test_the_whole_session_of_a_refusal_without_the_content(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    server.send("nobody@there.test", subject="very private")
    message = failed(server)
    done = until(lambda: (d := trace(server, message)).returncode == os.EX_OK and d, "the transcript")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"=== Message {message}, ")
    assert lines[2] == "=== Connecting to 127.0.0.1" and lines[3].startswith("<-  220 ")
    assert " -> MAIL FROM:<alice@here.test>" in done.stdout and " -> RCPT TO:<nobody@there.test>" in done.stdout
    assert "<** 550 5.1.1 <nobody@there.test>: Recipient address rejected" in done.stdout
    assert "private" not in done.stdout
    explained = run("explain", "--json", "-", text=done.stdout)
    assert json.loads(explained.stdout.splitlines()[0])["cause"] == "no_such_recipient", explained
    assert json.loads(trace(server, message, "--json").stdout)["transcript"] in done.stdout


def test_a_connection_that_is_refused(candor):
    port = free_port()
    server = candor(relay=f'smarthost = "127.0.0.1:{port}"', retry="1 h")
    server.send("carol@there.test")
    done = until(lambda: (d := trace(server, failed(server))).returncode == os.EX_OK and d, "the transcript")
    assert done.stdout.splitlines()[2:] == ["=== Connecting to 127.0.0.1", "=== connection refused"]


def test_an_unknown_one_says_so(candor, postfix):
    peer = postfix(["carol@there.test"])
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    server.send("carol@there.test")
    until(lambda: list((peer.maildir("carol@there.test") / "new").glob("*")), "the delivery")
    done = trace(server, "0000000000001")
    assert done.returncode != os.EX_OK and "no failed attempt for message 0000000000001" in done.stderr
    assert run("trace").returncode == os.EX_USAGE


def test_a_refusal_is_found_by_the_reference_in_its_reply(candor):
    server = candor()
    with server.smtp() as client:
        client.ehlo()
        client.mail("x@there.example")
        replies = [client.rcpt(to) for to in ("nobody@here.test", "alice@here.test", "ghost@here.test")]
    assert [code for code, text in replies] == [550, 250, 550]
    assert b"[ref" not in replies[1][1]
    first, second = (re.fullmatch(r"5\.1\.1 .* \[ref (\w+-\d+)\]", replies[i][1].decode())[1] for i in (0, 2))
    assert first != second and first.split("-")[0] == second.split("-")[0]
    done = trace(server, first)
    assert done.returncode == os.EX_OK, done
    lines = dict(line.split(None, 1) for line in done.stdout.splitlines()[1:])
    assert re.match(rf"=== Refusal {first}, (now|\d+ s ago, at )", done.stdout)
    assert lines == {"client": "127.0.0.1", "helo": "client.test", "from": "x@there.example", "to": "nobody@here.test",
                     "rule": "no-such-mailbox", "code": "550 5.1.1",
                     "text": "There is no mailbox <nobody@here.test> here; check the part before the @ for a typing mistake"}
    assert trace(server, f"[ref {second}]").stdout.count("to      ghost@here.test") == 1
    assert json.loads(trace(server, first, "--json").stdout)["to"] == "nobody@here.test"
    assert f" refused ref={first} client=127.0.0.1 helo=client.test " in server.log
    unknown = trace(server, "0-1")
    assert unknown.returncode == os.EX_NOINPUT and "the log has it, as ref=0-1" in unknown.stderr


def test_a_client_that_is_turned_away_by_the_greeting_has_one_too(candor):
    server = candor(listen="never-accepts = true")
    with socket.create_connection(("127.0.0.1", server.port), 20) as client:
        greeting = client.recv(1000).decode()
    reference = re.match(r"521 .* \[ref (\w+-1)\]\r\n$", greeting)[1]
    assert "rule    never-accepts\n" in trace(server, reference).stdout


def test_what_a_name_holds_commands_no_terminal(candor):
    server = candor()
    done = trace(server, "T\033[31m")
    assert done.returncode == os.EX_USAGE and 'id "T?[31m" is not right' in done.stderr
    done = trace(server, "A" * 5000)
    assert done.returncode == os.EX_USAGE and done.stderr.startswith("candor trace: no id and no reference is that long")
