#include "events.h"

#define AT "Nov 23 20:15:00 mx postfix/"

static const struct log_sample samples[] = {
    {"bounced, with a sender", LOG_POSTFIX,
     AT "qmgr[1]: 4XyZ1Q2rT3z: from=<ann@example.net>, size=1, nrcpt=1 (queue active)\n" AT
        "smtp[2]: 4XyZ1Q2rT3z: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, "
        "delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 "
        "<bob@example.org>: Recipient address rejected: User unknown (in reply to RCPT TO "
        "command))\n",
     "2 outgoing failure rcpt 550 5.1.1 id=4XyZ1Q2rT3z from=ann@example.net to=bob@example.org "
     "remote=mx.example.org : <bob@example.org>: Recipient address rejected: User unknown\n"},
    {"deferred: greeting, time-out, TLS", LOG_POSTFIX,
     AT "qmgr[1]: A1: from=<>, size=1, nrcpt=1 (queue active)\n" AT
        "smtp[2]: A1: to=<b@example.org>, orig_to=<c@example.org>, relay=none, delay=1, "
        "delays=0/0/0/1, dsn=4.7.1, status=deferred (host mx.example.org[192.0.2.1] refused to "
        "talk to me: 421 4.7.1 too many connections)\n" AT
        "smtp[2]: A2: to=<b@example.org>, relay=none, delay=1, dsn=4.4.1, status=deferred (connect "
        "to mx.example.org[192.0.2.1]:25: Connection timed out)\n" AT
        "smtp[2]: A3: to=<b@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, dsn=4.4.2, "
        "status=deferred (conversation with mx.example.org[192.0.2.1] timed out while sending "
        "message body)\n",
     "2 outgoing delay connect 421 4.7.1 id=A1 from=<> to=b@example.org remote=mx.example.org : "
     "too many connections\n"
     "3 outgoing delay 4.4.1 id=A2 to=b@example.org remote=mx.example.org : connect to "
     "mx.example.org[192.0.2.1]:25: Connection timed out\n"
     "4 outgoing delay 4.4.2 id=A3 to=b@example.org remote=mx.example.org : conversation with "
     "mx.example.org[192.0.2.1] timed out while sending message body\n"},
    {"an invented status is no status, and what went well is no event", LOG_POSTFIX,
     AT "lmtp[2]: A1: to=<b@example.org>, relay=mx[private/dovecot-lmtp], delay=1, dsn=5.0.0, "
        "status=bounced (host mx[private/dovecot-lmtp] said: 550 no (in reply to end of DATA "
        "command))\n" AT
        "smtp[2]: A1: to=<c@example.org>, relay=x[1.2.3.4]:25, dsn=2.0.0, status=sent (250 ok)\n" AT
        "local[2]: A1: to=<d@mx>, relay=local, delay=1, dsn=5.1.1, status=bounced (unknown user: "
        "\"d\")\n",
     "1 outgoing failure end-of-data 550 id=A1 to=b@example.org : no\n"
     "3 outgoing failure 5.1.1 id=A1 to=d@mx : unknown user: \"d\"\n"},
    {"an error message of a program", LOG_NONE, "sendmail: 550 5.1.1 no\npostfix/smtp: x\n", ""},
    {"given up", LOG_POSTFIX,
     AT "qmgr[1]: A1: from=<ann@example.net>, status=expired, returned to sender\n",
     "1 outgoing failure queue id=A1 from=ann@example.net : expired, returned to sender\n"},
    {"refused: the recipient, the sender, the client", LOG_POSTFIX,
     AT
     "smtpd[1]: connect from unknown[192.0.2.9]\n" AT
     "smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 Service unavailable; "
     "Client host [192.0.2.9] blocked using zen.spamhaus.org; from=<a@example.net> "
     "to=<bob@example.org> proto=ESMTP helo=<x>\n" AT
     "submission/smtpd[1]: A1: reject: RCPT from h.example[192.0.2.9]: 450 4.1.8 <>: Sender "
     "address rejected: Domain not found; from=<> to=<bob@example.org> proto=ESMTP helo=<x>\n" AT
     "smtpd[1]: NOQUEUE: reject: CONNECT from unknown[2001:db8::1]: 421 4.7.0 unknown[2001:db8::"
     "1] Error: too many connections; proto=SMTP\n" AT
     "smtpd[1]: NOQUEUE: reject_warning: RCPT from unknown[192.0.2.9]: 554 5.7.1 x; from=<a@b.c> "
     "to=<b@example.org> proto=ESMTP helo=<x>\n",
     "2 incoming failure rcpt 554 5.7.1 from=a@example.net to=bob@example.org "
     "client=unknown[192.0.2.9] : Service unavailable; Client host [192.0.2.9] blocked using "
     "zen.spamhaus.org\n"
     "3 incoming delay rcpt 450 4.1.8 id=A1 from=<> to=bob@example.org client=h.example[192.0.2.9]"
     " : <>: Sender address rejected: Domain not found\n"
     "4 incoming delay connect 421 4.7.0 client=unknown[2001:db8::1] : unknown[2001:db8::1] Error: "
     "too many connections\n"},
    {"postscreen, milters, header checks", LOG_POSTFIX,
     AT
     "postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.9]:4321: 550 5.7.1 Service unavailable; "
     "client [192.0.2.9] blocked using bl.example; from=<a@b.example>, to=<bob@example.org>, "
     "proto=ESMTP, helo=<x>\n" AT
     "cleanup[1]: A1: milter-reject: END-OF-MESSAGE from h.example[192.0.2.9]: 5.7.1 Spam "
     "message rejected; from=<a@b.example> to=<bob@example.org> proto=ESMTP helo=<x>\n" AT
     "cleanup[1]: A1: reject: header Subject: buy; from=<x@y> to=<z@y> from h.example[192.0.2.9]"
     "; from=<a@b.example> to=<bob@example.org> proto=ESMTP helo=<x>: 5.7.1 not here\n",
     "1 incoming failure rcpt 550 5.7.1 from=a@b.example to=bob@example.org client=[192.0.2.9] : "
     "Service unavailable; client [192.0.2.9] blocked using bl.example\n"
     "2 incoming failure end-of-data 5.7.1 id=A1 from=a@b.example to=bob@example.org "
     "client=h.example[192.0.2.9] : Spam message rejected\n"
     "3 incoming failure end-of-data 5.7.1 id=A1 from=a@b.example to=bob@example.org "
     "client=h.example[192.0.2.9] : not here\n"},
    {"log-ins, TLS and lost connections", LOG_POSTFIX,
     AT "smtpd[1]: warning: unknown[192.0.2.9]: SASL LOGIN authentication failed: UGFz\n" AT
        "smtpd[1]: warning: hostname h.example does not resolve to address 192.0.2.9\n" AT
        "smtpd[1]: SSL_accept error from h.example[192.0.2.9]: -1\n" AT
        "smtpd[1]: lost connection after DATA (12 bytes) from h.example[192.0.2.9]\n" AT
        "smtpd[1]: lost connection after CONNECT from h.example[192.0.2.9]\n",
     "1 incoming failure auth client=unknown[192.0.2.9] : SASL LOGIN authentication failed: UGFz\n"
     "3 incoming delay starttls client=h.example[192.0.2.9] : SSL_accept error from "
     "h.example[192.0.2.9]: -1\n"
     "4 incoming delay data client=h.example[192.0.2.9] : lost connection after DATA (12 bytes) "
     "from h.example[192.0.2.9]\n"},
};

#define BOUNCED                                                                                    \
    "A1: to=<b@example.org>, relay=none, dsn=5.4.4, status=bounced (Host or domain name not "      \
    "found)"
static const struct {
    const char *name, *line, *time;
} forms[] = {
    {"BSD", "Nov  3 20:15:00 mx postfix/smtp[1]: " BOUNCED, "2026-11-03T20:15:00.000+01:00"},
    {"of last year", "Dec 31 20:15:00 mx postfix/smtp[1]: " BOUNCED,
     "2025-12-31T20:15:00.000+01:00"},
    {"with a year", "Dec 31 2024 20:15:00 mx postfix/smtp[1]: " BOUNCED,
     "2024-12-31T20:15:00.000+01:00"},
    {"RFC 3339", "2026-11-03T20:15:00.123456-05:00 mx postfix/smtp[1]: " BOUNCED,
     "2026-11-04T02:15:00.123+01:00"},
    {"the journal's", "2026-11-03T20:15:00+0100 mx postfix/smtp[1]: " BOUNCED,
     "2026-11-03T20:15:00.000+01:00"},
    {"RFC 5424", "<22>1 2026-11-03T19:15:00.5Z mx postfix/smtp 12 - - " BOUNCED,
     "2026-11-03T20:15:00.500+01:00"},
    {"with a priority", "<22>Nov  3 20:15:00 mx postfix/smtp[1]: " BOUNCED,
     "2026-11-03T20:15:00.000+01:00"},
    {"of a container", "postfix/smtp[1]: " BOUNCED, ""},
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
        events_check(&samples[i]);
}

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct log_reader r;
        struct log_event e;
        struct buf time;
        struct slice window = slice_str(forms[i].line);
        buf_init(&time, &heap, 100);
        assert_int_equal(log_recognise(window), LOG_POSTFIX);
        assert_true(log_reader_init(&r, LOG_POSTFIX, &events_clock, &heap));
        if (log_next(&r, &window, true, &e) != LOG_EVENT)
            fail_msg("%s: nothing in it", forms[i].name);
        assert_true(slice_eq(e.recipient, SLICE("b@example.org")));
        if (e.time != LOG_NO_TIME)
            date_write_3339(&time, e.time, 60);
        if (!slice_eq(buf_slice(&time), slice_str(forms[i].time)))
            fail_msg("%s: %.*s", forms[i].name, SLICE_ARG(buf_slice(&time)));
        log_reader_free(&r);
        buf_free(&time);
    }
}

static void test_long_ago(void **state)
{
    (void)state;
    struct log_reader r;
    struct log_event e;
    struct buf log;
    buf_init(&log, &heap, 1 << 26);
    for (unsigned i = 0; i < 200000; i++)
        buf_addf(&log, AT "qmgr[1]: %X: from=<u%u@example.net>, size=1, nrcpt=1 (queue active)\n",
                 i, i);
    buf_addf(&log,
             AT "smtp[1]: %X: to=<b@example.org>, relay=none, dsn=5.4.4, status=bounced (x)\n" AT
                "smtp[1]: 1: to=<b@example.org>, dsn=5.4.4, status=bounced (x)\n",
             199999U);
    struct slice window = buf_slice(&log);
    assert_true(log_reader_init(&r, LOG_POSTFIX, &events_clock, &heap));
    assert_int_equal(log_next(&r, &window, true, &e), LOG_EVENT);
    assert_true(slice_eq(e.sender, SLICE("u199999@example.net")));
    assert_int_equal(log_next(&r, &window, true, &e), LOG_EVENT);
    assert_int_equal(e.sender.len, 0); /* forgotten, not mistaken */
    assert_int_equal(log_next(&r, &window, true, &e), LOG_END);
    log_reader_free(&r);
    buf_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples), cmocka_unit_test(test_forms),
                                       cmocka_unit_test(test_long_ago)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
