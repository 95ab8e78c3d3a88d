#include "reply/scan.h"

#include "check.h"
#include "system/heap.h"

struct sample {
    const char *text;
    enum stage stage;
    const char *remote;
    enum cause cause;
    enum permanence permanence;
    enum action action;
};

static struct arena arena;

static struct diagnosis of(const char *text, enum stage stage, const char *remote)
{
    struct diagnosis_input in;
    struct diagnosis d;
    arena_reset(&arena);
    reply_scan(slice_str(text), &arena, &in);
    in.stage = stage;
    if (*remote)
        in.remote = slice_str(remote);
    diagnose(&in, &d);
    return d;
}

#define P PERMANENCE_PERMANENT
#define T PERMANENCE_TRANSIENT
static const struct sample samples[] = {
    /* x.7.1 names no cause by itself: the stage does */
    {"550 5.7.1 no", STAGE_MAIL, "", CAUSE_SENDER_REJECTED, P, ACTION_BOUNCE_NOW},
    {"550 5.7.1 no", STAGE_RCPT, "", CAUSE_RECIPIENT_RESTRICTED, P, ACTION_BOUNCE_NOW},
    {"550 5.7.1 no", STAGE_END_OF_DATA, "", CAUSE_SPAM_CONTENT, P, ACTION_BOUNCE_NOW},
    {"550 5.7.1 no", STAGE_NONE, "", CAUSE_POLICY, P, ACTION_BOUNCE_NOW},
    /* text beats code */
    {"550 5.1.1 192.0.2.8 is listed in Spamhaus", STAGE_RCPT, "", CAUSE_IP_BLOCKLISTED, P,
     ACTION_SUSPEND_ALERT_THE_OPERATOR},
    {"550 5.1.1 sent to too many recipients this hour", STAGE_RCPT, "", CAUSE_RATE_LIMITED, P,
     ACTION_BACK_OFF_THE_DESTINATION},
    /* specific code beats words that go with anything */
    {"550 5.1.1 rejected", STAGE_RCPT, "", CAUSE_NO_SUCH_RECIPIENT, P, ACTION_SUPPRESS_RECIPIENT},
    /* providers use registered codes for other things */
    {"550 5.7.27 no", STAGE_END_OF_DATA, "alt1.gmail-smtp-in.l.google.com", CAUSE_SPF_FAIL, P,
     ACTION_BOUNCE_NOW_ALERT_THE_OPERATOR},
    {"550 5.7.27 no", STAGE_MAIL, "mx.example.org", CAUSE_SENDER_INVALID, P,
     ACTION_BOUNCE_NOW_ALERT_THE_OPERATOR},
    /* the first digit tells how long, the enhanced code's before the reply code's */
    {"450 4.1.1 unknown user", STAGE_RCPT, "", CAUSE_NO_SUCH_RECIPIENT, T, ACTION_RETRY_NORMALLY},
    {"550 4.2.2 mailbox full", STAGE_RCPT, "", CAUSE_MAILBOX_FULL, T,
     ACTION_RETRY_NORMALLY_THEN_BOUNCE},
    {"552 5.2.2 mailbox full", STAGE_RCPT, "", CAUSE_MAILBOX_FULL, P, ACTION_BOUNCE_NOW},
    {"550 greylisted, come back later", STAGE_RCPT, "", CAUSE_GREYLISTED, P, ACTION_BOUNCE_NOW},
    /* old servers say too many recipients with 552 */
    {"552 too many recipients", STAGE_RCPT, "", CAUSE_TOO_MANY_RECIPIENTS, P,
     ACTION_RETRY_NORMALLY_SPLIT_RECIPIENTS},
    /* no reply at all */
    {"Connection refused", STAGE_CONNECT, "", CAUSE_CONNECTION_FAILED, T,
     ACTION_BACK_OFF_THE_DESTINATION},
    {"", STAGE_CONNECT, "", CAUSE_CONNECTION_FAILED, T, ACTION_BACK_OFF_THE_DESTINATION},
    {"", STAGE_DATA, "", CAUSE_CONNECTION_LOST, T, ACTION_BACK_OFF_THE_DESTINATION},
    {"", STAGE_STARTTLS, "", CAUSE_TLS_FAILURE, T,
     ACTION_BACK_OFF_THE_DESTINATION_ALERT_THE_OPERATOR},
    /* words inside addresses, hosts and URLs are not what the server says */
    {"550 <mailboxfull@virus.example>", STAGE_NONE, "", CAUSE_UNKNOWN, P, ACTION_BY_FIRST_DIGIT},
    {"550 see https://example.org/spam/mailbox-full.html", STAGE_NONE, "", CAUSE_UNKNOWN, P,
     ACTION_BY_FIRST_DIGIT},
    {"550 spam.example.com", STAGE_NONE, "", CAUSE_UNKNOWN, P, ACTION_BY_FIRST_DIGIT},
    /* success has no cause */
    {"250 2.0.0 mailbox full of joy", STAGE_END_OF_DATA, "", CAUSE_UNKNOWN, P,
     ACTION_BY_FIRST_DIGIT},
};

static void follows_the_order_of_evidence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i];
        struct diagnosis d = of(s->text, s->stage, s->remote);
        if (d.cause != s->cause || d.permanence != s->permanence || d.action != s->action)
            fail_msg("«%s»: %s, %s, %s (%.*s)", s->text, cause_name(d.cause),
                     permanence_name(d.permanence), action_name(d.action), SLICE_ARG(d.rule));
    }
}

static void finds_the_stage_and_the_provider_in_the_text(void **state)
{
    (void)state;
    struct diagnosis d = of("550 5.7.1 no (in reply to RCPT TO command)", STAGE_NONE, "");
    assert_int_equal(d.stage, STAGE_RCPT);
    assert_int_equal(d.cause, CAUSE_RECIPIENT_RESTRICTED);
    assert_slice(of("550 5.1.1 no a1-b2 - gsmtp", STAGE_RCPT, "").provider, "google");
    assert_slice(of("550 5.1.1 no", STAGE_RCPT, "mta7.am0.yahoodns.net").provider, "yahoo");
    assert_slice(of("550 5.1.1 no", STAGE_RCPT, "mx.example.org").provider, "");
}

static void finds_details(void **state)
{
    (void)state;
    struct diagnosis_details d = of("554 5.7.1 Client host [2001:db8::7] blocked using "
                                    "bl.example.net; see https://bl.example.net/q?a=1,2.",
                                    STAGE_RCPT, "")
                                     .details;
    assert_slice(d.ip, "2001:db8::7");
    assert_slice(d.blocklist, "bl.example.net");
    assert_slice(d.url, "https://bl.example.net/q?a=1,2");
    assert_slice(d.host, "");
    d = of("550 5.1.2 example.invalid: host not found", STAGE_RCPT, "").details;
    assert_slice(d.domain, "example.invalid");
    d = of("552 5.3.4 message of 31 MB exceeds the size limit 25MB", STAGE_MAIL, "").details;
    assert_int_equal(d.size, 31000000);
    assert_int_equal(d.limit, 25000000);
    d = of("451 rate limit, try again in 2 hours", STAGE_MAIL, "").details;
    assert_int_equal(d.retry_after, 7200);
    d = of("421 4.7.0 too many connections, 20 allowed", STAGE_CONNECT, "").details;
    assert_int_equal(d.limit, 20);
    d = of("421 ME Trop de connexions. OFR004_104 [104]", STAGE_CONNECT, "").details;
    assert_int_equal(d.limit, 0); /* the number is of the code */
    d = of("552 5.3.4 too large", STAGE_MAIL, "").details;
    assert_int_equal(
        d.size + d.limit + d.retry_after + d.ip.len + d.url.len + d.host.len + d.domain.len, 0);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, &heap, 1 << 16);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_order_of_evidence),
        cmocka_unit_test(finds_the_stage_and_the_provider_in_the_text),
        cmocka_unit_test(finds_details),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
