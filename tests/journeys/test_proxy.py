"""Behind a proxy (PROXY protocol 1 and 2): the client's own address is what counts, and only known proxies may tell it."""
import contextlib
import smtplib
import socket
import ssl
import struct

import pytest

from haproxy import Haproxy
from pki import Authority
from waiting import free_port, until

PROXIES = 'proxy-protocol = { "127.0.0.1", "127.0.0.8" }'
STRANGERS = '"192.0.2.0/24"'
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def crc32c(data):
    """Bit by bit, as RFC 3720 B.4 defines it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def version2(client, command=0x21, fields=b"", checksum=True):
    family, kind = (socket.AF_INET6, 0x21) if ":" in client else (socket.AF_INET, 0x11)
    to = "::1" if ":" in client else "127.0.0.1"
    block = socket.inet_pton(family, client) + socket.inet_pton(family, to) + struct.pack("!HH", 40000, 25) + fields
    head = SIGNATURE + bytes([command, kind])
    if not checksum:
        return head + struct.pack("!H", len(block)) + block
    head += struct.pack("!H", len(block) + 7)
    return head + block + b"\x03\0\4" + struct.pack("!I", crc32c(head + block + b"\x03\0\4\0\0\0\0"))


@contextlib.contextmanager
def connection(server, header, source="127.0.0.1"):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20, source_address=(source, 0)) as client:
        client.sendall(header)
        with client.makefile("rwb", buffering=0) as file:
            yield file


def say(file, line):
    """A command; the last line of its answer."""
    file.write(line.encode() + b"\r\n")
    while (answer := file.readline().decode().rstrip())[3:4] == "-":
        pass
    return answer


def rcpt(server, header):
    """What a recipient elsewhere is answered."""
    with connection(server, header) as file:
        assert file.readline().startswith(b"220 ")
        assert say(file, "EHLO client.test").startswith("250 ")
        assert say(file, "MAIL FROM:<x@there.example>").startswith("250 2.1.0")
        return say(file, "RCPT TO:<y@elsewhere.example>")


HEADERS = {
    "version 1": (b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 25\r\n", "203.0.113.7"),
    "version 1, IPv6": (b"PROXY TCP6 2001:db8::7 ::1 40000 25\r\n", "2001:db8::7"),
    "version 1, unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    "version 2": (version2("203.0.113.7", checksum=False), "203.0.113.7"),
    "version 2, IPv6, a checksum and fields": (version2("2001:db8::7", fields=b"\x04\0\3abc\xee\0\0"), "2001:db8::7"),
    "version 2, local": (SIGNATURE + b"\x20\0\0\0", "127.0.0.1"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_the_address_of_the_header_is_the_clients(candor, name):
    header, client = HEADERS[name]
    server = candor(networks=STRANGERS, listen=PROXIES)
    answer = rcpt(server, header)
    assert answer.startswith("550 5.7.1 ") and f"[{client}]" in answer


def test_a_client_of_the_relay_networks_may_relay_and_the_proxy_may_not(candor):
    server = candor(networks=STRANGERS, listen=PROXIES)
    assert rcpt(server, version2("192.0.2.9")).startswith("250 2.1.5")
    behind = candor(networks='"127.0.0.1"', listen=PROXIES)
    assert rcpt(behind, version2("203.0.113.9")).startswith("550 5.7.1")


WRONG = {
    "a wrong checksum": (version2("203.0.113.7")[:-1] + b"\0", "its checksum (CRC32c) is wrong"),
    "none": (b"EHLO client.test\r\n", "there is none"),
    "a version of the future": (version2("203.0.113.7", command=0x31), "its version or command is not known"),
    "an address that is none": (b"PROXY TCP4 203.0.113.700 127.0.0.1 1 25\r\n", "its addresses are not two"),
    "a line without an end": (b"PROXY UNKNOWN" + b" " * 2000, "longer than 107 bytes"),
    "a field that is cut off": (version2("203.0.113.7", fields=b"\x01\0\x09x", checksum=False), "cut off"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_header_ends_the_connection_and_is_logged(candor, name):
    header, reason = WRONG[name]
    server = candor(networks=STRANGERS, listen=PROXIES)
    with connection(server, header) as file:
        with contextlib.suppress(ConnectionResetError):
            assert file.read(100) == b""
    until(lambda: "proxy-refused" in server.log, "the refusal to be logged")
    assert "proxy=127.0.0.1" in server.log and reason in server.log
    assert rcpt(server, version2("203.0.113.7")).startswith("550 5.7.1")  # the next one is served


def test_who_is_no_proxy_is_refused_whatever_he_says(candor):
    server = candor(networks=STRANGERS, listen=PROXIES)
    for words in (version2("192.0.2.9"), b""):
        with connection(server, words, source="127.0.0.9") as file:
            greeting = file.readline()
            assert greeting.startswith(b"554 mx.here.test takes no mail from your address [127.0.0.9].")
            assert b"known proxies" in greeting


def test_an_entrance_without_the_setting_takes_the_header_for_commands(candor):
    server = candor(networks=STRANGERS)
    with connection(server, b"PROXY TCP4 192.0.2.9 127.0.0.1 1 25\r\n") as file:
        assert file.readline().startswith(b"220 ")
        assert file.readline().startswith(b"500 5.5.1 ")


def test_limits_and_the_received_header_are_about_the_client(candor):
    server = candor(networks=STRANGERS, listen=PROXIES, more="limits { connections-per-client = 1 }\n")
    with connection(server, version2("203.0.113.7")) as first:
        assert first.readline().startswith(b"220 ")
        with connection(server, version2("203.0.113.7")) as second:
            assert second.readline().startswith(b"421 4.7.0 Too many connections from [203.0.113.7]")
        with connection(server, version2("203.0.113.8")) as other:
            assert other.readline().startswith(b"220 ")
            assert say(other, "EHLO client.test").startswith("250 ")
            for line in ("MAIL FROM:<x@there.example>", "RCPT TO:<alice@here.test>", "DATA"):
                assert say(other, line)[0] in "23"
            assert say(other, "Subject: x\r\n\r\nx\r\n.").startswith("250 2.6.0")
    assert "[203.0.113.8]" in server.wait_mail("alice")[0]["Received"]
    assert "client=203.0.113.8" in server.log


def test_tls_from_the_first_byte_begins_behind_the_header(candor, folder):
    authority, port = Authority(folder), free_port()
    shown = authority.certificate("mx.here.test")
    server = candor(networks=STRANGERS, more=f'certificate own {{ file = "{shown.file}"  key = "{shown.key}" }}\n'
                    f'listen submission {{ address = "127.0.0.1:{port}"  tls = implicit  {PROXIES} }}\n')
    trust = ssl.create_default_context(cafile=authority.file)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trust.wrap_bio(incoming, outgoing, server_hostname="mx.here.test")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(version2("203.0.113.7") + begin(tls, outgoing))  # in one piece
        finish(tls, incoming, outgoing, client)
        greeting = read_through(tls, incoming, client)
    assert greeting.startswith(b"220 mx.here.test ")
    assert "proxy-refused" not in server.log


def begin(tls, outgoing):
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def finish(tls, incoming, outgoing, client):
    while True:
        incoming.write(client.recv(65536))
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            continue
        client.sendall(outgoing.read())
        return


def read_through(tls, incoming, client):
    while True:
        try:
            return tls.read(1000)
        except ssl.SSLWantReadError:
            incoming.write(client.recv(65536))


def test_blocklists_are_asked_about_the_client(candor, nameserver):
    dns = nameserver("7.113.0.203.zen.example. A 127.0.0.2")
    server = candor(networks=STRANGERS, listen=PROXIES,
                    more=dns.section + 'dnsbl "zen.example" { url = "https://zen.example/" }\n')
    with connection(server, version2("203.0.113.7")) as file:
        file.readline()
        say(file, "EHLO client.test")
        say(file, "MAIL FROM:<x@there.example>")
        assert say(file, "RCPT TO:<alice@here.test>").startswith(
            "550 5.7.1 Your server's address [203.0.113.7] is on the blocklist zen.example;")


@pytest.mark.parametrize("options", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"])
def test_behind_a_real_haproxy(candor, folder, options):
    server = candor(networks=STRANGERS, listen=PROXIES)
    with haproxy(folder, server, options) as proxy:
        with smtplib.SMTP("127.0.0.1", proxy.ports[0], timeout=30, source_address=("127.0.0.77", 0)) as client:
            assert client.sendmail("x@there.example", ["alice@here.test"], b"Subject: x\r\n\r\nx\r\n") == {}
    assert "[127.0.0.77]" in server.wait_mail("alice")[0]["Received"]
    assert "proxy-refused" not in server.log


@contextlib.contextmanager
def haproxy(folder, server, options):
    proxy = Haproxy(folder, [(server.port, options)])
    try:
        yield proxy
    finally:
        proxy.stop()
