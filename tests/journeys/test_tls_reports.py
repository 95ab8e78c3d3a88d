"""TLS-RPT (RFC 8460): domains that ask for it are told how the connections to their servers were secured."""
import base64
import email
import functools
import json
import re

import pytest
from faults import FailingSync
from pki import Authority, tlsa
from sink import Sink
from sts_web import crc32c
from waiting import free_port, until

PORT, REPORTS = free_port("127.0.0.2"), "127.0.0.6"


class World:
    """there.example, whose reports go to reports.example; both are sinks."""

    def __init__(self, candor, nameserver, folder, name="mx.there.example", tls=True, rua="mailto:tls@reports.example", every="2 s", env=None, records=lambda _: ()):
        self.authority = Authority(folder)
        shown = self.authority.certificate(name)
        self.sink = Sink(address="127.0.0.2", port=PORT, tls=shown.context if tls else None)
        self.reports = Sink(address=REPORTS, port=PORT)
        dns = nameserver("there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.2",
                         f'_smtp._tls.there.example. TXT "v=TLSRPTv1; rua={rua}"', "reports.example. MX 10 mx.reports.example.",
                         f"mx.reports.example. A {REPORTS}", *records(shown), signed=True)
        self.server = candor(relay=f'port = {PORT} tls-reports = "{every}" authorities = "{self.authority.file}"', more=dns.section, retry="1 h", env=env)

    def send(self):
        before = len(self.sink.messages)
        self.server.send("carol@there.example")
        self.sink.wait(before + 1)

    @property
    def kept(self):
        return self.server.folder / "spool/tls-reports"

    def report(self):
        """The one that came: mail and what it says of the policies."""
        self.server.send("carol@there.example")
        return self.came()

    def came(self):
        self.reports.wait()
        mail = email.message_from_bytes(self.reports.messages[0])
        parts = mail.get_payload()
        return mail, json.loads(base64.b64decode(parts[1].get_payload()))

    def close(self):
        self.sink.close()
        self.reports.close()


@pytest.fixture
def world(worlds):
    return functools.partial(worlds, World)


def test_a_report_says_who_to_whom_and_when(world):
    there = world()
    mail, report = there.report()
    assert mail.get_content_type() == "multipart/report" and mail.get_param("report-type") == "tlsrpt"
    assert (mail["TLS-Report-Domain"], mail["TLS-Report-Submitter"]) == ("there.example", "mx.here.test")
    assert re.fullmatch(r"Report Domain: there\.example\s+Submitter: mx\.here\.test\s+Report-ID: <[\d.]+>", mail["Subject"])
    assert mail.get_payload()[1].get_content_type() == "application/tlsrpt+json"
    assert report["organization-name"] == "mx.here.test" and report["contact-info"] == "postmaster@mx.here.test"
    assert report["date-range"]["start-datetime"] < report["date-range"]["end-datetime"]
    assert report["policies"] == [{"policy": {"policy-type": "no-policy-found", "policy-domain": "there.example"},
                                   "summary": {"total-successful-session-count": 1, "total-failure-session-count": 0}}]
    assert "MAIL FROM:<>" in " ".join(there.reports.commands)


def test_a_server_without_tls(world):
    _, report = world(tls=False).report()
    assert report["policies"][0]["failure-details"] == [
        {"result-type": "starttls-not-supported", "receiving-mx-hostname": "mx.there.example", "failed-session-count": 1}]


def test_a_certificate_that_fits_no_record(world):
    there = world(records=lambda _: [f"_{PORT}._tcp.mx.there.example. TLSA 3 1 1 " + "00" * 32])
    _, report = there.report()
    (policy,) = report["policies"]
    assert policy["policy"]["policy-type"] == "tlsa" and there.sink.messages == []
    assert policy["failure-details"][0]["result-type"] == "validation-failure"


def test_a_name_that_the_authority_does_not_vouch_for(world):
    there = world(name="other.example",
                  records=lambda shown: [f"_{PORT}._tcp.mx.there.example. TLSA {tlsa(f'{shown.file}'.replace('other.example', 'Test-Authority'), 2, 0, 1)}"])
    _, report = there.report()
    assert report["policies"][0]["failure-details"][0]["result-type"] == "certificate-host-mismatch"


def test_who_does_not_ask_is_not_told(world):
    there = world(rua="https://reports.example/", records=lambda _: [
        "asks.example. MX 10 mx.there.example.", '_smtp._tls.asks.example. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"'])
    there.server.send("carol@there.example")
    there.server.send("carol@asks.example")
    there.reports.wait()
    assert there.server.stop() == 0
    assert {email.message_from_bytes(mail)["TLS-Report-Domain"] for mail in there.reports.messages} == {"asks.example"}


def stop(there):
    assert there.server.stop() == 0


def kill(there):
    """When what was counted is on disk."""
    until(lambda: there.kept.exists() and b"there.example" in there.kept.read_bytes(), lambda: there.server.log)
    there.server.kill()


@pytest.mark.parametrize("end", [stop, kill])
def test_what_was_counted_outlives_the_server(world, end):
    there = world(every="6 s")
    there.send()
    end(there)
    there.server.start()
    there.send()
    mail, report = there.came()
    assert report["policies"][0]["summary"] == {"total-successful-session-count": 2, "total-failure-session-count": 0}
    assert report["report-id"] == mail["Subject"].split("<")[1].rstrip(">")


def number(value):
    """As the server writes numbers: seven bits a byte, the least first."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + number(value >> 7)


def counted(begin, end, good):
    """The server's file, with sessions to there.example in the clear."""
    name = b"there.example"
    text = b"".join(map(number, [1, begin, 3, len(name)])) + name + b"".join(map(number, [3, begin, end, good, 0, 0, 0, 0, 0, 0, 0, 0]))
    return crc32c(text).to_bytes(4, "little") + text


def test_what_ended_before_the_start_is_told_at_once(world):
    """As when a crash came while it was sent: who got it already sees that it has the same id."""
    there = world(every="1 d")
    stop(there)
    there.kept.write_bytes(counted(1795000000000, 1795000009000, 41))
    there.kept.chmod(0o666)
    there.server.start()
    _, report = there.came()
    assert report["report-id"] == "1795000000.3"
    assert report["policies"][0]["summary"]["total-successful-session-count"] == 41
    stop(there)
    assert b"there.example" not in there.kept.read_bytes()


DAMAGE = {"half": lambda text: text[:len(text) // 2], "zeros": lambda text: bytes(len(text))}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_what_is_damaged_is_told_of_and_counted_anew(world, damage):
    there = world(every="3 s")
    there.send()
    stop(there)
    there.kept.write_bytes(damage(there.kept.read_bytes()))
    there.server.start()
    assert "tls-reports-damaged" in there.server.log and "what is in it is not what was written" in there.server.log
    there.send()
    _, report = there.came()
    assert report["policies"][0]["summary"]["total-successful-session-count"] == 1


def test_counts_that_can_not_be_written_are_told_of(world, folder):
    fault = FailingSync(folder)
    there = world(every="4 s", env=fault.env)
    there.send()
    fault.on()
    until(lambda: 'tls-reports-not-kept reason="Input/output error"' in there.server.log, lambda: there.server.log)
    fault.off()
    _, report = there.came()
    assert report["policies"][0]["summary"]["total-successful-session-count"] == 1
