"""candor check finds the usual mistakes outside of the configuration, and says how to fix each."""
import os
import pwd
import re
import socket

import pytest
from candor import run
from pki import Authority
from waiting import free_port


@pytest.fixture
def check(folder):
    """Checks a configuration with `text`; the status, and the lines that it said on standard error."""
    owner = pwd.getpwuid(os.getuid()).pw_name if os.getuid() else "nobody"
    os.chmod(folder, 0o755)

    def check(text="", port=None, hostname="mx.here.test"):
        file = f"{folder}/candor.conf"
        with open(file, "w", encoding="ascii") as out:
            out.write(f'hostname = "{hostname}"\nuser = "{owner}"\nlisten mx {{ address = "127.0.0.1:{port or free_port()}" }}\n'
                      f'control {{ path = "{folder}/control" }}\n{text}')
        done = run("check", "-c", file, timeout=30)
        assert "Sanitizer" not in done.stderr, done.stderr
        return done.returncode, [line for line in done.stderr.splitlines() if "in the DNS" not in line or "PTR" in line]
    return check


def section(certificate):
    return f'certificate c {{ file = "{certificate.file}" key = "{certificate.key}" }}\n'


def test_certificates(check, folder):
    authority = Authority(folder)
    good = authority.certificate("mx.here.test", days=90)
    assert check(section(good)) == (0, [])
    status, (line,) = check(section(authority.certificate("mx.here.test", days=5)))
    assert status == 0 and re.fullmatch("warning: certificate c: it expires in [45] days; renew it, then `candor reload`", line)
    status, (line,) = check(section(authority.certificate("mx.here.test", days=-1)))
    assert status == 0 and line.startswith("warning: certificate c: it expired ")
    other = authority.certificate("other.test", days=90)
    status, (line,) = check(section(other))
    assert status == 0 and line.startswith("warning: certificate: none is for mx.here.test, the hostname")
    other.key = authority.key
    status, lines = check(section(other))
    assert status == os.EX_CONFIG and lines[0].startswith("error: certificate c: ") and other.key in lines[0]
    assert lines[-1] == "1 problem; the server would not start"


def test_a_port_that_is_taken(check):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, lines = check(port=port)
    assert status == os.EX_CONFIG
    assert lines[0].startswith(f"error: listen: another program listens on 127.0.0.1:{port} already; `ss -ltnp` shows which")


def test_the_server_s_own_ports_are_no_mistake(candor):
    server = candor()
    done = run("check", "-c", server.config)
    assert done.returncode == 0 and "listens on" not in done.stderr


def test_an_open_relay(check):
    status, (line,) = check('relay { networks = { "127.0.0.0/8", "10.0.0.0/8", "fd00::/8", "192.0.2.0/24", "0.0.0.0/0" } }\n')
    assert status == 0
    assert line.startswith("warning: relay: networks has 0.0.0.0/0, so everybody may send mail to anywhere")
    status, (line,) = check('relay { networks = { "8.0.0.0/7" } }\n')
    assert "a large part of the internet" in line


def test_mailboxes_that_can_not_be_written(check, folder):
    made = f"{folder}/there"
    os.mkdir(made)
    os.chmod(made, 0o777)
    with open(f"{folder}/mailboxes", "w", encoding="ascii") as out:
        out.write("".join(f"u{number} {folder}/absent/u{number}\n" for number in range(7)) + f"fine {made}/fine\n")
    status, lines = check(f'domain here.test {{ mailboxes = "{folder}/mailboxes" maildir = "{made}/%u" }}\n')
    assert status == 0 and len(lines) == 6
    assert f"@here.test: mail could not be written there: {folder}/absent: No such file or directory; make that folder" in lines[0]
    assert lines[-1] == "warning: domain here.test: the same holds for 2 more mailboxes"


def test_names_in_the_dns(check, nameserver):
    dns = nameserver("good.example. A 192.0.2.1", "1.2.0.192.in-addr.arpa. PTR good.example.", "bare.example. A 192.0.2.2",
                     "stray.example. A 192.0.2.3", "3.2.0.192.in-addr.arpa. PTR other.example.", "other.example. A 192.0.2.9")
    assert check(dns.section, hostname="good.example") == (0, [])
    status, (line,) = check(dns.section, hostname="bare.example")
    assert status == 0 and line.startswith("warning: hostname: the address 192.0.2.2 of bare.example has no name in the DNS (PTR)")
    status, (line,) = check(dns.section, hostname="stray.example")
    assert "has the name other.example in the DNS (PTR), which does not lead back to it" in line


def test_blocklists(check, nameserver):
    dns = nameserver("mx.example. A 127.0.0.1", "2.0.0.127.good.example. A 127.0.0.2", "2.0.0.127.closed.example. A 127.255.255.254",
                     "2.0.0.127.sold.example. A 127.0.0.2", "1.0.0.127.sold.example. A 127.0.0.2")

    def lines(name):
        status, said = check(dns.section + f'dnsbl "{name}.example" {{ url = "https://x.example/" }}\n', hostname="mx.example")
        assert status == 0
        return said

    assert lines("good") == []
    (line,) = lines("closed")
    assert line.startswith("warning: dnsbl closed.example: it answers 127.255.255.254, which is no listing")
    (line,) = lines("gone")
    assert line.startswith("warning: dnsbl gone.example: 127.0.0.2 is not on it")
    (line,) = lines("sold")
    assert line.startswith("warning: dnsbl sold.example: it lists 127.0.0.1")
