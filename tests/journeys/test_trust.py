"""Mail goes out only to who can prove that it is him, where that is asked for: authorities (relay { tls = verify }) and DANE."""
import contextlib
import os
import re
import ssl

import pytest
from candor import Candor, fields_of_dsn, run
from pki import Authority, tlsa
from sink import Sink
from waiting import free_port, until

PORT = free_port("127.0.0.2")


@pytest.fixture
def authority(folder):
    return Authority(folder)


@pytest.fixture
def sink():
    with contextlib.ExitStack() as stack:
        def start(**options):
            peer = Sink(**options)
            stack.callback(peer.close)
            return peer
        yield start


def delivered(server, peer):
    server.send("carol@there.example")
    peer.wait()
    until(lambda: " delivered " in server.log, lambda: server.log)
    return peer.secure == [True]


def why_it_waits(server, *words):
    """The reply that the message waits for, once it is there and has the words; it counts as a failure of TLS."""
    server.send("carol@there.example")
    found = until(lambda: re.search(r"back_off .* cause=tls_failure reply=(.*)", server.log), lambda: server.log)
    assert all(word in found[1] for word in words), found[1]
    return found[1]


def verifying(candor, authority, port, host="localhost"):
    return candor(relay=f'smarthost = "{host}:{port}" tls = verify authorities = "{authority.file}"', retry="1 h")


# ---- authorities ----

def test_a_certificate_that_proves_the_name(candor, authority, sink):
    peer = sink(tls=authority.certificate("localhost").context)
    server = verifying(candor, authority, peer.port)
    assert delivered(server, peer) and "tls=verified" in server.log


def test_a_certificate_for_another_name(candor, authority, sink):
    peer = sink(tls=authority.certificate("other.example").context)
    said = why_it_waits(verifying(candor, authority, peer.port), "is not for localhost (it is for other.example)")
    assert "`tls` in the section relay" in said and "CN=other.example, issued by CN=Test Authority" in said
    assert peer.messages == [] and not any(line.startswith("MAIL") for line in peer.commands)


def test_a_certificate_that_is_over(candor, authority, sink):
    peer = sink(tls=authority.certificate("localhost", days=-1).context)
    why_it_waits(verifying(candor, authority, peer.port), "certificate has expired")
    assert peer.messages == []


def test_an_authority_that_is_not_trusted(candor, authority, sink, folder):
    peer = sink(tls=Authority(folder, "Another").certificate("localhost").context)
    why_it_waits(verifying(candor, authority, peer.port), "is not to be trusted: self-signed certificate in certificate chain")
    assert peer.messages == []


def test_no_tls_at_all(candor, authority, sink):
    peer = sink()
    why_it_waits(verifying(candor, authority, peer.port), "TLS is required")
    assert peer.messages == []


def test_where_tls_may_be_any_certificate_will_do(candor, authority, sink):
    peer = sink(tls=authority.certificate("other.example").context)
    server = candor(relay=f'smarthost = "localhost:{peer.port}"')
    assert delivered(server, peer) and "tls=encrypted" in server.log


def test_what_is_proven_without_being_asked_for_is_told(candor, authority, sink):
    peer = sink(tls=authority.certificate("localhost").context)
    server = candor(relay=f'smarthost = "localhost:{peer.port}" authorities = "{authority.file}"')
    assert delivered(server, peer) and "tls=verified" in server.log


def test_what_never_proves_itself_comes_back_as_a_matter_of_security(candor, authority, sink):
    peer = sink(tls=authority.certificate("other.example").context)
    server = candor(relay=f'smarthost = "localhost:{peer.port}" tls = verify authorities = "{authority.file}"', lifetime="2 s")
    server.send("carol@there.example")
    fields = fields_of_dsn(server.wait_mail("alice")[0])[1][0]
    assert (fields["Action"], fields["Status"]) == ("failed", "4.7.5") and peer.messages == []


def test_a_file_of_authorities_that_is_none(candor, authority):
    authority.file = authority.key
    with pytest.raises(AssertionError, match="no certificate can be read from it"):
        verifying(candor, authority, 25)


def test_a_server_that_wants_a_certificate_of_ours(candor, authority, sink):
    asking = authority.certificate("localhost").context
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(authority.file)
    own = authority.certificate("mx.here.example")
    section = f'certificate mx {{ file = "{own.file}" key = "{own.key}" }}\n'
    peer = sink(tls=asking)
    assert delivered(candor(relay=f'smarthost = "localhost:{peer.port}" tls = must certificate = mx', more=section), peer)
    stranger = candor(relay=f'smarthost = "localhost:{peer.port}" tls = must', more=section, retry="1 h")
    stranger.send("carol@there.example")
    until(lambda: "certificate required" in stranger.log, lambda: stranger.log)


def test_a_certificate_that_is_not_there():
    server = Candor(relay="certificate = other")
    done = run("check", "-c", server.config)
    assert done.returncode == os.EX_CONFIG and "certificate other { file" in done.stderr, done
    server.close()


# ---- DANE ----

def records(*data, host="mx.there.example."):
    return ["there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.2",
            *[f"_{PORT}._tcp.{host} TLSA {text}" for text in data]]


def at_mx(sink, tls):
    return sink(address="127.0.0.2", port=PORT, tls=tls)


def dane(candor, dns, relay="", **options):
    return candor(relay=f"port = {PORT} {relay}", more=dns.section, retry="1 h", **options)


@pytest.mark.parametrize("usage, selector, matching", [(3, 1, 1), (3, 0, 1), (3, 1, 2), (3, 0, 0), (3, 1, 0)])
def test_the_server_that_the_record_names(candor, nameserver, folder, sink, usage, selector, matching):
    """Its name and its date do not matter (RFC 7672 3.1.1)."""
    shown = Authority(folder, "Another").certificate("whatever.example", days=-1)
    dns = nameserver(*records("3 1 1 " + "00" * 32, tlsa(shown.file, usage, selector, matching)), signed=True)
    server = dane(candor, dns)
    assert delivered(server, at_mx(sink, shown.context)) and "tls=dane" in server.log


@pytest.mark.parametrize("name", ["mx.there.example", "there.example"])
def test_the_authority_that_the_record_names(candor, nameserver, authority, sink, name):
    peer = at_mx(sink, authority.certificate(name).context)
    assert delivered(dane(candor, nameserver(*records(tlsa(authority.file, 2, 0, 1)), signed=True)), peer)


def test_the_authority_that_the_record_names_for_another(candor, nameserver, authority, sink):
    peer = at_mx(sink, authority.certificate("other.example").context)
    dns = nameserver(*records(tlsa(authority.file, 2, 0, 1)), signed=True)
    why_it_waits(dane(candor, dns), "DANE (RFC 7672)", "(it is for other.example)")
    assert peer.messages == []


def test_a_certificate_that_fits_no_record(candor, nameserver, authority, sink):
    peer = at_mx(sink, authority.certificate("mx.there.example").context)
    dns = nameserver(*records("3 1 1 " + "00" * 32), signed=True)
    why_it_waits(dane(candor, dns), "with mx.there.example", "DANE (RFC 7672)", "fits none of the 1 TLSA records")
    assert peer.messages == []


def test_the_next_exchanger_may_be_the_right_one(candor, nameserver, authority, sink):
    good, bad = authority.certificate("good.example"), authority.certificate("bad.example")
    name = f"_{PORT}._tcp.%s.there.example. TLSA {tlsa(good.file, 3)}"
    dns = nameserver("there.example. MX 10 bad.there.example.", "there.example. MX 20 good.there.example.",
                     "bad.there.example. A 127.0.0.2", "good.there.example. A 127.0.0.5", name % "bad", name % "good", signed=True)
    first, second = at_mx(sink, bad.context), sink(address="127.0.0.5", port=PORT, tls=good.context)
    assert delivered(dane(candor, dns), second)
    assert first.commands and first.messages == []


def test_never_in_the_clear_where_there_is_a_record(candor, nameserver, sink):
    peer = at_mx(sink, None)
    why_it_waits(dane(candor, nameserver(*records("3 1 1 " + "00" * 32), signed=True)), "DANE (RFC 7672)", "TLS is required")
    assert peer.messages == []


def test_records_that_say_nothing_to_mail_still_want_tls(candor, nameserver, authority, sink):
    """RFC 7672 2.2: usages 0 and 1, and what nobody knows, prove nothing, but there must be TLS."""
    dns = nameserver(*records("1 1 1 " + "00" * 32, "3 1 7 00"), signed=True)
    peer = at_mx(sink, authority.certificate("other.example").context)
    assert delivered(dane(candor, dns), peer)


def test_without_records_tls_is_as_the_configuration_says(candor, nameserver, sink):
    server, peer = dane(candor, nameserver(*records(), signed=True)), at_mx(sink, None)
    server.send("carol@there.example")
    peer.wait()
    until(lambda: "tls=none" in server.log, lambda: server.log)
    assert peer.secure == [False]


def test_a_record_that_may_be_forged_stops_the_mail(candor, nameserver, authority, sink):
    shown = authority.certificate("mx.there.example")
    name = f"_{PORT}._tcp.mx.there.example."
    dns = nameserver(*records(tlsa(shown.file, 3)), signed=True, spoiled=[(name, "TLSA")])
    peer = at_mx(sink, shown.context)
    why_it_waits(dane(candor, dns), "Whether mx.there.example has TLSA records", "can't be told")
    assert peer.messages == [] and peer.commands == []


def test_a_record_without_dnssec_is_none(candor, nameserver, sink):
    dns = nameserver(signed=True, plain=["there.plain. MX 10 mx.there.plain.", "mx.there.plain. A 127.0.0.2",
                                         f"_{PORT}._tcp.mx.there.plain. TLSA 3 1 1 " + "00" * 32])
    server, peer = dane(candor, dns), at_mx(sink, None)
    server.send("carol@there.plain")
    peer.wait()
    assert peer.secure == [False]


@pytest.mark.parametrize("header, goes", [("TLS-Required: No\r\n", True), ("tls-required:\r\n no\r\n", True), ("TLS-Required: Yes\r\n", False)])
def test_who_would_rather_have_it_arrive_says_so(candor, nameserver, sink, header, goes):
    """RFC 8689 3: the record wants TLS, which the server does not have."""
    server, peer = dane(candor, nameserver(*records("3 1 1 " + "00" * 32), signed=True)), at_mx(sink, None)
    server.send("carol@there.example", headers=header)
    until(lambda: peer.messages or "cause=tls_failure" in server.log, lambda: server.log)
    assert (peer.secure == [False]) == goes


def test_switched_off(candor, nameserver, sink):
    dns = nameserver(*records("3 1 1 " + "00" * 32), signed=True)
    server, peer = dane(candor, dns, relay="dane = false"), at_mx(sink, None)
    server.send("carol@there.example")
    peer.wait()


# ---- DANE where the exchanger's name stands for another (RFC 7672 2.2.2) ----

OTHER = "3 1 1 " + "00" * 32


def alias(*names, to="real.host.example."):
    """The exchanger is another name of that host, and these have TLSA records: (name, data)."""
    return ["there.example. MX 10 mx.there.example.", f"mx.there.example. CNAME {to}", "real.host.example. A 127.0.0.2",
            *[f"_{PORT}._tcp.{name} TLSA {data}" for name, data in names]]


@pytest.mark.parametrize("usage, name", [(3, "any.example"), (2, "real.host.example"), (2, "there.example")])
def test_the_records_of_what_the_name_stands_for(candor, nameserver, authority, sink, usage, name):
    shown = authority.certificate(name)
    right = tlsa(shown.file if usage == 3 else authority.file, usage, 0, 1)
    dns = nameserver(*alias(("real.host.example.", right), ("mx.there.example.", OTHER)), signed=True)
    server, peer = dane(candor, dns), at_mx(sink, shown.context)
    assert delivered(server, peer) and "tls=dane" in server.log


def test_the_certificate_has_to_be_for_what_the_name_stands_for(candor, nameserver, authority, sink):
    peer = at_mx(sink, authority.certificate("mx.there.example").context)
    dns = nameserver(*alias(("real.host.example.", tlsa(authority.file, 2, 0, 1))), signed=True)
    why_it_waits(dane(candor, dns), "DANE (RFC 7672)", "(it is for mx.there.example)")
    assert peer.messages == []


@pytest.mark.parametrize("usage", [2, 3])
def test_without_records_there_those_of_the_name_itself(candor, nameserver, authority, sink, usage):
    shown = authority.certificate("mx.there.example")
    right = tlsa(shown.file if usage == 3 else authority.file, usage, 0, 1)
    server = dane(candor, nameserver(*alias(("mx.there.example.", right)), signed=True))
    assert delivered(server, at_mx(sink, shown.context)) and "tls=dane" in server.log


def test_a_chain_that_ends_unproven_leaves_the_records_of_the_name_itself(candor, nameserver, authority, sink):
    """Those of the name it stands for prove nothing: nobody signed them."""
    shown = authority.certificate("any.example")
    dns = nameserver(*alias(("mx.there.example.", tlsa(shown.file, 3)), to="real.host.plain."), signed=True,
                     plain=["real.host.plain. A 127.0.0.2", f"_{PORT}._tcp.real.host.plain. TLSA {OTHER}"])
    server = dane(candor, dns)
    assert delivered(server, at_mx(sink, shown.context)) and "tls=dane" in server.log


def test_a_chain_that_ends_unproven_without_records(candor, nameserver, sink):
    dns = nameserver(*alias(to="real.host.plain."), signed=True,
                     plain=["real.host.plain. A 127.0.0.2", f"_{PORT}._tcp.real.host.plain. TLSA {OTHER}"])
    server, peer = dane(candor, dns), at_mx(sink, None)
    server.send("carol@there.example")
    peer.wait()
    assert peer.secure == [False]


def test_a_chain_that_may_be_forged_stops_the_mail(candor, nameserver, sink):
    """The records where it leads can't be told: those of the name itself are no way around that."""
    dns = nameserver(*alias(("real.host.example.", OTHER), ("mx.there.example.", OTHER)), signed=True,
                     spoiled=[(f"_{PORT}._tcp.real.host.example.", "TLSA")])
    peer = at_mx(sink, None)
    why_it_waits(dane(candor, dns), "Whether mx.there.example has TLSA records", "can't be told")
    assert peer.commands == []
