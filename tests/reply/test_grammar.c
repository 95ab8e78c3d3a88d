#include "reply/grammar.h"

#include "check.h"
#include "system/heap.h"

struct sample {
    const char *wire;
    enum reply_read got;
    uint16_t code;
    struct enhanced enhanced;
    const char *text;
    unsigned oddities;
};

static const struct sample samples[] = {
    {"250 ok\r\n", REPLY_DONE, 250, {0}, "ok", 0},
    {"250\r\n", REPLY_DONE, 250, {0}, "", 0},
    {"250 2.1.0 Sender ok\r\n", REPLY_DONE, 250, {2, 1, 0}, "Sender ok", 0},
    {"250-mx greets you\r\n250-SIZE 100\r\n250 HELP\r\n",
     REPLY_DONE,
     250,
     {0},
     "mx greets you\nSIZE 100\nHELP",
     0},
    {"550-5.1.1 no\r\n550 5.1.1 such user\r\n", REPLY_DONE, 550, {5, 1, 1}, "no\nsuch user", 0},
    {"550-5.1.1 no\r\n550 5.7.1 way\r\n", REPLY_DONE, 550, {5, 1, 1}, "no\n5.7.1 way", 0},
    {"421 bye\n", REPLY_DONE, 421, {0}, "bye", REPLY_ODD_LINE_END},
    {"421 b\rye\r\n", REPLY_DONE, 421, {0}, "b?ye", REPLY_ODD_LINE_END},
    {"550no space\r\n", REPLY_DONE, 550, {0}, "no space", REPLY_ODD_NO_SPACE},
    {"550-a\r\n554 b\r\n", REPLY_DONE, 554, {0}, "a\nb", REPLY_ODD_CODES},
    {"550-a\r\nb\r\n550 c\r\n", REPLY_DONE, 550, {0}, "a\nb\nc", REPLY_ODD_NO_CODE},
    {"550 4.2.2 full\r\n", REPLY_DONE, 550, {4, 2, 2}, "full", REPLY_ODD_ENHANCED},
    {"354 5.1.1 is not stripped\r\n", REPLY_DONE, 354, {0}, "5.1.1 is not stripped", 0},
    {"550 5.1.1\r\n", REPLY_DONE, 550, {5, 1, 1}, "", 0},
    {"550 5.1.12345 x\r\n", REPLY_DONE, 550, {0}, "5.1.12345 x", 0},
    {"250 a\tb\x1b[1m\r\n", REPLY_DONE, 250, {0}, "a b?[1m", 0},
    {"SSH-2.0-x\r\n", REPLY_BAD, 0, {0}, "", 0},
    {"\r\n", REPLY_BAD, 0, {0}, "", 0},
    {"199 x\r\n", REPLY_BAD, 0, {0}, "", 0},
    {"600 x\r\n", REPLY_BAD, 0, {0}, "", 0},
    {"2500 x\r\n", REPLY_BAD, 0, {0}, "", 0},
    {"250-a\r\n250", REPLY_MORE, 0, {0}, "", 0},
    {"", REPLY_MORE, 0, {0}, "", 0},
};

static bool as_expected(const struct sample *s, enum reply_read got, const struct reply *r,
                        unsigned oddities)
{
    if (got != s->got)
        return false;
    return got != REPLY_DONE || (r->code == s->code && enhanced_eq(r->enhanced, s->enhanced) &&
                                 slice_eq(r->text, slice_str(s->text)) && oddities == s->oddities);
}

static void reads_every_sample_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct slice wire = slice_str(samples[i].wire);
        for (size_t split = 0; split <= wire.len; split++) {
            struct reply_parser p;
            struct reply r = {0};
            struct slice head = slice_head(wire, split), tail = slice_from(wire, split);
            reply_parser_init(&p, &heap);
            enum reply_read got = reply_parser_feed(&p, &head, &r);
            if (got == REPLY_MORE)
                got = reply_parser_feed(&p, &tail, &r);
            if (!as_expected(&samples[i], got, &r, p.oddities))
                fail_msg("«%s» split at %zu: %d %u «%.*s» odd %u", samples[i].wire, split, got,
                         r.code, SLICE_ARG(r.text), p.oddities);
            reply_parser_free(&p);
        }
    }
}

static void reads_one_reply_after_the_other(void **state)
{
    (void)state;
    struct reply_parser p;
    struct reply r;
    struct slice in = SLICE("250 2.1.0 a\r\n550-b\r\n550 c\r\n250 d");
    reply_parser_init(&p, &heap);
    assert_int_equal(reply_parser_feed(&p, &in, &r), REPLY_DONE);
    assert_slice(r.text, "a");
    assert_false(reply_parser_in_reply(&p));
    assert_int_equal(reply_parser_feed(&p, &in, &r), REPLY_DONE);
    assert_slice(r.text, "b\nc");
    assert_int_equal(r.enhanced.class, 0);
    assert_int_equal(reply_parser_feed(&p, &in, &r), REPLY_MORE);
    assert_true(reply_parser_in_reply(&p));
    in = SLICE("\r\nx");
    assert_int_equal(reply_parser_feed(&p, &in, &r), REPLY_DONE);
    assert_slice(r.text, "d");
    assert_slice(in, "x");
    reply_parser_free(&p);
}

static void feed_times(struct reply_parser *p, struct slice bytes, int times, enum reply_read last)
{
    struct reply r;
    enum reply_read got = REPLY_MORE;
    for (int i = 0; i < times && got == REPLY_MORE; i++) {
        struct slice in = bytes;
        got = reply_parser_feed(p, &in, &r);
    }
    assert_int_equal(got, last);
}

static void is_bounded(void **state)
{
    (void)state;
    struct reply_parser p;
    struct reply r;
    struct slice end = SLICE("\r\n250 end\r\n");
    reply_parser_init(&p, &heap);
    feed_times(&p, SLICE("250-x"), 1, REPLY_MORE);
    feed_times(&p, SLICE("0123456789"), 2000, REPLY_MORE);
    assert_int_equal(reply_parser_feed(&p, &end, &r), REPLY_DONE);
    assert_true(p.oddities & REPLY_ODD_CUT);
    assert_int_equal(r.text.len, REPLY_READ_LINE_MAX - 4 + 4);
    feed_times(&p, SLICE("250-0123456789012345678901234567890123456789\r\n"), 800, REPLY_MORE);
    assert_true(p.text.len <= REPLY_READ_TEXT_MAX);
    feed_times(&p, SLICE("250-x\r\n"), 1000, REPLY_BAD);
    end = SLICE("250 good\r\n");
    assert_int_equal(reply_parser_feed(&p, &end, &r), REPLY_BAD);
    reply_parser_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_sample_at_every_split),
        cmocka_unit_test(reads_one_reply_after_the_other),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
