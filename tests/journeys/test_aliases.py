"""Aliases, sub-addresses, names that moved: who a message goes to, and what the sender is told."""

import pytest
from candor import Candor, fields_of_dsn, run
from says_no import says_no
from test_dsn_utf8 import send
from waiting import until

ALIASES = """# a comment
info:  alice,
       bob
"sales": "alice", bob, alice
team: info, :include:{folder}/list
bob: bob, archive@here.test
archive: alice
gone: :moved: carol@new.test
away: :told: bob@here.test
Postmaster: alice
round: about
about: round
"""


@pytest.fixture
def server(candor):
    return candor(aliases=ALIASES, files={"list": "# people\nbob\nalice, bob+list\n"})


def subjects(server, user, count):
    return [mail["Subject"] for mail in server.wait_mail(user, count)]


@pytest.mark.parametrize("name", ["info", "INFO", "info+tag", "sales", "team"])
def test_an_alias_reaches_each_of_its_people_once(server, name):
    server.send(f"{name}@here.test", subject="one")
    assert subjects(server, "alice", 1) == ["one"]
    until(lambda: server.queue("list").stdout.startswith("Nothing waits."), "the queue to be empty")
    assert len(server.files("alice")) == 1 and 1 <= len(server.files("bob")) <= 2


def test_an_alias_that_names_itself_keeps_the_mailbox(server):
    server.send("bob@here.test", subject="both")
    assert subjects(server, "bob", 1) == subjects(server, "alice", 1) == ["both"]


def test_user_and_tag_is_the_user(server):
    server.send("alice+shop@here.test", subject="tagged")
    assert subjects(server, "alice", 1) == ["tagged"]


def test_who_moved_is_named_with_551_and_251(server):
    with server.smtp() as session:
        session.ehlo()
        session.docmd("MAIL FROM:<carol@there.test>")
        assert session.docmd("RCPT TO:<gone@here.test>") == says_no(551, b"5.1.6 <gone@here.test> has moved; please try <carol@new.test>")
        code, text = session.docmd("RCPT TO:<away@here.test>")
        assert (code, text[:6]) == (251, b"2.1.5 ") and b"<bob@here.test>" in text
        assert session.data(b"Subject: forwarded\r\n\r\nx\r\n")[0] == 250
    assert subjects(server, "bob", 1) == ["forwarded"]


def test_a_circle_of_aliases_comes_back_and_is_not_lost(server):
    server.send("round@here.test", sender="alice@here.test")
    _, recipients = fields_of_dsn(server.wait_mail("alice")[0])
    assert recipients[0]["Status"] == "5.1.1"


def test_a_notice_to_an_alias_reaches_its_people(candor):
    server = candor(aliases="info: alice\n", relay='smarthost = "127.0.0.1:1"', lifetime="1 s")
    server.send("carol@there.test", sender="info@here.test")
    assert fields_of_dsn(server.wait_mail("alice")[0])[1][0]["Action"] == "failed"


def test_the_star_catches_what_nobody_else_has(candor):
    server = candor(aliases="*: bob\n")
    server.send("whoever@here.test", subject="caught")
    server.send("alice@here.test", subject="direct")
    assert subjects(server, "bob", 1) == ["caught"]
    assert subjects(server, "alice", 1) == ["direct"]


def test_success_is_told_for_the_name_the_sender_used(server):
    send(server, [("info@here.test", " NOTIFY=SUCCESS")], sender="bob@here.test")
    server.wait_mail("alice")
    mails = server.wait_mail("bob", 2)
    notices = [mail for mail in mails if mail.get_content_type() == "multipart/report"]
    for notice in notices:
        for fields in fields_of_dsn(notice)[1]:
            assert fields["Original-Recipient"].replace(" ", "") == "rfc822;info@here.test"
    assert notices


@pytest.mark.parametrize("text, line, words", [
    ("info: alice\nprog: \"|/bin/true\"\n", 2, "commands are not run"),
    ("file: /var/mail/x\n", 1, "mail is not written into files"),
    ("info: nobody\n", 1, "neither a mailbox nor an alias"),
    ("info: alice\ninfo: bob\n", 2, "stands there already"),
    ("info:\n", 1, "leads nowhere"),
    ("info alice\n", 1, "info: alice"),
    ("gone: :moved: a@b.test, c@d.test\n", 1, "only one address"),
    ("list: :include:/nowhere/at/all\n", 1, "No such file"),
])
def test_what_is_wrong_in_the_file_is_said_with_its_line(text, line, words):
    server = Candor(aliases=text)
    try:
        checked = run("check", "-c", server.config)
        assert checked.returncode != 0
        said = checked.stdout + checked.stderr
        assert f"aliases:{line}:" in said and words in said, said
    finally:
        server.close()


def test_what_the_operator_closed(candor):
    """A mailbox that is paused makes its mail wait, also what comes through a list; one that is disabled sends it back."""
    server = candor(aliases="alice: :disabled:\nbob: :paused:\nteam: bob, carol@here.test\ncarol: alice\n")
    aliases = server.folder / "aliases"
    server.send("team@here.test", sender="bob@here.test", subject="for both")
    until(lambda: "takes no mail for now" in server.queue("list").stdout, lambda: server.queue("list").stdout)
    aliases.write_text("alice: :disabled:\nteam: bob, carol@here.test\ncarol: alice\n")
    assert run("reload", "-c", server.config).returncode == 0
    until(lambda: len(server.files("bob")) == 2, lambda: server.queue("list").stdout)  # it, and the notice
    notice = next(mail for mail in server.mails("bob") if mail.get_content_type() == "multipart/report")
    (fields,) = fields_of_dsn(notice)[1]
    assert fields["Status"] == "5.2.1" and "alice" in fields["Final-Recipient"]
    assert server.files("alice") == []


@pytest.mark.parametrize("line, words", [
    ("bob: :paused: alice", "bob: nothing may stand behind :paused:"), ("bob: :disabled: x@there.test", "bob: nothing may stand behind :disabled:"),
    ("gone: :moved:", "gone: only one address can be told, and one has to be"), ("info:", "info: this alias leads nowhere; write at least one target")])
def test_a_state_stands_alone(line, words):
    server = Candor(aliases=line + "\n")
    done = run("check", "-c", server.config)
    assert done.returncode == 78 and f"aliases:1: {words}" in done.stderr
    server.close()
