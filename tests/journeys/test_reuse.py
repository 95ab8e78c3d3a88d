"""One connection carries mail for all domains of a site, each in its turn; what is not as safe, or not the same host, is not shared."""
import pytest
from sink import Session, Sink
from waiting import until


class Counting(Session):
    """Notes each connection, and for which domain each message was."""

    def handle(self):
        self.server.sink.connections += 1
        super().handle()

    def answer(self, verb, line):
        if verb == "RCPT":
            self.server.sink.domains.append(line.split("@")[1].split(">")[0])
        super().answer(verb, line)


@pytest.fixture
def hoster():
    made = []

    def start(address="127.0.0.2", port=0):
        peer = Sink(address=address, port=port, session=Counting)
        peer.connections, peer.domains = 0, []
        made.append(peer)
        return peer
    yield start
    for peer in made:
        peer.close()


def domains(count, *exchangers):
    return [f"d{number}.example. MX {preference} {host}" for number in range(count) for preference, host in exchangers]


ONE_AT_A_TIME = "connections-per-site = 1"


def test_one_session_delivers_for_all_domains_of_a_host(candor, hoster, nameserver):
    peer = hoster()
    dns = nameserver(*domains(8, (10, "mx.hoster.example.")), "mx.hoster.example. A 127.0.0.2")
    server = candor(relay=f"port = {peer.port}", more=dns.section, queue=ONE_AT_A_TIME)
    for number in range(24):
        server.send(f"carol@d{number % 8}.example", subject=str(number))
    peer.wait(24)
    assert set(peer.domains) == {f"d{number}.example" for number in range(8)}
    assert peer.connections <= 3, f"{peer.connections} connections for 24 messages one after the other"


def test_a_domain_with_much_mail_lets_the_others_of_its_site_take_turns(candor, hoster, nameserver):
    peer = hoster()
    dns = nameserver(*domains(2, (10, "mx.hoster.example.")), "mx.hoster.example. A 127.0.0.2")
    server = candor(relay=f"port = {peer.port}", more=dns.section, queue=ONE_AT_A_TIME)
    assert server.queue("suspend", "--sender", "@here.test").returncode == 0
    for number in range(60):
        server.send("carol@d0.example", subject=str(number))
    server.send("carol@d1.example", subject="the only one")
    assert server.queue("resume", "--all").returncode == 0
    peer.wait(61)
    assert peer.domains.index("d1.example") < 10


def test_the_same_name_at_another_port_is_another_host(candor, hoster):
    one, other = hoster(), hoster()
    server = candor(relay=f'smarthost = "127.0.0.2:{one.port}"', queue=ONE_AT_A_TIME, more=f"""
route other {{ recipients = {{ "other.example" }}  smarthost = "127.0.0.2:{other.port}" }}
""")
    for number in range(6):
        server.send(f"carol@{'other' if number % 2 else 'one'}.example", subject=str(number))
    one.wait(3), other.wait(3)
    assert set(one.domains) == {"one.example"} and set(other.domains) == {"other.example"}


def test_a_less_preferred_host_is_not_used_because_it_is_open(candor, hoster, nameserver):
    first = hoster()
    second = hoster("127.0.0.3", first.port)
    dns = nameserver("a.example. MX 10 mx1.hoster.example.", "a.example. MX 20 mx2.hoster.example.",
                     "b.example. MX 20 mx1.hoster.example.", "b.example. MX 10 mx2.hoster.example.",
                     "mx1.hoster.example. A 127.0.0.2", "mx2.hoster.example. A 127.0.0.3")
    server = candor(relay=f"port = {first.port}", more=dns.section, queue=ONE_AT_A_TIME)
    for number in range(8):
        server.send(f"carol@{'ab'[number % 2]}.example", subject=str(number))
    first.wait(4), second.wait(4)
    assert set(first.domains) == {"a.example"} and set(second.domains) == {"b.example"}


@pytest.mark.parametrize("records, arrives", [
    (("loop.example. MX 10 mx.here.test.", "mx.here.test. A 127.0.0.9"), False),
    (("loop.example. MX 20 mx.here.test.", "loop.example. MX 10 mx.hoster.example.", "mx.here.test. A 127.0.0.9"), True),
    (("loop.example. MX 10 mx.here.test.", "loop.example. MX 10 mx.hoster.example.", "mx.here.test. A 127.0.0.9"), False),
    (("loop.example. MX 5 MX.here.test.", "loop.example. MX 10 mx.hoster.example.", "mx.here.test. A 127.0.0.9"), False),
], ids=["alone", "others-first", "equal", "we-are-first"])
def test_mail_does_not_go_back_to_this_server(candor, hoster, nameserver, records, arrives):
    """RFC 5321 5.1: exchangers that are no more preferred than we are would send it to us again."""
    peer = hoster()
    dns = nameserver(*records, "mx.hoster.example. A 127.0.0.2")
    server = candor(relay=f"port = {peer.port}", more=dns.section)
    server.send("carol@loop.example")
    if arrives:
        peer.wait(1)
        return
    mail = server.wait_mail("alice")[0]
    assert "5.4.6" in mail.as_string() and "lead back to this server" in mail.as_string()
    assert peer.connections == 0


def test_an_exchanger_at_an_address_where_we_listen_is_this_server(candor, hoster, nameserver):
    dns = nameserver("loop.example. MX 10 other-name.example.", "other-name.example. A 127.0.0.1")
    server = candor(more=dns.section)
    assert server.stop() == 0
    server.config.write_text(server.config.read_text().replace("relay {", f"relay {{ port = {server.port} "))
    server.start()
    server.send("carol@loop.example")
    assert "5.4.6" in server.wait_mail("alice")[0].as_string()


def test_many_at_once_use_several_connections_each_for_several_messages(candor, hoster, nameserver):
    peer = hoster()
    dns = nameserver(*domains(4, (10, "mx.hoster.example.")), "mx.hoster.example. A 127.0.0.2")
    server = candor(relay=f"port = {peer.port}", more=dns.section, queue="connections-per-site = 4")
    assert server.queue("suspend", "--sender", "@here.test").returncode == 0
    for number in range(80):
        server.send(f"carol@d{number % 4}.example", subject=str(number))
    assert server.queue("resume", "--all").returncode == 0
    peer.wait(80)
    until(lambda: "Nothing waits" in server.queue().stdout, lambda: server.queue().stdout)
    assert peer.connections <= 20, f"{peer.connections} connections for 80 messages"
