"""Sources, pools and routes change while the server runs: what waits goes the new ways, and no count is lost."""
import json
import os
import signal
import subprocess

import pytest
from candor import run
from sink import Sink
from test_reload import change, reload
from test_sources import Watchful, clients, listed
from waiting import free_port, until

SOURCES = """source one { ipv4 = "127.0.0.21"  helo = "one.here.test"  ONE }
pool main { sources = { "one" } }
"""


@pytest.fixture
def sink():
    made = []

    def start(address="127.0.0.2", port=0):
        peer = Sink(address=address, port=port, session=Watchful)
        peer.came, peer.senders, peer.listed = [], [], set()
        made.append(peer)
        return peer
    yield start
    for peer in made:
        peer.close()


def today():
    return subprocess.run(["date", "-u", "+%F"], capture_output=True, text=True, check=True).stdout.strip()


def is_done(server):
    return until(lambda: server.queue().stdout == "Nothing waits.\n", lambda: server.queue("list").stdout)


def sources_of(server):
    """Asked at the socket: the file may be wrong."""
    return run("queue", "sources", "--json", "--socket", f"{server.folder}/control").stdout


def renewed(server):
    done = reload(server)
    assert done.returncode == os.EX_OK and "restart" not in done.stdout, done


def test_a_new_source_takes_over_where_the_warm_up_ends(candor, sink):
    """What waits for tomorrow goes at once from the address that was added; what the first one sent still counts."""
    peer = sink()
    warm = f'warm-up-begins = "{today()}"  warm-up-first = 3  warm-up-last = 1000'
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', more=SOURCES.replace("ONE", warm))
    for number in range(5):
        server.send("carol@there.test", subject=str(number))
    peer.wait(3)
    until(lambda: server.queue("list").stdout.count("Waits for tomorrow") == 2, lambda: server.queue("list").stdout)
    change(server, 'pool main { sources = { "one" } }',
           'source two { ipv4 = "127.0.0.22"  helo = "two.here.test" }\npool main { sources = { "one", "two" } }')
    renewed(server)
    peer.wait(5)
    assert clients(peer) == ["127.0.0.21"] * 3 + ["127.0.0.22"] * 2
    is_done(server)
    rows = listed(server)
    assert (rows["one"]["sent"], rows["one"]["limit"], rows["two"]["sent"], rows["two"]["pools"]) == (3, 3, 2, ["main"]), rows


def test_a_source_that_is_taken_out_sends_nothing_more(candor, sink):
    peer = sink()
    two = 'source two { ipv4 = "127.0.0.22"  helo = "two.here.test" }\n'
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', retry="1 h",
                    more=two + SOURCES.replace("ONE", "").replace('{ "one" }', '{ "one", "two" }'))
    server.queue("suspend", "--site", f"127.0.0.2:{peer.port}")
    for number in range(4):
        server.send("carol@there.test", subject=str(number))
    change(server, two, "")
    change(server, '{ "one", "two" }', '{ "one" }')
    renewed(server)
    server.queue("resume", "--all")
    peer.wait(4)
    assert clients(peer) == ["127.0.0.21"] * 4 and list(listed(server)) == ["one"]
    server.config.write_text(server.config.read_text() + two)  # it comes back under its own number
    renewed(server)
    assert listed(server)["two"]["pools"] == []


def test_what_waits_takes_the_new_way(candor, sink):
    peer, old = sink(), free_port("127.0.0.3")
    server = candor(relay=f'smarthost = "127.0.0.3:{old}"', more='route news { senders = { "news.test" }  direct = true }\n', retry="1 h")
    server.send("carol@there.test")
    until(lambda: "connection refused" in server.queue("list").stdout, lambda: server.queue("list").stdout)
    change(server, f"127.0.0.3:{old}", f"127.0.0.2:{peer.port}")
    renewed(server)
    peer.wait()  # the trouble was that of the old one
    is_done(server)


def test_recipients_of_one_message_may_part(candor, sink):
    one, other = sink(), sink("127.0.0.3")
    server = candor(relay=f'smarthost = "127.0.0.2:{one.port}"', retry="1 h")
    server.queue("suspend", "--site", f"127.0.0.2:{one.port}")
    with server.smtp() as session:
        session.sendmail("alice@here.test", ["a@there.test", "b@partner.test"], "Subject: x\r\n\r\nx\r\n")
    server.config.write_text(server.config.read_text() + f'route partner {{ recipients = {{ "partner.test" }}  smarthost = "127.0.0.3:{other.port}" }}\n')
    server.process.send_signal(signal.SIGHUP)
    other.wait()
    assert "RCPT TO:<b@partner.test>" in other.commands and "RCPT TO:<a@there.test>" not in other.commands and one.messages == []
    server.queue("resume", "--all")
    one.wait()
    assert "RCPT TO:<a@there.test>" in one.commands and "RCPT TO:<b@partner.test>" not in one.commands
    is_done(server)


def test_the_name_of_a_source(candor, sink):
    """The connection that is open has the old one, so another is made."""
    peer = sink()
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', more=SOURCES.replace("ONE", ""))
    server.send("carol@there.test")
    peer.wait()
    change(server, "one.here.test", "new.here.test")
    renewed(server)
    server.send("carol@there.test")
    peer.wait(2)
    assert peer.came == [("127.0.0.21", "one.here.test"), ("127.0.0.21", "new.here.test")]


WRONG = [
    ('{ "one" }', '{ "one", "two" }', "there is no section source two"),
    ('"127.0.0.21"', '"192.0.2.25"', "source one: mail can't leave from 192.0.2.25: this machine does not have that address"),
    ("pool main", "pool other", "relay: there is no section pool main"),
    ('helo = "one.here.test"', 'helo = "one here"', "candor.conf:"),
]


@pytest.mark.parametrize("old, new, words", WRONG, ids=range(len(WRONG)))
def test_a_file_that_is_wrong_leaves_all_as_it_was(candor, sink, old, new, words):
    peer = sink()
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main', more=SOURCES.replace("ONE", ""))
    before = sources_of(server)
    change(server, old, new)
    done = reload(server)
    assert done.returncode == os.EX_CONFIG and words in done.stderr and "goes on with the configuration that it has" in done.stderr, done
    assert "one" in before and sources_of(server) == before and "not-reloaded" in server.log
    server.send("carol@there.test")
    peer.wait()
    assert peer.came == [("127.0.0.21", "one.here.test")]


def test_the_first_source_of_all_may_need_a_restart(candor, sink):
    """A sandbox that was made without any lets no connection choose its address: that is told, and nothing changes."""
    peer = sink()
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"')
    server.config.write_text(server.config.read_text() + SOURCES.replace("ONE", ""))
    change(server, f'smarthost = "127.0.0.2:{peer.port}"', f'smarthost = "127.0.0.2:{peer.port}"  pool = main')
    done = reload(server)
    is_confined = done.returncode != os.EX_OK
    assert not is_confined or "the server began without a section source" in done.stderr and "restart it" in done.stderr, done
    server.send("carol@there.test")
    peer.wait()
    assert (clients(peer) == ["127.0.0.21"]) != is_confined


def test_many_reloads_under_load_lose_nothing(candor, sink):
    """Each message arrives once, from an address that is in the pool."""
    peer = sink()
    pools = ['{ "one" }', '{ "one", "two" }', '{ "two" }']
    server = candor(relay=f'smarthost = "127.0.0.2:{peer.port}"  pool = main',
                    more=SOURCES.replace("ONE", "") + 'source two { ipv4 = "127.0.0.22" }\n')
    for number in range(60):
        server.send("carol@there.test", subject=f"no {number}")
        if number % 6 == 5:
            change(server, pools[number // 6 % 3], pools[(number // 6 + 1) % 3])
            renewed(server)
    peer.wait(60)
    is_done(server)
    subjects = [text.split(b"Subject: ")[1].split(b"\r\n")[0] for text in peer.messages]
    assert sorted(subjects) == sorted(b"no %d" % number for number in range(60))
    assert set(clients(peer)) == {"127.0.0.21", "127.0.0.22"}
    assert sum(json.loads(line).get("sent", 0) for line in server.queue("sources", "--json").stdout.splitlines()) == 60
