"""The Python package against the shared library: CANDOR_LIBRARY names it."""
import concurrent.futures

import candor

MAIL = b"""From: MAILER-DAEMON@example.org\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.org\r
\r
Final-Recipient: rfc822; a@example.com\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 User unknown\r
\r
--b--\r
"""


def check_reply():
    e = candor.explain("550 5.1.1 User unknown", remote="mx.example.org")
    assert (e.code, e.enhanced, e.cause, e.kind) == (550, "5.1.1", "no_such_recipient", "failure"), e
    assert e.remote == "mx.example.org" and not e.retry and 0 < e.confidence <= 1, e
    assert e.summary and e.steps and e.title == candor.causes()[e.cause], e


def check_edges():
    e = candor.explain(b"\xff\x00 hello")
    assert e.cause == "" and e.code is None and e.enhanced is None, e
    assert candor.explain("").kind == "none"
    try:
        candor.read_bounce("").recipients[0]
        raise AssertionError("a recipient of nothing")
    except IndexError:
        pass


def check_mail():
    m = candor.read_bounce(MAIL)
    assert m.kind == "failure" and [r.recipient for r in m.recipients] == ["a@example.com"], m
    assert candor.read_bounce(b"Subject: hello\n\nhi\n").kind == "none"


check_reply()
check_edges()
check_mail()
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for done in [pool.submit(check_reply) for _ in range(200)]:
        done.result()
assert candor.version()
