#include "reply/scan.h"

#include <stdio.h>

#include "check.h"
#include "system/heap.h"

struct sample {
    const char *in;
    uint16_t code;
    struct enhanced enhanced;
    const char *text;
    const char *remote;
};

static const struct sample samples[] = {
    {"550 5.1.1 User unknown", 550, {5, 1, 1}, "User unknown", ""},
    {"421", 421, {0}, "", ""},
    {"199", 199, {0}, "", ""},
    {"541", 541, {0}, "", ""},
    {"4.7.28", 0, {4, 7, 28}, "", ""},
    {"#5.1.1", 0, {5, 1, 1}, "", ""},
    {"Error 457", 457, {0}, "Error 457", ""},
    {"Could not send your message. Error 421",
     421,
     {0},
     "Could not send your message. Error 421",
     ""},
    {"smtp; 550-5.1.1 foo 550 5.1.1 bar", 550, {5, 1, 1}, "foo bar", ""},
    {"550-5.1.1 no such\r\n550 5.1.1 user\r\n", 550, {5, 1, 1}, "no such user", ""},
    {"It was refused. The error that the other server returned was: 550 5.1.1 no",
     550,
     {5, 1, 1},
     "no",
     ""},
    {"返回：550 no", 550, {0}, "返回：550 no", ""},
    {"The problem is :\n-- 550 no such user", 550, {0}, "no such user", ""},
    {"5.3.4 - too large 552-'No'", 552, {5, 3, 4}, "5.3.4 - too large 552-'No'", ""},
    {"550-no such\n550 user", 550, {0}, "no such user", ""},
    {"550-550 no such user", 550, {0}, "no such user", ""},
    {"550 550 no such user", 550, {0}, "no such user", ""},
    {"550-550-5.1.1 no such user", 550, {5, 1, 1}, "no such user", ""},
    {"550-551 no such user", 0, {0}, "550-551 no such user", ""},
    {"Sorry, no mailbox here by that name. (#5.1.1)",
     0,
     {5, 1, 1},
     "Sorry, no mailbox here by that name. (#5.1.1)",
     ""},
    {"host mx.example.org[192.0.2.1] said: 550 5.7.1 no", 550, {5, 7, 1}, "no", "mx.example.org"},
    {"connect to mx.example.net[192.0.2.7]:25: Connection timed out",
     0,
     {0},
     "connect to mx.example.net[192.0.2.7]:25: Connection timed out",
     "mx.example.net"},
    {"refused [554 5.4.6 Hop count exceeded]",
     554,
     {5, 4, 6},
     "refused [554 5.4.6 Hop count exceeded]",
     ""},
    {"220 mx 421 4.2.1 later", 421, {4, 2, 1}, "220 mx 421 4.2.1 later", ""},
    {"550 '5.2.2 <a@example.org>... Mailbox Full'",
     550,
     {5, 2, 2},
     "<a@example.org>... Mailbox Full'",
     ""},
    {"554 4.4.7 expired <421 4.4.2 timed out>",
     554,
     {4, 4, 7},
     "expired <421 4.4.2 timed out>",
     ""},
    {"to=<a@b.example>, dsn=5.2.2, status=bounced",
     0,
     {5, 2, 2},
     "to=<a@b.example>, dsn=5.2.2, status=bounced",
     ""},
    {"550 not here... (#5.1.1)", 550, {5, 1, 1}, "not here... (#5.1.1)", ""},
    {"550 no. Ask host mx.example.org. Please.",
     550,
     {0},
     "no. Ask host mx.example.org. Please.",
     "mx.example.org"},
    {"501 not accepted: 5.7.1 no relay", 501, {5, 7, 1}, "not accepted: 5.7.1 no relay", ""},
    {"The limit is 500 messages", 0, {0}, "The limit is 500 messages", ""},
    {"550 messages were sent", 0, {0}, "550 messages were sent", ""},
    {"mail to 550@example.org failed", 0, {0}, "mail to 550@example.org failed", ""},
    {"see https://example.org/550/5.1.1", 0, {0}, "see https://example.org/550/5.1.1", ""},
    {"from 5.1.1.1 or 192.0.2.550", 0, {0}, "from 5.1.1.1 or 192.0.2.550", ""},
    {"Postfix 2.5.6 and Exim 4.96.2", 0, {0}, "Postfix 2.5.6 and Exim 4.96.2", ""},
    {"call 550-1234 now", 0, {0}, "call 550-1234 now", ""},
    {"550 a\x1b[2J\xc2\x9b\xff\tb", 550, {0}, "a?[2J?? b", ""},
    {"", 0, {0}, "", ""},
};

static void finds_codes_text_and_host(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct arena arena;
        struct diagnosis_input in;
        arena_init(&arena, &heap, 4096);
        reply_scan(slice_str(samples[i].in), &arena, &in);
        const struct sample *s = &samples[i];
        if (in.reply.code != s->code || !enhanced_eq(in.reply.enhanced, s->enhanced) ||
            !slice_eq(in.reply.text, slice_str(s->text)) ||
            !slice_eq(in.remote, slice_str(s->remote)))
            fail_msg("«%s»: %u %u.%u.%u «%.*s» «%.*s»", s->in, in.reply.code,
                     in.reply.enhanced.class, in.reply.enhanced.subject, in.reply.enhanced.detail,
                     SLICE_ARG(in.reply.text), SLICE_ARG(in.remote));
        arena_reset(&arena);
    }
}

/* Wherever behind the codes it stands: a text whose codes are sure is not always read to its end.
 */
static void finds_the_host_behind_the_codes(void **state)
{
    (void)state;
    static const char *const names[] = {"host", "HoSt", "connect to", "CONNECT TO"};
    static const char filler[] = "most of the people who cannot cost hosted connections,";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (size_t len = 0; len < sizeof(filler); len++)
            for (size_t more = 0; more < 12; more++) {
                char text[256];
                struct arena arena;
                struct diagnosis_input in;
                arena_init(&arena, &heap, 4096);
                snprintf(text, sizeof(text), "550 5.1.1 %.*s %s mx.example.org%.*s", (int)len,
                         filler, names[i], (int)more, " and no more");
                reply_scan(slice_str(text), &arena, &in);
                assert_int_equal(in.reply.code, 550);
                assert_slice(in.remote, "mx.example.org");
                arena_reset(&arena);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_codes_text_and_host),
                                       cmocka_unit_test(finds_the_host_behind_the_codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
