"""Addresses that mail leaves from: pools, weights, warm-up, names in EHLO; and ways by sender and recipient."""
import json
import os
import socket
import subprocess

import pytest
from candor import PROGRAM, run
from sink import Session, Sink
from waiting import until

SOURCES = """
source one {{ ipv4 = "127.0.0.21"  helo = "one.here.test"  weight = 2  {one} }}
source two {{ ipv4 = "127.0.0.22"  helo = "two.here.test"  {two} }}
pool main {{ sources = {{ "one", "two" }} }}
pool second {{ sources = {{ "two" }} }}
"""


class Watchful(Session):
    """Notes who came: address and EHLO name; refuses addresses that are listed, at the greeting or at MAIL."""

    def handle(self):
        self.client = self.client_address[0]
        if self.client in self.server.sink.listed:
            return self.say(f"554 5.7.1 Client host [{self.client}] blocked using zen.example.org; see https://zen.example.org/")
        super().handle()

    def offer(self):
        self.server.sink.came.append((self.client, self.server.sink.commands[-1].split()[1]))
        super().offer()

    def answer(self, verb, line):
        if verb == "MAIL":
            self.server.sink.senders.append((self.client, line.split("<")[1].split(">")[0]))
        super().answer(verb, line)


@pytest.fixture
def sink():
    made = []

    def start(address="127.0.0.2", port=0, listed=()):
        peer = Sink(address=address, port=port, session=Watchful)
        peer.came, peer.senders, peer.listed = [], [], set(listed)
        made.append(peer)
        return peer
    yield start
    for peer in made:
        peer.close()


def sources(one="", two=""):
    return SOURCES.format(one=one, two=two)


def clients(peer):
    return sorted(address for address, _ in peer.senders)


def test_mail_leaves_from_its_pool_by_weight_with_each_sources_name(candor, sink):
    peer = sink()
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', more=sources())
    for number in range(9):
        server.send("carol@there.test", subject=str(number))
    peer.wait(9)
    assert clients(peer) == ["127.0.0.21"] * 6 + ["127.0.0.22"] * 3
    assert set(peer.came) == {("127.0.0.21", "one.here.test"), ("127.0.0.22", "two.here.test")}
    until(lambda: server.log.count(" source=one ") == 6 and server.log.count(" source=two ") == 3, lambda: server.log)


def test_where_a_source_is_listed_the_next_of_the_pool_takes_its_place(candor, sink):
    peer = sink(listed={"127.0.0.21"})
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', more=sources(), suspend="1 h")
    for number in range(9):
        server.send("carol@there.test", subject=str(number))
    peer.wait(9)
    assert clients(peer) == ["127.0.0.22"] * 9
    refused = [line for line in server.log.splitlines() if " suspend " in line]
    assert 1 <= len(refused) <= 4 and all(" source=one " in line and "cause=ip_blocklisted" in line for line in refused), refused
    until(lambda: server.queue().stdout == "Nothing waits.\n", lambda: server.queue().stdout)


def test_when_all_are_listed_the_message_waits_and_says_why(candor, sink):
    peer = sink(listed={"127.0.0.21", "127.0.0.22"})
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', more=sources(), suspend="1 h")
    server.send("carol@there.test")
    until(lambda: server.log.count(" suspend ") == 2, lambda: server.log[-3000:])
    (row,) = [json.loads(line) for line in server.queue("list", "--json").stdout.splitlines()]
    assert "is suspended" in row["why"] and row["cause"] == "ip_blocklisted" and row["source"] in ("one", "two"), row
    peer.listed.clear()
    assert server.queue("retry", "--all").returncode == os.EX_OK
    peer.wait(1)


def all_wait(server):
    """What is in the queue, once all of it waits for tomorrow."""
    rows = [json.loads(line) for line in server.queue("list", "--json").stdout.splitlines()]
    return rows if rows and all(row["why"].startswith("Waits for tomorrow: ") for row in rows) else None


def test_a_new_address_sends_no_more_than_its_warm_up_allows_and_remembers_over_a_kill(candor, sink):
    peer = sink()
    today = subprocess.run(["date", "-u", "+%F"], capture_output=True, text=True, check=True).stdout.strip()
    warm = f'warm-up-begins = "{today}"  warm-up-first = 3  warm-up-last = 1000'
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', more=sources(one=warm, two=warm))
    for number in range(5):
        server.send("carol@there.test", subject=str(number))
    peer.wait(5)
    server.kill()
    server.start()
    for number in range(4):
        server.send("carol@there.test", subject=f"later {number}")
    peer.wait(6)  # a kill may repeat the last deliveries: then they count twice
    rows = until(lambda: all_wait(server), lambda: server.queue("list").stdout)
    assert 3 <= len(rows) <= 5
    assert clients(peer) == ["127.0.0.21"] * 3 + ["127.0.0.22"] * 3
    assert "T00:00:00" in rows[0]["until"], rows[0]
    assert "Waits for tomorrow: the sources sent what their warm-up allows for today" in server.queue().stdout


def test_ways_by_sender_and_by_recipient(candor, sink, nameserver):
    relay, news, partner = sink(), sink("127.0.0.3"), sink("127.0.0.4")
    exchanger = sink("127.0.0.5", relay.port)
    dns = nameserver("direct.example. MX 10 mx.direct.example.", "mx.direct.example. A 127.0.0.5")
    server = candor(relay=f'smarthost = "127.0.0.2:{relay.port}"  port = {relay.port}', more=dns.section + sources() + f"""
route both {{ senders = {{ "news.test" }}  recipients = {{ "partner.example" }}  smarthost = "127.0.0.3:{news.port}" }}
route partner {{ recipients = {{ "partner.example", "other.example" }}  smarthost = "127.0.0.4:{partner.port}"  pool = second }}
route straight {{ recipients = {{ "direct.example" }}  direct = true }}
route news {{ senders = {{ "news.test" }}  pool = second }}
""")
    for sender, to in (("alice@here.test", "a@partner.example"), ("x@news.test", "b@partner.example"), ("x@NEWS.test", "c@else.example"),
                       ("alice@here.test", "d@direct.example"), ("x@sub.news.test", "e@else.example"), ("x@news.test", "f@Other.example")):
        server.send(to, sender=sender)
    assert [c for c in partner.wait(2) and sorted(partner.senders)] == [("127.0.0.22", "alice@here.test"), ("127.0.0.22", "x@news.test")]
    news.wait(1), exchanger.wait(1), relay.wait(2)
    assert [s for _, s in news.senders] == ["x@news.test"] and [s for _, s in exchanger.senders] == ["alice@here.test"]
    by_relay = {sender.lower(): client for client, sender in relay.senders}
    assert by_relay["x@news.test"] == "127.0.0.22" and by_relay["x@sub.news.test"] != "127.0.0.22"


def test_a_message_to_two_ways_goes_both(candor, sink):
    one, other = sink(), sink("127.0.0.3")
    server = candor(relay=f'smarthost = "127.0.0.2:{one.port}"', more=f"""
route partner {{ recipients = {{ "partner.example" }}  smarthost = "127.0.0.3:{other.port}" }}
""")
    with server.smtp() as session:
        session.sendmail("alice@here.test", ["a@partner.example", "b@else.example"], "Subject: x\r\n\r\nx\r\n")
    one.wait(1), other.wait(1)


def listed(server):
    return {row["name"]: row for row in map(json.loads, server.queue("sources", "--json").stdout.splitlines()) if "name" in row}


def test_the_operators_list_of_sources(candor, sink):
    peer = sink(listed={"127.0.0.22"})
    today = subprocess.run(["date", "-u", "+%F"], capture_output=True, text=True, check=True).stdout.strip()
    yesterday = subprocess.run(["date", "-u", "-d", "yesterday", "+%F"], capture_output=True, text=True, check=True).stdout.strip()
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', suspend="1 h",
                    more=sources(one=f'warm-up-begins = "{yesterday}"  warm-up-first = 4  warm-up-last = 1000')
                    + f'source new {{ ipv6 = "::1"  warm-up-begins = "2099-01-01" }}\n'
                    + f'source old {{ warm-up-begins = "{today}"  warm-up-first = 9  warm-up-last = 9 }}\n')
    for number in range(3):
        server.send("carol@there.test", subject=str(number))
    peer.wait(3)
    rows = listed(server)
    one, two, new, old = (rows[name] for name in ("one", "two", "new", "old"))
    assert (one["ipv4"], one["helo"], one["pools"], one["weight"]) == ("127.0.0.21", "one.here.test", ["main"], 2), one
    assert (one["warm_up"], one["warm_up_day"], one["sent"], one["limit"], one["refused"]) == ("under_way", 2, 3, 8, []), one
    assert two["pools"] == ["main", "second"] and two["warm_up"] == "none" and "limit" not in two, two
    (refused,) = two["refused"]
    assert refused["site"] == "127.0.0.2" and refused["suspended"] and refused["cause"] == "ip_blocklisted", refused
    assert "zen.example.org" in refused["last"]["text"] and refused["until"] > today
    assert (new["ipv6"], new["warm_up"], new["limit"], new["pools"], new["helo"]) == ("::1", "not_begun", 0, [], "mx.here.test"), new
    assert old["warm_up"] == "over" and "limit" not in old and "ipv4" not in old
    shown = server.queue("sources").stdout
    assert "one: 127.0.0.21 as one.here.test, in pool main, weight 2\n     today 3 of 8 messages: day 2 of its warm-up\n" in shown, shown
    assert "     suspended at 127.0.0.2 until " in shown and "(ip_blocklisted)\n       127.0.0.2: 554 5.7.1 Client host [127.0.0.22] blocked" in shown
    assert "new: ::1 as mx.here.test, in no pool, weight 1\n     today 0 of 0 messages: its warm-up has not begun yet\n" in shown
    assert "old: any address as mx.here.test" in shown and "its warm-up is over" in shown


def test_a_server_without_sources_says_so(candor):
    done = candor().queue("sources")
    assert done.returncode == os.EX_OK and done.stdout == "There is no section source.\n"


WRONG = {
    'source a { ipv4 = "::1" }': "not the other way round",
    'source a { ipv4 = "192.0.2" }': "this is no address",
    'source a { ipv4 = "127.0.0.1"  warm-up-begins = "2026-02-29" }': "this is no day",
    'source a { ipv4 = "127.0.0.1"  warm-up-begins = "2026-02-28"  warm-up-first = 9  warm-up-last = 8 }': "over before it begins",
    'pool p { sources = { "b" } }': "there is no section source b",
    "pool p { }": "sources",
    "relay { pool = p }": "relay: there is no section pool p",
    'route r { senders = { "x.test" }  direct = true  smarthost = "x.test:25" }': "which one is it?",
    'route r { senders = { "x.test" }  pool = q }': "route r: there is no section pool q",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_does_not_fit_together_is_told(folder, text):
    file = f"{folder}/candor.conf"
    open(file, "w").write(f'hostname = "mx.here.test"\nlisten mx {{ address = "127.0.0.1:2525" }}\n{text}\n')
    done = run("check", "-c", file)
    assert done.returncode == os.EX_CONFIG and WRONG[text] in done.stdout + done.stderr, done


def test_an_address_that_is_not_this_machines_is_told_at_the_start(folder, candor):
    server = candor()
    assert server.stop() == 0
    server.config.write_text(server.config.read_text() + 'source far { ipv4 = "192.0.2.25" }\n')
    done = subprocess.run([PROGRAM, "serve", "-c", server.config], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "source far: mail can't leave from 192.0.2.25: this machine does not have that address" in done.stdout + done.stderr


def test_a_source_without_the_hosts_kind_of_address_says_so(candor):
    with socket.socket(socket.AF_INET6) as listening:
        listening.bind(("::1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        server = candor(relay=f'smarthost = "[::1]:{port}"  pool = main', more=sources(), retry="1 h")
        server.send("carol@there.test")
        until(lambda: "has no IPv6 address" in server.queue("list").stdout, lambda: server.queue("list").stdout)
