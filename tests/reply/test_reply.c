#include "reply/reply.h"

#include "check.h"
#include "system/heap.h"

static struct arena arena;

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

static struct slice written(const struct reply *r)
{
    static char storage[1 << 16];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    reply_write(&out, r);
    assert_false(out.failed);
    return buf_slice(&out);
}

static void fills_in_its_arguments(void **state)
{
    (void)state;
    struct reply r = REPLY_MAKE(SITUATION_NO_SUCH_MAILBOX, &arena, SLICE("neko@example.org"));
    assert_slice(written(&r),
                 "550 5.1.1 There is no mailbox <neko@example.org> here; check the part "
                 "before the @ for a typing mistake\r\n");
    r = REPLY_MAKE(SITUATION_GREETING, &arena, SLICE("mx.example.org"));
    assert_slice(written(&r), "220 mx.example.org ESMTP Candor\r\n");
    r = reply_plain(SITUATION_NOOP);
    assert_slice(written(&r), "250 2.0.0 Ok\r\n");
}

static void missing_arguments_leave_no_hole(void **state)
{
    (void)state;
    struct reply r = reply_make(SITUATION_BYE, &arena, NULL, 0);
    assert_slice(written(&r), "221 2.0.0  closing connection\r\n");
}

static void makes_control_characters_harmless(void **state)
{
    (void)state;
    struct reply r =
        REPLY_MAKE(SITUATION_BYE, &arena, SLICE("a\r\n250 ok\x1b[2J\x7f\xc2\x9b\xff\xe2\x80\xae"));
    assert_slice(r.text, "a??250 ok?[2J????"
                         " closing connection");
    r.text = SLICE("one\r\ntwo\rthree\nfo\0ur");
    assert_slice(written(&r), "221-2.0.0 one\r\n221-2.0.0 two?three\r\n221 2.0.0 fo?ur\r\n");
}

static void cuts_long_arguments_between_characters(void **state)
{
    (void)state;
    char longer[400];
    for (size_t i = 0; i + 1 < sizeof(longer); i += 2)
        memcpy(longer + i, "\xc3\xa9", 2);
    struct reply r = REPLY_MAKE(SITUATION_BYE, &arena, slice_of(longer, sizeof(longer)));
    assert_int_equal(r.text.len, 320 + strlen("... closing connection"));
    assert_memory_equal(r.text.at + 318, "\xc3\xa9...", 5);
}

static void breaks_lines_at_a_space(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof(text));
    text[400] = ' ';
    struct reply r = reply_lines(SITUATION_HELP, slice_of(text, 1200));
    struct slice rest = written(&r), line;
    size_t total = 0, lines = 0;
    while (slice_line(&rest, &line)) {
        assert_true(line.len + 2 <= REPLY_LINE_MAX);
        assert_true(slice_starts(line, rest.len ? SLICE("214-2.0.0 ") : SLICE("214 2.0.0 ")));
        total += line.len - strlen("214-2.0.0 ");
        lines++;
        if (lines == 1)
            assert_int_equal(line.len, strlen("214-2.0.0 ") + 401);
    }
    assert_int_equal(lines, 3);
    assert_int_equal(total, 1200);
}

static void without_room_is_still_valid(void **state)
{
    (void)state;
    struct arena none;
    arena_init(&none, &heap, 0);
    struct reply r = REPLY_MAKE(SITUATION_BYE, &none, SLICE("mx"));
    assert_slice(written(&r), "221 2.0.0 {} closing connection\r\n");
    r.code = 0;
    assert_int_equal(written(&r).len, 0);
}

static void parses_enhanced_codes(void **state)
{
    static const struct {
        const char *text;
        bool good;
        struct enhanced e;
    } cases[] = {
        {"5.7.26", true, {5, 7, 26}},
        {"2.0.0", true, {2, 0, 0}},
        {"4.999.999", true, {4, 999, 999}},
        {"", false, {0}},
        {"5", false, {0}},
        {"5.", false, {0}},
        {"5.7", false, {0}},
        {"5.7.", false, {0}},
        {"5..1", false, {0}},
        {"3.0.0", false, {0}},
        {"5.1.1000", false, {0}},
        {"5.1.1 ", false, {0}},
        {" 5.1.1", false, {0}},
        {"55.1.1", false, {0}},
        {"5.1.1.1", false, {0}},
        {"5.1.-1", false, {0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct enhanced e = {0};
        if (enhanced_parse(slice_str(cases[i].text), &e) != cases[i].good ||
            !enhanced_eq(e, cases[i].e))
            fail_msg("«%s»", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_its_arguments),
        cmocka_unit_test(missing_arguments_leave_no_hole),
        cmocka_unit_test(makes_control_characters_harmless),
        cmocka_unit_test(cuts_long_arguments_between_characters),
        cmocka_unit_test(breaks_lines_at_a_space),
        cmocka_unit_test(without_room_is_still_valid),
        cmocka_unit_test(parses_enhanced_codes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
