"""TLS-RPT (RFC 8460): domains that ask for it are told how the connections to their servers were secured."""
import base64
import email
import functools
import json
import re

import pytest
from pki import Authority, tlsa
from sink import Sink
from waiting import free_port

PORT, REPORTS = free_port("127.0.0.2"), "127.0.0.6"


class World:
    """there.example, whose reports go to reports.example; both are sinks."""

    def __init__(self, candor, nameserver, folder, name="mx.there.example", tls=True, rua="mailto:tls@reports.example", records=lambda _: ()):
        self.authority = Authority(folder)
        shown = self.authority.certificate(name)
        self.sink = Sink(address="127.0.0.2", port=PORT, tls=shown.context if tls else None)
        self.reports = Sink(address=REPORTS, port=PORT)
        dns = nameserver("there.example. MX 10 mx.there.example.", "mx.there.example. A 127.0.0.2",
                         f'_smtp._tls.there.example. TXT "v=TLSRPTv1; rua={rua}"', "reports.example. MX 10 mx.reports.example.",
                         f"mx.reports.example. A {REPORTS}", *records(shown), signed=True)
        self.server = candor(relay=f'port = {PORT} tls-reports = "2 s" authorities = "{self.authority.file}"', more=dns.section, retry="1 h")

    def report(self):
        """The one that came: mail and what it says of the policies."""
        self.server.send("carol@there.example")
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
