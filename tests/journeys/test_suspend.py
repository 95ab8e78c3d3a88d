"""What the operator suspends waits, says so, outlives a kill -9, and goes when it is resumed."""
import json
import os
import re

import pytest
from candor import Candor
from waiting import until


@pytest.fixture
def pair(candor):
    """A server and its smarthost, which takes mail for there.test."""
    smarthost = Candor()
    smarthost.config.write_text(smarthost.config.read_text().replace("here.test", "there.test"))
    smarthost.start()
    server = candor(relay=f'smarthost = "127.0.0.1:{smarthost.port}"', queue='campaign-fields = { "X-Job", "List-Id" }')
    until(lambda: server.queue().returncode == os.EX_OK, "the control socket")
    yield server, smarthost
    smarthost.close()


def rows(server, *words):
    done = server.queue(*words, "--json")
    assert done.returncode == os.EX_OK, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def subjects(smarthost, user):
    return sorted(mail["Subject"] for mail in smarthost.mails(user))


def test_a_campaign_is_stopped_over_a_kill_and_the_rest_goes(pair):
    server, smarthost = pair
    done = server.queue("suspend", "--campaign", "spring", "--reason", "wrong prices")
    assert (done.returncode, done.stdout) == (os.EX_OK, "0 messages: suspended, and so is what comes, until `resume`.\n")
    server.send("alice@there.test", subject="one", headers="X-Job: Spring\r\n")
    server.send("bob@there.test", subject="two", headers="List-Id: All of it <spring>\r\n")
    server.send("alice@there.test", subject="three", headers="X-Job: autumn\r\nList-Id: <spring>\r\n")
    assert smarthost.wait_mail("alice")[0]["Subject"] == "three"
    server.kill()
    server.start()
    until(lambda: server.queue().returncode == os.EX_OK, "the control socket")
    server.send("alice@there.test", subject="four")
    smarthost.wait_mail("alice", 2)
    assert subjects(smarthost, "alice") == ["four", "three"] and smarthost.files("bob") == []
    for row in rows(server, "list"):
        assert re.fullmatch(r"Suspended by the operator since 20\S+Z \(campaign spring\): wrong prices", row["why"]), row
        assert row["campaign"].lower() == "spring" and row["suspended_since"] and "until" not in row
    (group,) = rows(server)
    assert group["messages"] == 2 and group["title"].startswith("Suspended by the operator since ")
    assert "2 messages wait: wrong prices" in server.queue("suspended").stdout
    assert server.queue("retry", "--all").returncode == os.EX_OK
    assert len(rows(server, "list")) == 2
    assert "1 suspension would be" in server.queue("resume", "--all", "--dry-run").stdout
    assert "1 suspension: ended" in server.queue("resume", "--campaign", "SPRING").stdout
    smarthost.wait_mail("bob")
    smarthost.wait_mail("alice", 3)
    assert server.queue("suspended").stdout == "Nothing is suspended.\n"


@pytest.mark.parametrize("choice", [("--site", "{site}"), ("--destination", "{site}"), ("--sender", "@here.test"),
                                    ("--site", "{site}", "--sender", "alice@here.test")])
def test_what_is_suspended_by_site_and_sender_waits_until_it_is_resumed(pair, choice):
    server, smarthost = pair
    choice = [word.replace("{site}", f"127.0.0.1:{smarthost.port}") for word in choice]
    assert server.queue("suspend", *choice).returncode == os.EX_OK
    server.send("alice@there.test")
    until(lambda: [row for row in rows(server, "list") if "suspended_since" in row], "the message to wait")
    assert smarthost.files("alice") == []
    assert server.queue("resume", *choice).returncode == os.EX_OK
    smarthost.wait_mail("alice")


def test_other_mail_is_not_stopped(pair):
    server, smarthost = pair
    assert server.queue("suspend", "--sender", "@here.test", "--site", "elsewhere.test").returncode == os.EX_OK
    assert server.queue("suspend", "--sender", "<>").returncode == os.EX_OK
    server.send("alice@there.test")
    smarthost.wait_mail("alice")


def test_what_is_chosen_badly_is_refused(pair):
    server, _ = pair
    for words, said in (((), "needs to know what"), (("--reason", "x"), "needs to know what"),
                        (("--recipient", "a@there.test"), "takes no argument"), (("--campaign", "a\tb"), "could not be")):
        done = server.queue("suspend", *words)
        assert done.returncode != os.EX_OK and said in done.stderr, done
    done = server.queue("resume", "--site", "nothing.test")
    assert done.returncode != os.EX_OK and "nothing is suspended so" in done.stderr
    done = server.queue("list", "--older", "yesterday")
    assert done.returncode == os.EX_USAGE and '"yesterday" is no time' in done.stderr


def test_every_change_takes_every_choice(pair):
    server, smarthost = pair
    site = f"127.0.0.1:{smarthost.port}"
    assert server.queue("suspend", "--sender", "@here.test").returncode == os.EX_OK
    for number in range(3):
        server.send("alice@there.test", subject=str(number), headers=f"X-Job: job-{number}\r\n")
    until(lambda: len(rows(server, "list")) == 3, "three messages to wait")
    for verb in ("retry", "hold", "release", "remove", "bounce"):
        for choice, count in ((("--older", "1ms"), 3), (("--younger", "1 h"), 3), (("--older", "1h"), 0),
                              (("--campaign", "JOB-1"), 1), (("--sender", "@here.test"), 3), (("--site", site), 3),
                              (("--site", site, "--campaign", "job-2", "--younger", "1d"), 1), (("--cause", "mailbox_full"), 0)):
            done = server.queue(verb, *choice, "--dry-run")
            assert done.stdout.startswith(f"{count} message{'' if count == 1 else 's'} would be"), (verb, choice, done)
    assert "1 message: removed" in server.queue("remove", "--campaign", "job-1", "--older", "1ms").stdout
    until(lambda: len(rows(server, "list")) == 2, "one to be gone")
