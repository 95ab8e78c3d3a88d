#include "queue/decide.h"

#include "sim.h"

/* What the queue does with real words at each stage. The replies are shaped after what providers
 * publish. */
static const struct {
    const char *name;
    enum stage stage;
    uint16_t code;
    const char *text;
    enum verdict want;
    int64_t wait;
} cases[] = {
    {"delivered", STAGE_END_OF_DATA, 250, "2.0.0 Ok: queued", VERDICT_DELIVERED, 0},
    {"accepted at RCPT alone is no failure", STAGE_RCPT, 251, "2.1.5 will forward",
     VERDICT_DELIVERED, 0},
    {"no such mailbox", STAGE_RCPT, 550, "5.1.1 User unknown", VERDICT_SUPPRESS, 0},
    {"mailbox full, for now", STAGE_RCPT, 452, "4.2.2 Mailbox full", VERDICT_RETRY, 0},
    {"mailbox full, for good", STAGE_RCPT, 552, "5.2.2 Mailbox full", VERDICT_BOUNCE, 0},
    {"greylisted", STAGE_RCPT, 450, "4.2.0 Greylisted, try again later", VERDICT_GREYLIST, 0},
    {"greylisted with a time", STAGE_RCPT, 450, "4.7.1 Greylisted, try again in 300 seconds",
     VERDICT_GREYLIST, 300 * 1000},
    {"greylisted with 5yz", STAGE_RCPT, 550, "5.7.1 Greylisted, please try again later",
     VERDICT_GREYLIST, 0},
    {"greylisted with 421", STAGE_RCPT, 421, "4.7.0 Greylisted, try again in 60 seconds",
     VERDICT_GREYLIST, 60 * 1000},
    {"greylisted at connect: all mail from us is", STAGE_CONNECT, 451,
     "4.7.1 Greylisted, try again in 300 seconds", VERDICT_BACK_OFF, 300 * 1000},
    {"a full mailbox that closes the connection stops no others", STAGE_RCPT, 421,
     "4.2.2 Mailbox full", VERDICT_RETRY, 0},
    {"closed without a reason", STAGE_MAIL, 421, "bye", VERDICT_BACK_OFF, 0},
    {"shutting down at connect", STAGE_CONNECT, 421, "4.3.2 Service shutting down",
     VERDICT_BACK_OFF, 0},
    {"4yz at connect", STAGE_CONNECT, 450, "Come back later", VERDICT_BACK_OFF, 0},
    {"4yz at EHLO", STAGE_EHLO, 451, "4.3.0 Temporary problem", VERDICT_BACK_OFF, 0},
    {"4yz at RCPT without a reason", STAGE_RCPT, 450, "4.0.0 Something", VERDICT_RETRY, 0},
    {"421 in the middle", STAGE_RCPT, 421, "4.3.2 Service not available, closing channel",
     VERDICT_BACK_OFF, 0},
    {"busy with this one", STAGE_END_OF_DATA, 451, "4.3.2 System not accepting messages now",
     VERDICT_RETRY, 0},
    {"rate limit at RCPT", STAGE_RCPT, 450, "4.7.28 Rate limit exceeded, too many messages",
     VERDICT_BACK_OFF, 0},
    {"too many connections", STAGE_CONNECT, 421, "4.7.0 Too many concurrent connections",
     VERDICT_BACK_OFF, 0},
    {"too many recipients", STAGE_RCPT, 452, "4.5.3 Too many recipients", VERDICT_SPLIT, 0},
    {"552 after RCPT", STAGE_RCPT, 552, "Too many recipients", VERDICT_SPLIT, 0},
    {"message too large", STAGE_END_OF_DATA, 552, "5.3.4 Message too big", VERDICT_BOUNCE, 0},
    {"blocklisted for good", STAGE_RCPT, 550,
     "5.7.1 Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org",
     VERDICT_SUSPEND, 0},
    {"something in the message is blocklisted", STAGE_END_OF_DATA, 550,
     "5.7.1 Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org", VERDICT_BOUNCE,
     0},
    {"something in the message is blocklisted for now", STAGE_END_OF_DATA, 450,
     "4.7.1 Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org", VERDICT_RETRY,
     0},
    {"blocklisted for now", STAGE_RCPT, 451,
     "4.7.1 Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org",
     VERDICT_SUSPEND, 0},
    {"a link on a list stops no other mail", STAGE_END_OF_DATA, 550,
     "5.7.1 Message contains a URL listed in dbl.spamhaus.org", VERDICT_BOUNCE, 0},
    {"no mail here", STAGE_CONNECT, 521, "5.3.2 This host takes no mail", VERDICT_NEVER, 0},
    {"null MX", STAGE_CONNECT, 556, "5.1.10 The domain takes no mail", VERDICT_NEVER, 0},
    {"login refused at the smarthost", STAGE_AUTH, 535, "5.7.8 Authentication credentials invalid",
     VERDICT_SUSPEND, 0},
    {"login needed", STAGE_MAIL, 530, "5.7.0 Authentication required", VERDICT_BOUNCE, 0},
    {"an answer that does not fit is not a refusal", STAGE_RCPT, 0,
     "the other side answered with a code that does not fit there", VERDICT_RETRY, 0},
    {"nor is nonsense for a greeting", STAGE_CONNECT, 0, "the other side does not speak SMTP",
     VERDICT_BACK_OFF, 0},
    {"a refused command is", STAGE_EHLO, 502, "5.5.1 Command not implemented", VERDICT_BOUNCE, 0},
    {"spam", STAGE_END_OF_DATA, 554, "5.7.1 Message rejected as spam", VERDICT_BOUNCE, 0},
};

static void follows_the_table(void **state)
{
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct outcome o = sim_reply(0, cases[i].stage, cases[i].code, cases[i].text);
        struct decision d;
        decide(&(struct decide_input){.outcome = &o}, &d);
        if (d.verdict == cases[i].want && d.wait == cases[i].wait)
            continue;
        print_error("%s: %s, wait %lld; cause %s\n", cases[i].name, verdict_name(d.verdict),
                    (long long)d.wait, cause_name(d.diagnosis.cause));
        bad++;
    }
    assert_int_equal(bad, 0);
}

static void failures_without_a_reply_back_off_before_the_envelope(void **state)
{
    (void)state;
    struct outcome o = sim_failure(0, STAGE_CONNECT, "connection refused");
    struct decision d;
    decide(&(struct decide_input){.outcome = &o}, &d);
    assert_int_equal(d.verdict, VERDICT_BACK_OFF);
    o = sim_failure(0, STAGE_NONE, "something odd");
    decide(&(struct decide_input){.outcome = &o}, &d);
    assert_int_equal(d.verdict, VERDICT_RETRY); /* nobody said no */
    o = sim_failure(0, STAGE_DATA, "connection lost");
    decide(&(struct decide_input){.outcome = &o}, &d);
    assert_int_equal(d.verdict, VERDICT_RETRY); /* the message may be what broke it */
}

/* The decision after the same was said `repeats` times already. */
static struct decision again(struct outcome o, uint32_t repeats)
{
    struct decision d;
    decide(&(struct decide_input){.outcome = &o}, &d);
    decide(&(struct decide_input){.outcome = &o, .recipient = {d.diagnosis.cause, repeats}}, &d);
    return d;
}

static void believes_what_is_said_often_enough(void **state)
{
    (void)state;
    static const struct {
        enum stage stage;
        uint16_t code;
        const char *text;
        uint32_t repeats;
        enum verdict want;
        enum decided_by by;
    } steps[] = {
        {STAGE_RCPT, 550, "5.7.1 Greylisted, try again later", 3, VERDICT_GREYLIST,
         DECIDED_BY_TABLE},
        {STAGE_RCPT, 550, "5.7.1 Greylisted, try again later", 7, VERDICT_BOUNCE,
         DECIDED_BY_NEVER_OFTEN},
        {STAGE_RCPT, 450, "4.7.1 Greylisted, try again later", 100, VERDICT_GREYLIST,
         DECIDED_BY_TABLE},
        {STAGE_RCPT, 450, "4.1.1 User unknown", 6, VERDICT_RETRY, DECIDED_BY_TABLE},
        {STAGE_RCPT, 450, "4.1.1 User unknown", 7, VERDICT_SUPPRESS, DECIDED_BY_LATER_OFTEN},
        {STAGE_RCPT, 450, "4.1.2 No such domain", 7, VERDICT_SUPPRESS, DECIDED_BY_LATER_OFTEN},
        {STAGE_RCPT, 452, "4.2.2 Mailbox full", 100, VERDICT_RETRY, DECIDED_BY_TABLE},
        {STAGE_CONNECT, 554, "5.7.1 [192.0.2.7] listed at zen.spamhaus.org", 2, VERDICT_SUSPEND,
         DECIDED_BY_TABLE},
        {STAGE_CONNECT, 554, "5.7.1 [192.0.2.7] listed at zen.spamhaus.org", 3, VERDICT_BOUNCE,
         DECIDED_BY_NEVER_OFTEN},
        {STAGE_AUTH, 535, "5.7.8 Authentication credentials invalid", 100, VERDICT_SUSPEND,
         DECIDED_BY_TABLE},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct outcome o = sim_reply(0, steps[i].stage, steps[i].code, steps[i].text);
        struct decision d = again(o, steps[i].repeats);
        struct decision at_site;
        decide(&(struct decide_input){.outcome = &o, .site = {d.diagnosis.cause, steps[i].repeats}},
               &at_site);
        assert_int_equal(at_site.verdict, d.verdict);
        if (d.verdict != steps[i].want)
            print_error("%s\n", steps[i].text);
        assert_int_equal(d.verdict, steps[i].want);
        assert_int_equal(d.by, steps[i].by);
        /* another cause in between begins the count anew */
        decide(&(struct decide_input){.outcome = &o,
                                      .recipient = {CAUSE_LOCAL_SYSTEM_ERROR, steps[i].repeats}},
               &d);
        assert_false(verdict_is_failure(d.verdict));
    }
}

/* taxonomy: a 5yz of these never suppresses the recipient, whenever and however often it comes. */
static void never_suppresses_for_what_passes_by_itself(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cause cause;
    } said[] = {
        {"5.7.1 Greylisted, try again later", CAUSE_GREYLISTED},
        {"5.7.28 Rate limit exceeded, too many messages", CAUSE_RATE_LIMITED},
        {"5.2.2 Mailbox full", CAUSE_MAILBOX_FULL},
        {"5.7.1 Your IP address has a poor reputation", CAUSE_IP_REPUTATION},
    };
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
        for (enum stage stage = STAGE_NONE; stage <= STAGE_QUEUE; stage++)
            for (uint32_t repeats = 0; repeats < 20; repeats++) {
                struct decision d = again(sim_reply(0, stage, 550, said[i].text), repeats);
                assert_int_equal(d.diagnosis.cause, said[i].cause);
                assert_false(verdict_suppresses(d.verdict));
            }
}

static void suppresses_only_dead_addresses(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        const char *text;
        bool want;
    } steps[] = {
        {550, "5.1.1 User unknown", true},
        {450, "4.1.1 User unknown", false},
        {552, "5.2.2 Mailbox full", false},
        {550, "5.7.1 Message rejected as spam", false},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct outcome o = sim_reply(0, STAGE_RCPT, steps[i].code, steps[i].text);
        struct decision d;
        decide(&(struct decide_input){.outcome = &o}, &d);
        assert_int_equal(verdict_suppresses(d.verdict), steps[i].want);
    }
}

static void asks_the_next_host_where_it_may_say_otherwise(void **state)
{
    (void)state;
    static const struct {
        enum stage stage;
        uint16_t code;
        const char *text;
        bool want;
    } steps[] = {
        {STAGE_CONNECT, 421, "4.3.2 Service shutting down", true},
        {STAGE_CONNECT, 521, "5.3.2 This host takes no mail", true},
        {STAGE_EHLO, 554, "5.0.0 No", true},
        {STAGE_AUTH, 535, "5.7.8 Authentication credentials invalid", false},
        {STAGE_CONNECT, 550, "5.1.1 User unknown", false},
        {STAGE_MAIL, 421, "4.3.2 Service shutting down", false},
        {STAGE_RCPT, 550, "5.1.1 User unknown", false},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct outcome o = sim_reply(0, steps[i].stage, steps[i].code, steps[i].text);
        struct decision d;
        decide(&(struct decide_input){.outcome = &o, .has_next_host = true}, &d);
        assert_int_equal(d.verdict == VERDICT_NEXT_HOST, steps[i].want);
        decide(&(struct decide_input){.outcome = &o}, &d);
        assert_int_not_equal(d.verdict, VERDICT_NEXT_HOST);
    }
}

/* What is said of us does not prove that the site takes mail: the back-off must go on growing. */
static void knows_what_shows_that_a_site_works(void **state)
{
    (void)state;
    static const struct {
        enum stage stage;
        uint16_t code;
        const char *text;
        bool want;
    } steps[] = {
        {STAGE_END_OF_DATA, 250, "2.0.0 Ok", true},
        {STAGE_RCPT, 550, "5.1.1 User unknown", true},
        {STAGE_RCPT, 450, "4.7.28 Rate limit exceeded, too many messages", false},
        {STAGE_RCPT, 550, "5.7.1 [192.0.2.7] listed at zen.spamhaus.org", false},
        {STAGE_CONNECT, 521, "5.3.2 This host takes no mail", false},
        {STAGE_RCPT, 421, "4.3.2 Service shutting down", false},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct decision d =
            again(sim_reply(0, steps[i].stage, steps[i].code, steps[i].text), i % 2 * 9);
        assert_int_equal(d.shows_life, steps[i].want);
    }
}

static void tells_of_each_verdict(void **state)
{
    (void)state;
    for (enum verdict v = VERDICT_DELIVERED; v < VERDICT_COUNT; v++)
        assert_true(*verdict_name(v) && *verdict_words(v));
    for (enum decided_by by = DECIDED_BY_TABLE; by < DECIDED_BY_COUNT; by++)
        assert_true(*decided_by_name(by) && *decided_by_words(by));
}

static void bounds_what_a_peer_may_wish_for(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } steps[] = {
        {"4.7.1 Greylisted, try again in 1 seconds", 30 * 1000},
        {"4.7.1 Greylisted, try again in 99999999 seconds", DAY},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct outcome o = sim_reply(0, STAGE_RCPT, 450, steps[i].text);
        struct decision d;
        decide(&(struct decide_input){.outcome = &o}, &d);
        assert_true(d.wait == steps[i].want);
    }
}

/* One for each row of pauses.def, in its order. */
static void waits_as_long_as_providers_hold_on_to_it(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        const char *text, *host;
    } said[] = {
        {421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints",
         "mta5.am0.yahoodns.net"},
        {553,
         "5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in "
         "Spamhaus's list",
         "mta5.am0.yahoodns.net"},
        {451,
         "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
         "reputation.",
         "x.mail.protection.outlook.com"},
        {550, "5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus.",
         "x.mail.protection.outlook.com"},
        {421, "RP-001 The mail server IP has exceeded the rate limit allowed.",
         "x.mail.protection.outlook.com"},
        {554, "5.7.1 [HM08] Message rejected due to local policy", "mx01.mail.icloud.com"},
        {554, "5.7.0 Blocked - see https://www.spamhaus.org/query/ip/192.0.2.1",
         "mx01.mail.icloud.com"},
        {421, "mwinf5c44 ME Trop de connexions, veuillez verifier votre configuration. OFR004_104",
         "smtp-in.orange.fr"},
        {421, "gmx.net (mxgmx017) Nemesis ESMTP Service not available. Too many connections",
         "mx00.gmx.net"},
        {421, "4.1.0 192.0.2.1 Throttled - too many messages RL000001", "mx1.comcast.net"},
        {451, "DT:SPM 163 mx12,PMmowAD3Wo http://mail.163.com/help/help_spam_16.htm",
         "163mx01.mxmail.netease.com"},
        {450, "RP:ORQ 163 mx5", "163mx01.mxmail.netease.com"},
        {550, "Connection frequency limited http://service.mail.qq.com/cgi-bin/help?id=20022",
         "mx3.qq.com"},
    };
    static const int64_t minutes[] = {
#define PAUSE(provider, cause, minutes) minutes,
#include "queue/pauses.def"
#undef PAUSE
    };
    assert_int_equal(sizeof(said) / sizeof(*said), sizeof(minutes) / sizeof(*minutes));
    for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
        struct outcome o = sim_reply(0, STAGE_MAIL, said[i].code, said[i].text);
        struct decision d;
        o.host = slice_str(said[i].host);
        decide(&(struct decide_input){.outcome = &o}, &d);
        if (d.wait != minutes[i] * MINUTE || d.is_wait_asked)
            fail_msg("%s: %s, %.*s, %lld", said[i].text, cause_name(d.diagnosis.cause),
                     SLICE_ARG(d.diagnosis.provider), (long long)d.wait);
    }
    /* what they ask for counts more */
    struct outcome o = sim_reply(0, STAGE_MAIL, 421,
                                 "4.1.0 Throttled - too many messages RL000001, try again in 60 "
                                 "seconds");
    struct decision d;
    o.host = SLICE("mx1.comcast.net");
    decide(&(struct decide_input){.outcome = &o}, &d);
    assert_true(d.wait == MINUTE && d.is_wait_asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_table),
        cmocka_unit_test(failures_without_a_reply_back_off_before_the_envelope),
        cmocka_unit_test(believes_what_is_said_often_enough),
        cmocka_unit_test(never_suppresses_for_what_passes_by_itself),
        cmocka_unit_test(asks_the_next_host_where_it_may_say_otherwise),
        cmocka_unit_test(knows_what_shows_that_a_site_works),
        cmocka_unit_test(tells_of_each_verdict),
        cmocka_unit_test(waits_as_long_as_providers_hold_on_to_it),
        cmocka_unit_test(suppresses_only_dead_addresses),
        cmocka_unit_test(bounds_what_a_peer_may_wish_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
