"""The table of replies: for each situation that a client can bring about, the code, the enhanced code and the words, which name the
thing. Situations that need a DNS, a disk that fails or a second server stand in the files about those."""
import pathlib
import re

import pytest
from candor import running
from faults import FailingSync
from secured import PASSWORD, USER, running_secured
from talk import Talk
from test_dnsbl import STRANGERS
from test_rfc4954 import PLAIN, b64
from waiting import free_port, until

ALIASES = "away: :told: new@elsewhere.test\nold: :moved: new@elsewhere.test\nteam: alice, bob@here.test\nshut: :disabled:\nbusy: :paused:\n"
MAIL, RCPT = "MAIL FROM:<carol@there.test>", "RCPT TO:<alice@here.test>"

# What is said, and the answer to the last of it; "[ref …]", which ends refusals, is left out.
TABLE = [
    (["HELP STATUS"], "211 2.0.0 mx.here.test, this session:"),
    (["HELP"], "214 2.0.0 Commands: "),
    (["HELP 550"], "214 2.0.0 550: "),
    (["HELP 5.7.26"], "214 2.0.0 5.7.26: "),
    (["HELP NONSENSE"], "504 5.5.4 There is no help on NONSENSE; HELP alone lists what there is"),
    (["QUIT"], "221 2.0.0 mx.here.test closing connection"),
    (["NOOP"], "250 2.0.0 Ok"),
    (["EHLO a.test"], "250 mx.here.test greets a.test"),
    (["EHLO"], "501 5.5.4 EHLO needs your host's name or address literal, for example: EHLO mail.example.org"),
    (["HELO a b"], "501 5.5.4 HELO needs your host's name or address literal, for example: HELO mail.example.org"),
    ([MAIL], "503 5.5.1 Say EHLO (or HELO) and your host's name first"),
    (["EHLO a.test", "RSET"], "250 2.0.0 Ok, transaction forgotten"),
    (["EHLO a.test", RCPT], "503 5.5.1 Send MAIL FROM first, then the recipients"),
    (["EHLO a.test", "DATA"], "503 5.5.1 Send MAIL FROM and RCPT TO first"),
    (["EHLO a.test", "BDAT 0 LAST"], "503 5.5.1 Send MAIL FROM and RCPT TO first; the bytes that came with BDAT were thrown away"),
    (["EHLO a.test", "BDAT"], "501 5.5.4 BDAT needs the number of bytes that follow, and LAST with the last of them, for example: BDAT 1000 LAST"),
    (["EHLO a.test", MAIL], "250 2.1.0 Sender <carol@there.test> ok"),
    (["EHLO a.test", "MAIL"], "501 5.5.4 MAIL needs FROM: and the sender's address in < and >; right is, for example: MAIL FROM:<user@example.org>"),
    (["EHLO a.test", "MAIL FROM:<a..b@there.test>"], "501 5.1.7 <a..b@there.test> is not a valid sender address: two dots stand together before the @; "
     "right is, for example: <user@example.org>"),
    (["EHLO a.test", MAIL + " X=1"], "555 5.5.4 Parameter X is not known here; EHLO lists what is offered"),
    (["EHLO a.test", MAIL + " RET=ALL"], "501 5.5.4 Parameter RET has no valid value: it is FULL or HDRS"),
    (["EHLO a.test", MAIL + " RET=FULL RET=FULL"], "501 5.5.4 Parameter RET was given twice"),
    (["EHLO a.test", MAIL + " BODY=9BIT"], "504 5.5.4 Parameter BODY can't be 9BIT here; offered: 7BIT, 8BITMIME, BINARYMIME"),
    (["EHLO a.test", MAIL + " SIZE=65537"], "552 5.3.4 Your message of 65537 bytes is larger than the 65536 bytes that are taken here"),
    (["EHLO a.test", "MAIL FROM:<\u00fc@there.test>"], "553 5.6.7 <\u00fc@there.test> has non-ASCII characters: put SMTPUTF8 behind the address of MAIL FROM "
     "to send to it or from it"),
    (["EHLO a.test", MAIL, MAIL], "503 5.5.1 A sender was given already; send RCPT, or RSET to start again"),
    (["EHLO a.test", "STARTTLS"], "502 5.5.1 STARTTLS is not offered here; EHLO lists what is"),
    (["EHLO a.test", MAIL, "DATA"], "503 5.5.1 Send RCPT TO first"),
    (["EHLO a.test", MAIL, RCPT], "250 2.1.5 Recipient <alice@here.test> ok"),
    (["EHLO a.test", MAIL, "RCPT"], "501 5.5.4 RCPT needs TO: and the recipient's address in < and >; right is, for example: RCPT TO:<user@example.org>"),
    (["EHLO a.test", MAIL, "RCPT TO:<alice>"], "501 5.1.3 <alice> is not a valid recipient address: the @ and the domain are missing; "
     "right is, for example: <user@example.org>"),
    (["EHLO a.test", MAIL, "RCPT TO:<away@here.test>"], "251 2.1.5 <away@here.test> is now <new@elsewhere.test>; the message is forwarded there, "
     "write to that address in future"),
    (["EHLO a.test", MAIL, "RCPT TO:<old@here.test>"], "551 5.1.6 <old@here.test> has moved; please try <new@elsewhere.test>"),
    (["EHLO a.test", MAIL, "RCPT TO:<x@never.test>"], "521 5.3.2 The domain of <x@never.test> takes no mail at all; nobody can be reached there by mail"),
    (["EHLO a.test", MAIL, "RCPT TO:<nobody@here.test>"], "550 5.1.1 There is no mailbox <nobody@here.test> here; check the part before the @ for a typing mistake"),
    (["EHLO a.test", MAIL, "RCPT TO:<x@elsewhere.test>"], "550 5.7.1 <x@elsewhere.test> is not a mailbox of this server, and relaying is not allowed from "
     "[127.0.0.1]; "),
    (["EHLO a.test", MAIL, "RCPT TO:<shut@here.test>"], "550 5.2.1 The mailbox <shut@here.test> is disabled and takes no mail; reach its owner in another way, "
     "or ask the postmaster of its domain"),
    (["EHLO a.test", MAIL, "RCPT TO:<busy+tag@here.test>"], "450 4.2.1 The mailbox <busy+tag@here.test> takes no mail for now: the operator is at work on it; try again later"),
    (["EHLO a.test", MAIL, "RCPT TO:<nobody@here.test>", "DATA"], "554 5.5.1 No valid recipients"),
    (["EHLO a.test", MAIL, *(f"RCPT TO:<bob+{number}@here.test>" for number in range(100)), RCPT], "452 4.5.3 This message has 100 recipients, the most that are taken at once; "
     "send the rest in another transaction"),
    (["EHLO a.test", MAIL, RCPT, "BDAT 0"], "250 2.0.0 0 bytes taken, 0 so far"),
    (["EHLO a.test", MAIL, RCPT, "BDAT 0", RCPT], "503 5.5.1 A message is being sent with BDAT; end it with BDAT and LAST, or send RSET, before any other command"),
    (["EHLO a.test", MAIL, RCPT, "DATA"], "354 Send the message; end with a line that holds only a dot"),
    (["EHLO a.test", MAIL, RCPT, "DATA", "x\r\n."], "250 2.6.0 Message accepted and stored safely; queued as "),
    (["EHLO a.test", MAIL, RCPT, "DATA", "x\r\ny\nz\r\n."], "554 5.6.0 Line 2 of the message ends with a bare LF; lines must end with CR LF (RFC 5321 2.3.8)"),
    (["EHLO a.test", MAIL, RCPT, "DATA", "x\r\ny\rz\r\n."], "554 5.6.0 Line 2 of the message ends with a bare CR; lines must end with CR LF (RFC 5321 2.3.8)"),
    (["EHLO a.test", MAIL, RCPT, "DATA", "x\0\r\n."], "554 5.6.0 Line 1 of the message holds a NUL byte, which no text may have (RFC 2045 2.8); encode it with base64"),
    (["EHLO a.test", MAIL, RCPT, "DATA", "x\r\n" * 22000 + "."], "552 5.3.4 Your message is larger than the 65536 bytes that are taken here"),
    (["EHLO a.test", MAIL, RCPT, "DATA", "Received: x\r\n" * 26 + "\r\n."], "554 5.4.6 This message went through 26 servers already; it goes round in a loop"),
    (["VRFY"], "501 5.5.4 VRFY needs an address, for example: VRFY user@example.org"),
    (["VRFY alice"], "252 2.0.0 Addresses are not confirmed here; send the message, it is the only sure test"),
    (["EXPN"], "501 5.5.4 EXPN needs a list, for example: EXPN team@example.org"),
    (["EXPN team"], "502 5.5.1 Mailing lists are not shown here; EXPN is switched off"),
    (["XCLIENT ADDR=192.0.2.1"], "550 5.7.1 XCLIENT is for the proxies that the operator has named; speak for yourself"),
    (["RSET x"], "501 5.5.4 RSET takes no argument"),
    (["TURN"], "502 5.5.1 TURN is not offered here; EHLO lists what is"),
    (["NONSENSE"], "500 5.5.1 Command NONSENSE is not known; HELP lists the commands"),
    (["\u00fc"], "500 5.5.2 That is not an SMTP command; HELP lists the commands"),
    (["NOOP " + "x" * 506], "500 5.5.2 Command line longer than 512 bytes"),
    (["x" * 2047], "500 5.5.2 Command line longer than 2048 bytes"),
    (["NOOP\nNOOP"], "500 5.5.2 A bare LF stands in the command line; lines must end with CR LF"),
    (["NOOP\rNOOP"], "500 5.5.2 A bare CR stands in the command line; lines must end with CR LF"),
    (["GET / HTTP/1.1"], "421 4.7.0 GET is a command of another protocol; this is a mail server"),
]

# The same behind STARTTLS and EHLO.
ENCRYPTED = [
    (["STARTTLS"], "503 5.5.1 This connection is encrypted already; go on with EHLO"),
    ([MAIL, "STARTTLS"], "503 5.5.1 A message has begun; finish it, or send RSET, before STARTTLS"),
    ([MAIL, "AUTH PLAIN"], "503 5.5.1 A message has begun; finish it, or send RSET, before AUTH"),
    (["AUTH"], "501 5.5.4 AUTH needs a mechanism; offered: "),
    (["AUTH GSSAPI"], "504 5.5.4 The mechanism GSSAPI is not offered; offered: "),
    (["AUTH PLAIN"], "334 "),
    (["AUTH PLAIN", "*"], "501 5.7.0 Login cancelled"),
    (["AUTH PLAIN ?"], "501 5.5.2 That is not what "),
    (["AUTH PLAIN", "x" * 12287], "500 5.5.6 A line of a login has at most 12288 bytes here, with its CR LF; the login has failed"),
    (["AUTH PLAIN " + b64(f"\0{USER}\0no")], "535 5.7.8 Name or password is wrong; check both, and that the account may log in here"),
    ([f"AUTH PLAIN {PLAIN}"], "235 2.7.0 Logged in"),
    ([f"AUTH PLAIN {PLAIN}", f"AUTH PLAIN {PLAIN}"], "503 5.5.1 You are logged in already"),
]


def without_reference(answer):
    return re.sub(r" \[ref \w+-\d+\]$", "", f"{answer.codes} {answer.lines[0]}")


def check(talk, lines, words):
    for line in lines[:-1]:
        assert talk.say(line).code in (220, 235, 250, 334, 354, 550), line
    answer = talk.say(lines[-1])
    said = without_reference(answer)
    assert (said[:len(words)] if words.endswith((" ", ":")) else said) == words  # with a space or colon at its end it is a beginning
    if answer.code == 421:
        assert talk.reply() is None


def name(value):
    return value[:40] if isinstance(value, str) else ""


@pytest.fixture(scope="module")
def server():
    with running(networks=STRANGERS, size="64 KiB", aliases=ALIASES,
                 more='limits { hops = 25  recipients = 100 }\nrefuse { domains = { "never.test" } }\n') as made:
        yield made


@pytest.fixture(scope="module")
def secured():
    with running_secured(more='limits { failed-logins = 0  login-delay = "0 s" }\n') as made:
        yield made


@pytest.mark.parametrize("lines, words", TABLE, ids=name)
def test_in_the_clear(server, lines, words):
    with Talk(server.port) as talk:
        assert talk.greeting.codes == "220"
        check(talk, lines, words)


def test_a_line_without_an_end(server):
    with Talk(server.port) as talk:
        talk.send("x" * 65540)
        assert talk.reply().codes == "500 5.5.2"
        answer = talk.reply()
        assert without_reference(answer) == "421 4.7.0 No line end (CR LF) came in 65536 bytes; that is not SMTP" and talk.reply() is None


@pytest.mark.parametrize("lines, words", ENCRYPTED, ids=name)
def test_encrypted(secured, lines, words):
    with Talk(secured.port) as talk:
        talk.ehlo()
        talk.starttls(secured.trust)
        talk.ehlo()
        check(talk, lines, words)


@pytest.mark.parametrize("lines, words", [
    (["EHLO a.test", MAIL], "530 5.7.0 Encryption is required here: send STARTTLS first"),
    (["EHLO a.test", "AUTH PLAIN"], "538 5.7.11 A password is taken in an encrypted connection only: send STARTTLS first"),
    (["EHLO a.test", "STARTTLS"], "220 2.0.0 Ready to start TLS")], ids=name)
def test_where_encryption_is_wanted(secured, lines, words):
    with Talk(secured.entrances["starttls"].port) as talk:
        check(talk, lines, words)


def test_where_a_login_is_wanted(secured):
    with Talk(secured.entrances["implicit"].port, implicit=secured.trust) as talk:
        check(talk, ["EHLO a.test", "MAIL FROM:<bob@here.test>"], "530 5.7.0 Log in first (AUTH): this entrance is for people with an account")


def test_a_third_wrong_password(secured):
    with Talk(secured.entrances["implicit"].port, implicit=secured.trust) as talk:
        talk.ehlo()
        talk.send(("AUTH PLAIN " + b64(f"\0{USER}\0{PASSWORD}x") + "\r\n") * 3)
        assert talk.rest() == ["535 5.7.8"] * 3 + ["421 4.7.0"]


def test_a_host_that_takes_no_mail(candor):
    port = free_port()
    candor(more=f'listen closed {{ address = "127.0.0.1:{port}" never-accepts = true }}\n')
    with Talk(port) as talk:
        assert talk.greeting.codes == "521" and talk.greeting.lines[0].startswith("mx.here.test never takes mail (RFC 7504); ")
        check(talk, ["NOOP"], "503 5.5.1 This server refused your connection in its greeting; only QUIT is left")


@pytest.mark.parametrize("limit, words", [
    ("connections = 1", "421 4.3.2 mx.here.test has too many connections open; try again in a minute"),
    ("connections-per-client = 1", "421 4.7.0 Too many connections from [127.0.0.1] at once (limit 1); close some, then try again")])
def test_one_connection_too_many(candor, limit, words):
    server = candor(networks=STRANGERS, more=f"limits {{ {limit} }}\n")
    def greeted():
        talk = Talk(server.port)  # whoever looked whether the server is there may still be counted
        return talk if talk.greeting.code == 220 else talk.close()
    with until(greeted, "the first place to be free"):
        with Talk(server.port) as second:
            assert without_reference(second.greeting) == words and second.reply() is None


def test_a_session_with_too_many_errors(candor):
    with Talk(candor(more="limits { errors = 2 }\n").port) as talk:
        talk.send("NONSENSE\r\n" * 5)
        assert talk.rest() == ["500 5.5.1", "500 5.5.1", "421 4.7.0"]


def test_too_little_space_is_put_off_before_the_content(candor):
    with Talk(candor(reserve="1000 GiB").port) as talk:
        check(talk, ["EHLO a.test", MAIL, RCPT, "DATA"], "452 4.3.1 Not enough space to store your message now; try again later")


def test_a_disk_that_fails(candor, folder):
    disk = FailingSync(folder)
    with Talk(candor(env=disk.env).port) as talk:
        talk.begin()
        disk.on()
        check(talk, ["DATA", "Subject: x\r\n\r\nx\r\n."], "451 4.3.0 Your message could not be stored safely; try again later")


def test_a_shutdown(candor):
    server = candor()
    with Talk(server.port) as talk:
        talk.ehlo()
        server.process.terminate()
        assert talk.rest() == ["421 4.3.2"]
    assert server.process.wait(20) == 0


@pytest.mark.parametrize("setting, lines, words", [
    ("reverse-dns", [MAIL, RCPT], "450 4.7.25 The name of your server's address [127.0.0.1] in the DNS (PTR) can't be looked up now; try again later"),
    ("sender-domain", ["MAIL FROM:<x@there.example>"], "451 4.1.8 The sender's domain there.example can't be looked up now: its name servers did not answer in time; "
     "try again later")])
def test_a_server_without_its_dns(candor, setting, lines, words):
    server = candor(networks=STRANGERS, more=f'resolver {{ nameserver = {{ "127.0.0.1@{free_port()}" }} }}\nchecks {{ {setting} = true  dns-timeout = "500 ms" }}\n')
    with Talk(server.port) as talk:
        check(talk, ["EHLO a.test", *lines], words)


def test_the_page_about_replies_has_each_of_them():
    """docs/replies.md: those that the catalogue of situations has, and none of them among those that are never sent."""
    root = pathlib.Path(__file__).parents[2]
    situations = (root / "src/reply/situations.def").read_text(encoding="utf-8")
    sent = {(code, "" if first == "0" else f"{first}.{second}.{third}")
            for code, first, second, third in re.findall(r"^SITUATION\(\w+, (\d+), (\d), (\d+), (\d+),", situations, re.MULTILINE)}
    told, never = (root / "docs/replies.md").read_text(encoding="utf-8").split("## What is never sent")
    row = re.compile(r"^\| (\d{3}) \| ?([\d.]*) ?\|", re.MULTILINE)
    assert len(sent) > 80 and set(row.findall(told)) == sent
    assert row.findall(never) and not sent & set(row.findall(never))
