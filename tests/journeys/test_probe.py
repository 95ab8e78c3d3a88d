"""candor probe: each step of the way that mail would go, with what is wrong explained."""
import contextlib
import functools
import json
import os
import pathlib
import re
import socket

import pytest
from candor import run
from nameserver import SlowNameserver
from pki import Authority, tlsa
from sink import Session, Sink
from sts_web import POLICY, Web
from waiting import free_port

PORT, WEB = free_port("127.0.0.2"), free_port("127.0.0.3")
CONFIG = """hostname = "mx.here.example"
listen mx {{ address = "127.0.0.1:25" }}
domain here.example {{ mailboxes = "/nowhere" }}
relay {{ port = {port}  mta-sts-port = {web}  {authorities} }}
spool {{ path = "{folder}/spool" }}
{resolver}
"""


class World:
    """A config file, hosts and a name server; `probe` asks and returns the object of --json."""

    def __init__(self, folder, nameserver, stack):
        self.folder, self.nameserver, self.stack = pathlib.Path(folder), nameserver, stack
        self.authority, self.resolver, self.more, self.port = Authority(folder), "", "", PORT

    def dns(self, *records, **options):
        self.resolver = self.nameserver(*records, **options).section

    def host(self, address="127.0.0.2", **options):
        peer = Sink(address=address, port=PORT, **options)
        self.stack.callback(peer.close)
        return peer

    def web(self, policy):
        web = Web(self.authority.certificate("mta-sts.there.example").context, WEB)
        web.policy = policy
        self.stack.callback(web.close)
        return web

    @property
    def config(self):
        file = self.folder / "candor.conf"
        (self.folder / "mailboxes").write_text("alice\n")
        text = CONFIG.format(port=self.port, web=WEB, folder=self.folder, resolver=self.resolver + self.more,
                             authorities=f'authorities = "{self.authority.file}"')
        file.write_text(text.replace("/nowhere", str(self.folder / "mailboxes")))
        return file

    def text(self, *words, status=0):
        done = run("probe", "-c", self.config, *words)
        assert done.returncode == status and "Sanitizer" not in done.stderr, (done.returncode, done.stderr, done.stdout)
        return done.stdout

    def probe(self, *words, status=0):
        return Found(json.loads(self.text("--json", *words, status=status)))


class Found:
    """All steps of the tree, in order."""

    def __init__(self, whole):
        self.whole, self.all = whole, list(self.walk(whole))

    def walk(self, at):
        for step in at.get("steps", ()):
            yield step
            yield from self.walk(step)

    def steps(self, name):
        return [step for step in self.all if step["step"] == name]

    def one(self, name):
        found = self.steps(name)
        assert len(found) == 1, (name, self.all)
        return found[0]


@pytest.fixture
def world(folder, nameserver):
    with contextlib.ExitStack() as stack:
        yield World(folder, nameserver, stack)


DOMAIN = ("there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.2")


def test_a_good_domain_with_dane(world):
    shown = world.authority.certificate("mx.there.example")
    peer = world.host(tls=shown.context, offers=["SIZE 10485760", "DSN"])
    world.dns(*DOMAIN, f"_{PORT}._tcp.mx.there.example. TLSA {tlsa(shown.file, 3)}", signed=True)
    found = world.probe("carol@there.example")
    assert found.whole["arrives"] and found.whole["host"] == "mx.there.example" and not found.whole["sent"]
    assert found.one("mx")["dnssec"] == "secure" and found.one("mx")["state"] == "good"
    assert (found.one("exchanger")["host"], found.one("exchanger")["preference"]) == ("mx.there.example", "10")
    assert found.one("tlsa")["records"].startswith("3 1 1 ") and found.one("proof")["rule"] == "DANE (RFC 7672)"
    assert "fits the record 3 1 1" in found.one("proof")["text"]
    assert found.one("certificate")["hosts"] == "mx.there.example"
    assert re.search("; valid .* to .*, (1 day|2 days) left", found.one("certificate")["text"])  # 2 within its first second
    assert [step["offers"] for step in found.steps("ehlo")][1] == "PIPELINING, 8BITMIME, SIZE 10485760, DSN"
    assert found.one("rcpt")["text"] == "RCPT TO:<carol@there.example>: 250 2.0.0 fine"
    assert {step["state"] for step in found.all if step["step"] not in ("own", "reverse", "helo", "dmarc", "spf")} <= {"good", "note"}
    assert peer.messages == [] and peer.commands[-1] == "QUIT" and "RSET" in peer.commands


def test_what_people_see(world):
    shown = world.authority.certificate("mx.there.example")
    world.host(tls=shown.context)
    world.dns(*DOMAIN, f"_{PORT}._tcp.mx.there.example. TLSA {tlsa(shown.file, 3)}", signed=True)
    text = world.text("carol@there.example")
    assert "\033" not in text and all(len(line) <= 80 for line in text.splitlines()), text
    assert text.splitlines()[0] == "carol@there.example"
    assert text.splitlines()[-1].startswith("✓ Mail to carol@there.example gets there") or "✓ Mail to carol@there.example gets there" in text
    assert "\033[32m✓" in world.text("--color=always", "carol@there.example")


def test_a_domain_asks_for_its_postmaster_and_a_host_for_nobody(world):
    peer = world.host()
    world.dns(*DOMAIN)
    assert world.probe("There.Example.").whole["recipient"] == "postmaster@there.example"
    assert "RCPT TO:<postmaster@there.example>" in peer.commands
    peer.commands.clear()
    found = world.probe(f"mx.there.example:{PORT}")
    assert found.whole["arrives"] and not any(line.startswith("MAIL") for line in peer.commands)
    assert world.probe(f"[127.0.0.2]:{PORT}").whole["arrives"]


def test_an_international_domain_and_an_international_mailbox(world):
    peer = world.host()
    world.dns("xn--bcher-kva.example. MX 10 mx.there.example.", DOMAIN[1])
    assert world.probe("carol@Bücher.example").whole["arrives"] and "RCPT TO:<carol@xn--bcher-kva.example>" in peer.commands
    found = world.probe("zoë@bücher.example", status=os.EX_UNAVAILABLE)
    assert not found.whole["arrives"] and "SMTPUTF8" in found.steps("session")[-1]["text"]


def test_a_message_is_sent_only_when_it_is_asked_for(world):
    peer = world.host()
    world.dns(*DOMAIN)
    found = world.probe("--data", "--from=alice@here.example", "carol@there.example")
    assert found.whole["sent"] and found.one("end-of-data")["code"] == "250"
    assert b"candor probe" in peer.messages[0] and b"From: <alice@here.example>" in peer.messages[0]


def test_a_message_goes_to_one_host_only(world):
    first, second, third = world.host(session=Busy), world.host(address="127.0.0.5"), world.host(address="127.0.0.6")
    world.dns(*DOMAIN, *[f"there.example. MX {number}0 mx{number}.there.example." for number in (2, 3)],
              "mx2.there.example. A 127.0.0.5", "mx3.there.example. A 127.0.0.6")
    found = world.probe("--data", "carol@there.example")
    assert found.whole["sent"] and found.whole["host"] == "mx2.there.example"
    assert len(second.messages) == 1 and third.commands == first.messages == [] and len(found.steps("session")) == 2


def test_a_domain_that_takes_no_mail(world):
    world.dns("nomail.example. MX 0 .")
    found = world.probe("x@nomail.example", status=os.EX_NOHOST)
    explained = found.one("mx")["explanation"]
    assert (explained["code"], explained["enhanced"]) == (556, "5.1.10") and found.whole["decision"] == "never"


@pytest.mark.parametrize("kind, status, exit_status, decision", [
    ("no_name", "does not exist", os.EX_NOHOST, "suppress"),
    ("servfail", "SERVFAIL", os.EX_TEMPFAIL, "back_off"),
    ("timed_out", "no name server answered in time", os.EX_TEMPFAIL, "back_off"),
    ("bogus", "DNSSEC signature is not valid", os.EX_TEMPFAIL, "back_off"),
])
def test_the_failures_of_the_dns_are_kept_apart(world, kind, status, exit_status, decision):
    domain = "there.example"
    if kind == "timed_out":
        world.resolver = SlowNameserver().section
    elif kind == "bogus":
        world.dns(*DOMAIN, signed=True, spoiled={("there.example.", "MX")})
    elif kind == "servfail":
        world.dns("x.example. A 127.0.0.2")
        domain = "there.broken"
    else:
        world.dns("x.example. A 127.0.0.2")
    found = world.probe("--timeout=2", domain, status=exit_status)
    mx = found.one("mx")
    assert mx["dns"] == kind and status in mx["text"] and mx["state"] == "bad", mx
    assert found.whole["decision"] == decision and "explanation" in mx
    assert ("validation failure" in mx.get("why", "")) == (kind == "bogus")


def test_a_certificate_that_dane_does_not_know(world):
    shown = world.authority.certificate("mx.there.example")
    peer = world.host(tls=shown.context)
    world.dns(*DOMAIN, f"_{PORT}._tcp.mx.there.example. TLSA 3 1 1 {'00' * 32}", signed=True)
    found = world.probe("carol@there.example", status=os.EX_TEMPFAIL)
    assert "fits none of the 1 TLSA records" in found.one("proof")["text"] and found.one("proof")["state"] == "bad"
    assert found.steps("tls")[-1]["explanation"]["cause"] == "tls_failure"
    assert not any(line.startswith("MAIL") for line in peer.commands)


def test_why_dane_can_not_be_used(world):
    world.host(address="127.0.0.5")
    world.dns(signed=True, plain=["there.plain. MX 10 mx.there.plain.", "mx.there.plain. A 127.0.0.5"])
    found = world.probe("carol@there.plain")
    assert found.one("mx")["dnssec"] == "insecure" and "MX records are not proven by DNSSEC" in found.one("tlsa")["text"]
    world.dns("there.example. MX 10 mx.there.plain.", signed=True, plain=["mx.there.plain. A 127.0.0.5"])
    found = world.probe("carol@there.example")
    assert found.one("mx")["dnssec"] == "secure" and "addresses are not proven by DNSSEC" in found.one("tlsa")["text"]


def test_an_exchanger_that_stands_for_another(world):
    """RFC 7672 2.2.2: the records of what the name stands for come first."""
    shown = world.authority.certificate("any.example")
    world.host(tls=shown.context)
    world.dns("there.example. MX 10 mx.there.example.", "mx.there.example. CNAME real.host.example.", "real.host.example. A 127.0.0.2",
              f"_{PORT}._tcp.real.host.example. TLSA {tlsa(shown.file, 3)}", signed=True)
    found = world.probe("there.example")
    assert found.one("alias")["host"] == "real.host.example" and found.one("tlsa")["base"] == "real.host.example"
    assert found.one("proof")["rule"] == "DANE (RFC 7672)"


def test_a_policy_of_mta_sts_that_is_kept(world):
    world.web(POLICY.format(mode="enforce", mx="mx.there.example", age=86400))
    world.host(tls=world.authority.certificate("mx.there.example").context)
    world.dns(*DOMAIN, "mta-sts.there.example. A 127.0.0.3", '_mta-sts.there.example. TXT "v=STSv1; id=1;"')
    found = world.probe("carol@there.example")
    assert found.one("mta-sts")["mx"] == "mx.there.example" and "enforce" in found.one("mta-sts")["text"]
    assert "MTA-STS (RFC 8461)" in found.one("proof")["text"]
    assert not (world.folder / "spool").exists()  # a guest leaves nothing behind


@pytest.mark.parametrize("mx, certificate, where", [("other.there.example", "mx.there.example", "exchanger"),
                                                    ("mx.there.example", "evil.example", "proof")])
def test_a_policy_of_mta_sts_that_is_broken(world, mx, certificate, where):
    world.web(POLICY.format(mode="enforce", mx=mx, age=86400))
    world.host(tls=world.authority.certificate(certificate).context)
    world.dns(*DOMAIN, "mta-sts.there.example. A 127.0.0.3", '_mta-sts.there.example. TXT "v=STSv1; id=1;"')
    found = world.probe("carol@there.example", status=os.EX_TEMPFAIL)
    assert found.one(where)["state"] == "bad" and "MTA-STS" in found.one(where)["text"]


def test_a_policy_of_mta_sts_that_can_not_be_had(world):
    web = world.web("<html>")
    web.status = 404
    world.host()
    world.dns(*DOMAIN, "mta-sts.there.example. A 127.0.0.3", '_mta-sts.there.example. TXT "v=STSv1; id=1;"')
    policy = world.probe("carol@there.example").one("mta-sts")
    assert policy["state"] == "doubt" and "200" in policy["text"] and "well-known/mta-sts.txt" in policy["advice"]


def test_a_host_where_nobody_listens_and_the_next_one(world):
    world.host(address="127.0.0.5")
    world.dns(*DOMAIN, "there.example. MX 20 second.there.example.", "second.there.example. A 127.0.0.5")
    found = world.probe("carol@there.example")
    assert found.whole["arrives"] and found.whole["host"] == "second.there.example"
    first, second = found.steps("session")
    assert (first["state"], second["state"]) == ("bad", "good")
    assert "refused" in first["steps"][0]["text"] and first["steps"][0]["explanation"]["cause"] == "connection_failed"


def test_more_exchangers_than_an_attempt_tries(world):
    world.dns(*[f"there.example. MX {number} mx{number}.there.example." for number in range(10)])
    found = world.probe("carol@there.example", status=os.EX_NOHOST)
    assert len(found.steps("exchanger")) == 8 and "tries 8 of them" in found.one("limit")["text"]
    assert found.one("mx")["explanation"]["enhanced"] == "5.4.4"


class Busy(Session):
    def handle(self):
        self.say("421 4.3.2 too busy, come again later")


class Unknown(Session):
    def answer(self, verb, line):
        self.say("550 5.1.1 no such user here" if verb == "RCPT" else "250 2.0.0 fine")


@pytest.mark.parametrize("session, step, status, code", [(Busy, "greeting", os.EX_TEMPFAIL, 421), (Unknown, "rcpt", os.EX_NOUSER, 550)])
def test_what_the_host_refuses(world, session, step, status, code):
    world.host(session=session)
    world.dns(*DOMAIN)
    found = world.probe("carol@there.example", status=status)
    assert found.one(step)["explanation"]["code"] == code and found.one(step)["state"] == "bad"
    assert not found.whole["arrives"]


class Silent(Session):
    def handle(self):
        self.rfile.read()


class OldFashioned(Session):
    def offer(self):
        self.say("502 5.5.1 what is EHLO?")


def test_a_host_that_says_nothing(world):
    world.host(session=Silent)
    world.dns(*DOMAIN)
    found = world.probe("--timeout=1", "carol@there.example", status=os.EX_TEMPFAIL)
    assert found.steps("connect")[-1]["text"] == "timed out waiting for the greeting" and not found.whole["arrives"]


def test_a_host_that_takes_no_connection(world):
    """Its queue of connections is full, so that the next one hears nothing at all."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind(("127.0.0.8", PORT))
        full.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.8", PORT))
        world.dns(DOMAIN[0], "mx.there.example. A 127.0.0.8")
        found = world.probe("--timeout=1", "carol@there.example", status=os.EX_TEMPFAIL)
    assert found.one("connect")["text"] == "connection timed out" and found.one("connect")["explanation"]["cause"] == "connection_failed"


def test_a_host_without_ehlo(world):
    world.host(session=OldFashioned)
    world.dns(*DOMAIN)
    found = world.probe("carol@there.example")
    first, second = found.steps("ehlo")
    assert found.whole["arrives"] and (first["state"], second["state"]) == ("doubt", "good") and "HELO" in second["text"]


def test_mail_that_this_server_sends_another_way(world):
    world.host()
    world.dns(*DOMAIN, "here.example. MX 10 mx.there.example.")
    assert "is a domain of this server" in world.probe("alice@here.example").one("local")["text"]
    file = world.config
    file.write_text(file.read_text().replace("relay {", 'relay { smarthost = "smart.example:2525" '))
    done = run("probe", "-c", file, "--json", "carol@there.example")
    found = Found(json.loads(done.stdout)).one("smarthost")
    assert found["smarthost"] == "smart.example:2525" and found["advice"].endswith("candor probe --direct carol@there.example")


def test_a_real_postfix(world, postfix):
    peer = postfix(["carol@there.example"])
    world.port = peer.port
    world.dns("there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.1")
    found = world.probe("carol@there.example")
    assert found.whole["arrives"] and "PIPELINING" in found.one("ehlo")["offers"] and "250 2.1.5" in found.one("rcpt")["text"]
    refused = world.probe("nobody@there.example", status=os.EX_NOUSER).one("rcpt")
    assert refused["explanation"]["enhanced"] == "5.1.1" and "User unknown" in refused["text"]
    relay = world.probe("--data", "carol@elsewhere.example", status=os.EX_NOHOST)
    assert relay.steps("session") == []


class BrokenTls(Session):
    def begin_tls(self):
        self.say("220 go on", "this is no TLS at all, and never will be")


def test_tls_that_does_not_work_where_it_need_not(world):
    peer = world.host(session=BrokenTls, tls=True)
    world.dns(*DOMAIN)
    found = world.probe("carol@there.example")
    assert found.whole["arrives"] and any("in the clear" in step["text"] for step in found.steps("tls"))
    assert peer.commands.count("EHLO mx.here.example") == 2


def test_half_of_it_fails(world):
    """One exchanger has no address, one is silent to all, one works."""
    world.host(address="127.0.0.5")
    world.dns("there.example. MX 5 gone.there.example.", "there.example. MX 10 closed.there.example.",
              "there.example. MX 20 good.there.example.", "closed.there.example. A 127.0.0.6", "good.there.example. A 127.0.0.5")
    text = world.text("carol@there.example")
    for words in ("gone.there.example, preference 5: not used, it has no address", "closed.there.example [127.0.0.6]",
                  "✓ Mail to carol@there.example gets there: good.there.example takes"):
        assert words in re.sub(r"[│\s]+", " ", text), text
    assert all(len(line) <= 80 for line in text.splitlines()), text


OWN = ("1.0.0.127.in-addr.arpa. PTR mx.here.example.", "mx.here.example. A 127.0.0.1", '_dmarc.here.example. TXT "v=DMARC1; p=reject"',
       'mx.here.example. TXT "v=spf1 include:list.example -all"', 'list.example. TXT "v=spf1 mx a:mx.here.example ?all"')


def test_our_own_side_when_all_is_well(world):
    world.host()
    world.more = 'dnsbl "zen.example" { url = "https://zen.example/?ip={ip}" }\n'
    world.dns(*DOMAIN, *OWN)
    found = world.probe("carol@there.example")
    assert (found.one("reverse")["state"], found.one("reverse")["name"]) == ("good", "mx.here.example")
    assert found.one("helo")["state"] == found.one("blocklist")["state"] == "good"
    assert (found.one("dmarc")["state"], found.one("dmarc")["policy"]) == ("good", "reject")
    assert "mail leaves from 127.0.0.1" in found.one("own")["text"]
    assert (found.one("spf")["result"], found.one("spf")["matched"]) == ("pass", "include:list.example")


def test_our_own_side_when_nothing_is(world):
    world.host()
    world.more = 'dnsbl "zen.example" { url = "https://zen.example/?ip={ip}" }\n'
    world.dns(*DOMAIN, "1.0.0.127.in-addr.arpa. PTR other.example.", "other.example. A 127.0.0.9", "1.0.0.127.zen.example. A 127.0.0.4")
    found = world.probe("carol@there.example")
    for step, words in (("reverse", "other.example in the DNS (PTR), which does not lead back"), ("helo", "has no address in the DNS"),
                        ("blocklist", "127.0.0.1 is on the blocklist zen.example (127.0.0.4)"), ("dmarc", "there is no record")):
        assert found.one(step)["state"] == "doubt" and words in found.one(step)["text"], found.one(step)
    assert "https://zen.example/?ip=127.0.0.1" in found.one("blocklist")["advice"]
    assert found.one("spf")["result"] == "none" and "v=spf1 ip4:127.0.0.1" in found.one("spf")["advice"]
    assert found.one("own")["state"] == "doubt" and found.whole["arrives"]


@pytest.mark.parametrize("record, result, words", [
    ("v=spf1 ip4:192.0.2.1 -all", "fail", "ip4:127.0.0.1"), ("v=spf1 include:loop.example -all", "permerror", "has to mend it"),
    ("v=spf1 a:there.broken -all", "temperror", ""), ("v=spf1 ip4:127.0.0.0/8 -all", "pass", "")])
def test_who_may_send_for_the_domain(world, record, result, words):
    world.host()
    world.dns(*DOMAIN, f'here.example. TXT "{record}"', 'loop.example. TXT "v=spf1 include:loop.example"')
    spf = world.probe("--from=alice@here.example", "carol@there.example").one("spf")
    assert spf["result"] == result and words in spf.get("advice", "") and "here.example" in spf["text"]


def test_a_key_and_the_record_of_it(world):
    world.host()
    keys = world.folder / "keys/here.example"
    keys.mkdir(parents=True)
    records = {}
    for selector in ("one", "two", "three"):
        made = run("dkim", "new", "here.example", "--selector", selector, "--type", "ed25519", "--key", keys / f"{selector}.pem")
        assert made.returncode == 0, made
        records[selector] = re.search(r'"(v=DKIM1;[^"]*)"', made.stdout)[1]
    world.more = f'dkim here.example {{ selector = {{ "one", "two", "three" }}  key = "{world.folder}/keys/%d/%s.pem" }}\n'
    world.dns(*DOMAIN, f'one._domainkey.here.example. TXT "{records["one"]}"', f'two._domainkey.here.example. TXT "{records["one"]}"')
    one, two, three = world.probe("--from=alice@here.example", "carol@there.example").steps("dkim")
    assert one["state"] == "good" and "has the key that signs here" in one["text"]
    assert two["state"] == "doubt" and "another key" in two["text"]
    assert three["state"] == "doubt" and "no record" in three["text"] and "candor dkim show here.example --selector three" in three["advice"]


@pytest.mark.parametrize("words", [["not an address@x"], [], ["a.example", "b.example"], ["--timeout=0", "a.example"],
                                   ["--data", "[127.0.0.1]"], ["--color=pink", "a.example"]])
def test_what_is_not_understood(world, words):
    done = run("probe", "-c", world.config, *words)
    assert done.returncode == os.EX_USAGE and done.stderr and not done.stdout
