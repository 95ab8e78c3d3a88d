"""candor explain, as a person and as a script call it."""
import json
import os
import pathlib

import pytest
from candor import run

EXAMPLES = pathlib.Path(__file__).parents[2] / "docs/examples"

SPAMHAUS = "550 5.7.1 Service unavailable: client [192.0.2.7] blocked using zen.spamhaus.org"


def explain(*words, text="", **env):
    done = run("explain", "--json", *words, text=text, env=env)
    assert done.returncode == os.EX_OK, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_blocklisted_address_in_words():
    done = run("explain", SPAMHAUS)
    assert done.returncode == os.EX_OK
    for word in ("550", "5.7.1", "zen.spamhaus.org", "192.0.2.7", "1."):
        assert word in done.stdout, done.stdout


def test_a_blocklisted_address_as_json():
    (answer,) = explain(SPAMHAUS)
    assert (answer["code"], answer["enhanced"], answer["cause"]) == (550, "5.7.1", "ip_blocklisted")
    assert answer["details"]["ip"] == "192.0.2.7" and answer["retry"] is False
    assert 0 < answer["confidence"] <= 1 and answer["next"]


@pytest.mark.parametrize("text, code", [("421", 421), ("Could not send your message. Error 421", 421), ("457", 457),
                                        ("541", 541), ("199", 199)])
def test_a_code_alone(text, code):
    (answer,) = explain(text)
    assert answer["code"] == code and answer["summary"] and "enhanced" not in answer


def test_an_enhanced_code_alone():
    (answer,) = explain("4.7.28")
    assert answer["enhanced"] == "4.7.28" and answer["cause"] == "rate_limited" and "code" not in answer


@pytest.mark.parametrize("code, told", [
    ("550", ("RFC 5321", "5, permanent failure; 5, mail system", "551", "553")),
    ("5.7.26", ("RFC 7372", "5, permanent failure; 7, ", "X.7.22", "X.7.27")),
    ("4.7.28", ("RFC 5248", "by google")),
    ("421", ("RFC 5321", "4, ")),
])
def test_a_code_alone_has_its_page_of_the_book(code, told):
    page = run("explain", code).stdout
    assert "Defined in" in page and all(word in page for word in told), page
    assert all(len(line) <= 80 for line in page.splitlines())
    assert "Defined in" not in run("explain", f"{code} some words").stdout


def test_standard_input():
    (answer,) = explain("-", text="452 4.2.2 The recipient's inbox is out of storage space\n")
    assert answer["cause"] == "mailbox_full" and answer["source"] == "-"


def test_no_colour_in_a_pipe_and_colour_when_asked():
    assert "\x1b" not in run("explain", SPAMHAUS).stdout
    assert "\x1b[" in run("explain", "--color=always", SPAMHAUS).stdout


def test_control_characters_of_a_stranger_do_no_harm():
    assert "\x1b" not in run("explain", "550 5.1.1 \x1b]0;owned\x07 no such user").stdout


def test_what_is_no_reply_is_said_kindly():
    done = run("explain", "hello there")
    assert done.returncode in (os.EX_OK, os.EX_DATAERR) and (done.stdout + done.stderr).strip()


def test_a_mail_that_is_no_report_says_so():
    (answer,) = explain("-", text="From: bob@example.org\nTo: ann@example.net\nSubject: lunch\n\nFinal-Recipient: no@example.org\n")
    assert (answer["input"], answer["kind"]) == ("bounce", "none")
    assert not {"recipient", "cause", "code", "subject"} & set(answer)


def test_the_same_mail_with_any_line_end_gives_the_same_answer(tmp_path):
    mail = (b"Date: Mon, 5 Oct 2026 10:00:00 +0000\nReturn-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\n"
            b"To: ann@example.net\nSubject: failure notice\n\nI wasn't able to deliver your message.\n\n"
            b"<ned@example.org>:\nRemote host said: 550 5.1.1 User unknown\n")
    answers = []
    for end in (b"\n", b"\r\n", b"\r"):
        (tmp_path / "mail.eml").write_bytes(mail.replace(b"\n", end))
        answers.append(explain(str(tmp_path / "mail.eml")))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0]["time"].startswith("2026-10-05T10:00:00") and answers[0][0]["recipient"] == "ned@example.org"


def test_a_report_of_success():
    mail = ("From: postmaster@example.net\nTo: ann@example.net\nContent-Type: message/delivery-status\n\n"
            "Final-Recipient: rfc822; ned@example.org\nAction: delivered\nStatus: 2.0.0\n")
    (answer,) = explain("-", text=mail)
    assert (answer["kind"], answer["recipient"], answer["enhanced"]) == ("success", "ned@example.org", "2.0.0")
    assert "delivered" in answer["summary"] and "cause" not in answer


def test_replies_in_a_file(tmp_path):
    file = tmp_path / "replies"
    file.write_text("550 5.1.1 No such user\n452 4.2.2 Mailbox full\n")
    assert [a["cause"] for a in explain(str(file))] == ["no_such_recipient", "mailbox_full"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_report_of_our_own_server_is_explained(candor, postfix, tmp_path, end):
    peer = postfix(["carol@there.test"])
    server = candor(relay=f'smarthost = "127.0.0.1:{peer.port}"')
    server.send("nobody@there.test", subject="to nobody")
    server.wait_mail("alice")
    file = tmp_path / "report.eml"
    file.write_bytes(server.files("alice")[0].read_bytes().replace(b"\r\n", b"\n").replace(b"\n", end.encode()))
    (answer,) = explain(str(file))
    assert (answer["source"], answer["input"], answer["kind"]) == (str(file), "bounce", "failure")
    assert (answer["recipient"], answer["sender"], answer["subject"]) == ("nobody@there.test", "alice@here.test", "to nobody")
    assert (answer["code"], answer["enhanced"], answer["cause"]) == (550, "5.1.1", "no_such_recipient")
    assert answer["text"].startswith("<nobody@there.test>: Recipient address rejected")
    words = run("explain", file).stdout
    for word in ("nobody@there.test", "to nobody", "550 5.1.1", "What to do now"):
        assert word in words, words


RULES = """rule: our-gateway-quota
cause: mailbox_full
when: code=4yz,552
phrase: storage limit .. reached
match: 552 storage limit of ann@example.org was reached
not: 552 message too large
"""


def test_rules_of_the_user_stand_beside_the_built_in_ones(tmp_path):
    (tmp_path / "one.rules").write_text(RULES)
    text = "552 storage limit of bob@example.org was reached"
    (answer,) = explain("--rules", str(tmp_path / "one.rules"), text)
    assert (answer["cause"], answer["rule"]) == ("mailbox_full", "our-gateway-quota")
    (answer,) = explain(text, CANDOR_RULES=str(tmp_path))
    assert answer["rule"] == "our-gateway-quota"
    (answer,) = explain(text, CANDOR_RULES=str(tmp_path / "nothing"))
    assert answer["rule"] != "our-gateway-quota"


def test_advice_of_one_s_own_is_said_first(tmp_path):
    (answer,) = explain("--rules", str(EXAMPLES / "own.rules"), "552 storage limit of bob@example.org was reached")
    assert answer["rule"] == "our-gateway-quota" and len(answer["next"]) > 2
    assert answer["next"][0].startswith("Ask the help desk") and "+49 30 1234567" in answer["next"][1]
    (answer,) = explain("--rules", str(EXAMPLES / "own.rules"), "550 5.2.1 mailbox disabled")
    assert "+49 30 1234567" in answer["next"][0]
    (tmp_path / "a.rules").write_text("advice: *\nonly: Ask Ann.\n")
    (answer,) = explain("550 5.1.1 unknown user", CANDOR_RULES=str(tmp_path))
    assert answer["next"] == ["Ask Ann."]


def test_advice_that_is_wrong_is_told_with_file_and_line(tmp_path):
    file = tmp_path / "wrong.rules"
    file.write_text("# ours\nadvice: mailbox_full\nstep: Call {phone}.\n")
    done = run("explain", "--rules", str(file), "550")
    assert done.returncode == 78 and f"{file}:3: {{phone}} is not known" in done.stderr


def test_rules_that_are_wrong_are_told_with_file_and_line(tmp_path):
    file = tmp_path / "wrong.rules"
    file.write_text(RULES.replace("mailbox_full", "mailbox_ful"))
    done = run("explain", "--rules", str(file), "550")
    assert done.returncode == 78 and f"{file}:2: mailbox_ful is no cause; did you mean mailbox_full?" in done.stderr
    file.write_text(RULES.replace("match: 552 storage", "match: 550 storage"))
    done = run("explain", "--rules", str(file), "550")
    assert done.returncode == 78 and f"{file}:5: " in done.stderr


@pytest.mark.parametrize("what, known", [("codes", {"550", "421", "X.7.26"}), ("causes", {"mailbox_full", "unknown"}),
                                         ("providers", {"google", "microsoft"})])
def test_what_the_guide_knows_as_a_list(what, known):
    rows = explain("--list", what)
    names = [row["name"] for row in rows]
    assert known <= set(names) and len(names) == len(set(names))
    text = run("explain", "--list", what, env={"COLUMNS": "80"}).stdout
    assert all(name in text for name in names) and max(map(len, text.splitlines())) <= 80


def test_a_code_tells_what_it_is_used_for_and_by_whom():
    (answer,) = explain("550")
    uses = {use["cause"]: use for use in answer["used_for"]}
    assert answer["meaning"] and answer["defined_in"] == "RFC 5321"
    assert {"no_such_recipient", "ip_blocklisted", "spam_content"} <= set(uses) and "microsoft" in uses["no_such_recipient"]["providers"]
    text = run("explain", "550").stdout
    assert "What it is used for" in text and "The mailbox does not exist" in text and "by " in text
    assert "causes more" in text and max(map(len, text.splitlines())) <= 80
    (answer,) = explain("5.7.26")
    assert answer["defined_in"] == "RFC 7372" and answer["used_for"][0]["cause"] == "sender_unauthenticated"
    (answer,) = explain("550 5.7.26 no")
    assert "used_for" not in answer and "defined_in" not in answer


def test_a_list_of_what_is_not_known_says_what_is_right():
    done = run("explain", "--list", "colours")
    assert done.returncode == os.EX_USAGE and "codes, causes or providers" in done.stderr
    assert run("explain", "--list", "codes", "550").returncode == os.EX_USAGE
