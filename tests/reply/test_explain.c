#include "reply/scan.h"

#include "check.h"
#include "system/heap.h"

static struct arena arena;

static struct explanation of(const char *text)
{
    struct diagnosis_input in;
    struct diagnosis d;
    struct explanation e;
    arena_reset(&arena);
    arena_init(&arena, &heap, 1 << 16);
    reply_scan(slice_str(text), &arena, &in);
    diagnose(&in, &d);
    assert_true(explain(&d, &in, &arena, &e));
    return e;
}

static void names_what_the_reply_names(void **state)
{
    (void)state;
    struct explanation e =
        of("550 5.7.1 Service unavailable: client [192.0.2.7] blocked using bl.example.net");
    assert_slice(
        e.summary,
        "The sending server's address 192.0.2.7 is on the blocklist bl.example.net, and the "
        "receiver believes that list.");
    assert_slice(
        e.steps[1],
        "Look the address up on the page of bl.example.net and ask there to be taken off.");
    e = of("552 5.3.4 Message size 30000000 exceeds the limit of 25000000 bytes");
    assert_slice(e.summary,
                 "The message (30 MB) is larger than the 25 MB that are accepted there.");
    e = of("450 4.7.1 Greylisted, try again in 300 seconds");
    assert_slice(e.steps[0],
                 "Wait 5 minutes: mail servers try again by themselves, and then it goes through.");
    e = of("452 4.5.3 Too many recipients, 50 at most");
    assert_slice(e.steps[0], "Send it in several messages, each to fewer recipients (50 at most).");
}

static void leaves_out_what_is_not_known(void **state)
{
    (void)state;
    struct explanation e = of("552 5.3.4 Message too large");
    assert_slice(e.summary, "The message is larger than what is accepted there.");
    e = of("554 DNSBL");
    assert_slice(e.summary,
                 "The sending server's address is on a blocklist that the receiver believes.");
}

static void tells_the_providers_own_page_second(void **state)
{
    (void)state;
    struct explanation e = of("421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred");
    assert_true(slice_find_slice(e.steps[1], SLICE("senders.yahooinc.com"), 0) != SLICE_NONE);
}

static void every_cause_has_words(void **state)
{
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        struct diagnosis_input in = {.stage = STAGE_NONE};
        struct diagnosis d = {.cause = (enum cause)cause, .permanence = PERMANENCE_PERMANENT};
        struct explanation e;
        if (!explain(&d, &in, &arena, &e) || e.count == 0 || e.summary.len < 20)
            fail_msg("%s", cause_name((enum cause)cause));
        assert_slice(slice_from(e.summary, e.summary.len - 1), ".");
    }
}

static struct explanation of_refusal(const char *text)
{
    struct diagnosis_input in;
    struct diagnosis d;
    struct explanation e;
    arena_reset(&arena);
    reply_scan(slice_str(text), &arena, &in);
    in.is_refusal = true;
    diagnose(&in, &d);
    assert_true(explain(&d, &in, &arena, &e));
    return e;
}

/* Each cause has words for the other side, too, and they are not those for senders. */
static void who_refused_is_told_something_else(void **state)
{
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        struct diagnosis d = {.cause = (enum cause)cause, .permanence = PERMANENCE_PERMANENT};
        struct explanation ours, theirs;
        struct diagnosis_input in = {.reply = {.code = 550}};
        assert_true(explain(&d, &in, &arena, &theirs));
        in.is_refusal = true;
        if (!explain(&d, &in, &arena, &ours) || ours.count == 0 || ours.summary.len < 20)
            fail_msg("%s", cause_name((enum cause)cause));
        for (size_t i = 0; i < ours.count; i++)
            for (size_t k = 0; k < theirs.count; k++)
                if (slice_eq(ours.steps[i], theirs.steps[k]))
                    fail_msg("%s: %.*s", cause_name((enum cause)cause), SLICE_ARG(ours.steps[i]));
    }
}

static void who_refused_is_told_by_name(void **state)
{
    (void)state;
    struct explanation e =
        of_refusal("554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org");
    assert_slice(e.summary,
                 "The client's address 192.0.2.7 is on the blocklist Spamhaus, which this server "
                 "asks.");
    for (size_t i = 0; i < e.count; i++)
        assert_true(slice_find_slice(e.steps[i], SLICE("://"), 0) == SLICE_NONE);
    e = of_refusal("550 5.7.23 SPF check failed");
    assert_slice(e.summary, "The sender's SPF record does not allow the sending server.");
    assert_int_equal(e.count, 2); /* the third one names an address */
    e = of_refusal("554 something nobody knows");
    assert_slice(e.steps[0], "Look in the log just above this line for what decided.");
}

/* What the blocklist and the provider say, where the one is named by the other. */
static void tells_the_blocklists_own_page(void **state)
{
    (void)state;
    static const struct {
        const char *text, *page;
    } cases[] = {
        {"554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org", "check.spamhaus.org"},
        {"550 5.7.1 192.0.2.7 blocked using psbl.surriel.com", "https://psbl.org/"},
        {"550 5.7.1 192.0.2.7 blocked using dyna.spamrats.com", "https://www.spamrats.com/"},
        {"553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.9, because the ip is in "
         "Spamhaus's list",
         "check.spamhaus.org"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct explanation e = of(cases[i].text);
        if (slice_find_slice(e.steps[1], slice_str(cases[i].page), 0) == SLICE_NONE)
            fail_msg("%s\ngives: %.*s", cases[i].text, SLICE_ARG(e.steps[1]));
        for (size_t k = 0; k < e.count; k++)
            assert_true(slice_find_slice(e.steps[k], SLICE("on the page of"), 0) == SLICE_NONE);
    }
}

static void a_closed_list_is_told_alone(void **state)
{
    (void)state;
    struct explanation e = of("521 5.7.1 client [192.0.2.9] blocked using dnsbl.sorbs.net");
    assert_int_equal(e.count, 2);
    assert_true(slice_starts(e.steps[0], SLICE("SORBS was closed in 2024: ")));
    assert_true(slice_starts(e.steps[1], SLICE("On the receiving server, take SORBS out")));
}

static void the_page_that_a_reply_names_is_told(void **state)
{
    (void)state;
    struct explanation e = of("550 5.7.23 SPF failed, see https://example.org/spf?x=1");
    assert_slice(e.steps[1], "See the page that the reply names: https://example.org/spf?x=1");
    e = of("550 5.7.23 SPF failed");
    assert_true(slice_find_slice(e.steps[1], SLICE("the reply names"), 0) == SLICE_NONE);
}

static bool says(const struct explanation *e, const char *what)
{
    for (size_t i = 0; i < e->count; i++)
        if (slice_find_slice(e->steps[i], slice_str(what), 0) != SLICE_NONE)
            return true;
    return false;
}

/* Outlook.com and Microsoft 365 have a form each; where the reply does not tell which of them
 * speaks, both are named. */
static void the_form_is_that_of_the_service(void **state)
{
    (void)state;
    struct explanation e = of("550 5.7.1 Unfortunately, messages from [192.0.2.4] weren't sent. "
                              "Part of their network is on our block list (S3150).");
    assert_true(says(&e, "LinkID=614866"));
    assert_false(says(&e, "sender.office.com"));
    e = of("550 5.7.606 Access denied, banned sending IP [192.0.2.4]");
    assert_false(says(&e, "LinkID=614866"));
    assert_true(says(&e, "sender.office.com"));
    struct diagnosis_input in;
    struct diagnosis d;
    reply_scan(SLICE("550 5.7.1 Your IP has a poor reputation"), &arena, &in);
    in.remote = SLICE("example-org.mail.protection.outlook.com");
    diagnose(&in, &d);
    assert_true(explain(&d, &in, &arena, &e));
    assert_true(says(&e, "LinkID=614866") && says(&e, "sender.office.com"));
}

static void hosts_tell_the_provider(void **state)
{
    (void)state;
    static const struct {
        const char *remote, *provider, *says;
    } cases[] = {
        {"mx1.free.fr", "free", "http://postmaster.free.fr/"},
        {"pkvw-mx.msg.pkvw.co.charter.net", "charter", "https://www.spectrum.net/"},
        {"smtp.secureserver.net", "godaddy", "https://unblock.secureserver.net/"},
        {"mx00.t-online.de", "t-online", "tosa@rx.t-online.de"},
        {"smtpz4.laposte.net", "laposte", "https://postmaster.laposte.net/"},
        {"mx1.naver.com", "naver", "https://policy.naver.com/"},
        {"notfree.fr", "", "Check that SPF"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diagnosis_input in;
        struct diagnosis d;
        struct explanation e;
        reply_scan(SLICE("550 5.7.1 Your IP has a poor reputation"), &arena, &in);
        in.remote = slice_str(cases[i].remote);
        diagnose(&in, &d);
        assert_true(explain(&d, &in, &arena, &e));
        assert_slice(d.provider, cases[i].provider);
        assert_int_equal(d.cause, CAUSE_IP_REPUTATION);
        if (slice_find_slice(e.steps[1], slice_str(cases[i].says), 0) == SLICE_NONE)
            fail_msg("%s: %.*s", cases[i].remote, SLICE_ARG(e.steps[1]));
    }
}

static void codes_alone_are_explained_by_table_or_digits(void **state)
{
    (void)state;
    static const struct {
        const char *text, *summary;
    } cases[] = {
        {"550", "Refused: no such mailbox, no access, or a policy"},
        {"457", "The server could not take it now; the same may work later."},
        {"199", "A preliminary answer; SMTP does not use these."},
        {"5.9.9", "The server refused, and the same will be refused again."},
        {"4.7.28", "More mail was sent in a short time than the server allows."},
        {"250", "Done"},
        {"hello there", "This text holds no reply code and no reason for which mail fails."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_slice(of(cases[i].text).summary, cases[i].summary);
}

static void says_when_there_is_no_room(void **state)
{
    (void)state;
    struct arena none;
    struct diagnosis_input in = {.stage = STAGE_NONE};
    struct diagnosis d = {.cause = CAUSE_RECIPIENT_RATE_LIMITED, .details.retry_after = 60};
    struct explanation e;
    arena_init(&none, &heap, 0);
    assert_false(explain(&d, &in, &none, &e));
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
        cmocka_unit_test(names_what_the_reply_names),
        cmocka_unit_test(leaves_out_what_is_not_known),
        cmocka_unit_test(tells_the_providers_own_page_second),
        cmocka_unit_test(every_cause_has_words),
        cmocka_unit_test(who_refused_is_told_something_else),
        cmocka_unit_test(who_refused_is_told_by_name),
        cmocka_unit_test(tells_the_blocklists_own_page),
        cmocka_unit_test(a_closed_list_is_told_alone),
        cmocka_unit_test(the_page_that_a_reply_names_is_told),
        cmocka_unit_test(the_form_is_that_of_the_service),
        cmocka_unit_test(hosts_tell_the_provider),
        cmocka_unit_test(codes_alone_are_explained_by_table_or_digits),
        cmocka_unit_test(says_when_there_is_no_room),
    };
    arena_init(&arena, &heap, 1 << 16);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
