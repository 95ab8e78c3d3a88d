"""The suppression list: addresses that failed for good, and those that the operator names."""
import json
import os

import pytest
from candor import fields_of_dsn, run, words_of_dsn
from waiting import until


def start(candor, postfix, queue='suppress = "30 d"'):
    peer = postfix(["carol@there.test"])
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"', queue=queue)
    server.peer = peer
    return server


def suppress(server, *words):
    return run("suppress", *words, "-c", server.config)


def start_again(server):
    server.start()
    until(lambda: suppress(server, "list").returncode == os.EX_OK, "the control socket")


def listed(server, *words):
    done = suppress(server, "list", "--json", *words)
    assert done.returncode == os.EX_OK, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def outcomes(server):
    return server.log.count(" stage=rcpt ")


def test_an_address_that_was_refused_for_good_is_not_asked_again(candor, postfix):
    server = start(candor, postfix)
    server.send("nobody@there.test")
    server.wait_mail("alice")
    (entry,) = listed(server)
    assert (entry["address"], entry["source"], entry["cause"]) == ("nobody@there.test", "reply", "no_such_recipient")
    assert entry["reason"].startswith("550 5.1.1 ") and entry["until"] > entry["since"]
    asked = outcomes(server)
    server.send("Nobody@there.test")
    mail = server.wait_mail("alice", 2)[1]
    fields = fields_of_dsn(mail)[1][0]
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.1")
    assert "suppression list" in words_of_dsn(mail) and "User unknown" in words_of_dsn(mail)
    assert outcomes(server) == asked


def test_it_outlives_a_crash_and_can_be_taken_off(candor, postfix):
    server = start(candor, postfix)
    server.send("nobody@there.test")
    server.wait_mail("alice")
    server.kill()
    start_again(server)
    assert [e["address"] for e in listed(server)] == ["nobody@there.test"]
    assert suppress(server, "remove", "nobody@there.test").returncode == os.EX_OK
    assert listed(server) == []
    asked = outcomes(server)
    server.send("nobody@there.test")
    until(lambda: outcomes(server) > asked, "the peer to be asked again")


def test_only_where_it_is_set(candor, postfix):
    server = start(candor, postfix, queue="")
    server.send("nobody@there.test")
    server.wait_mail("alice")
    assert listed(server) == []
    assert suppress(server, "list").stdout == "Nobody is on the suppression list.\n"


def test_the_operator_names_one_with_a_reason(candor, postfix):
    server = start(candor, postfix, queue="")
    assert suppress(server, "add", "carol@there.test", "--reason", "asked us to stop").returncode == os.EX_OK
    words = suppress(server, "list").stdout
    assert "carol@there.test  for 0 s, by the administrator" in words and "asked us to stop" in words
    assert listed(server, "@elsewhere.test") == [] and len(listed(server, "@there.test")) == 1
    server.send("carol@there.test")
    assert "asked us to stop" in words_of_dsn(server.wait_mail("alice")[0])
    server.stop()
    start_again(server)
    assert suppress(server, "remove", "carol@there.test").returncode == os.EX_OK
    server.send("carol@there.test")
    until(lambda: list((server.peer.maildir("carol@there.test") / "new").glob("*")), "the delivery")


def test_one_for_a_sender_lets_the_others_through_and_outlives_a_kill(candor, postfix):
    server = start(candor, postfix, queue="")
    assert suppress(server, "add", "carol@there.test", "--sender", "@here.test", "--reason", "no more news").returncode == os.EX_OK
    server.kill()
    start_again(server)
    assert "carol@there.test  of mail from @here.test  for " in suppress(server, "list").stdout
    assert len(listed(server, "--sender", "@HERE.test")) == 1 and listed(server, "--sender", "@other.test") == []
    server.send("carol@there.test", sender="bob@elsewhere.test")
    until(lambda: list((server.peer.maildir("carol@there.test") / "new").glob("*")), "the delivery")
    server.send("carol@there.test")
    assert "no more news" in words_of_dsn(server.wait_mail("alice")[0])
    assert suppress(server, "remove", "carol@there.test").returncode != os.EX_OK
    assert suppress(server, "remove", "carol@there.test", "--sender", "@here.test").returncode == os.EX_OK
    assert listed(server) == []


@pytest.mark.parametrize("words, status, complaint", [
    (("add", "not an address"), 1, "is no address"),
    (("remove", "carol@there.test"), 1, "is not on the suppression list"),
    (("add",), os.EX_USAGE, "usage: candor suppress"),
    (("shout",), os.EX_USAGE, "usage: candor suppress"),
])
def test_wrong_use(candor, words, status, complaint):
    done = suppress(candor(), *words)
    assert (done.returncode == status or status == 1 and done.returncode != 0) and complaint in done.stderr


def test_a_damaged_list_loses_only_its_damage(candor, postfix):
    server = start(candor, postfix)
    suppress(server, "add", "carol@there.test")
    server.stop()
    with open(server.folder / "spool/suppressed", "a") as file:
        file.write("rubbish\n+\t1\t0\toperator\tunknown\tcut@there.te")
    start_again(server)
    assert [e["address"] for e in listed(server)] == ["carol@there.test"]
    assert "suppression-list-damaged" in server.log
    assert suppress(server, "add", "dave@there.test").returncode == os.EX_OK
    server.kill()
    start_again(server)
    assert [e["address"] for e in listed(server)] == ["carol@there.test", "dave@there.test"]
