#include "check.h"

#include "mail/address.h"
#include "system/heap.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define LOCAL64 LABEL63 "h"

struct path_case {
    const char *name;
    struct slice in;
    bool null_ok;
    const char *text; /* NULL: refused */
    size_t used;
};

static const struct path_case path_cases[] = {
    {"plain", SLICE_INIT("<user@example.org>"), true, "user@example.org", 18},
    {"followed by a parameter", SLICE_INIT("<a@b> SIZE=3"), true, "a@b", 5},
    {"null path", SLICE_INIT("<>"), true, "", 2},
    {"null path as recipient", SLICE_INIT("<>"), false, NULL, 0},
    {"postmaster", SLICE_INIT("<PostMaster> x"), false, "PostMaster", 12},
    {"postmaster as sender", SLICE_INIT("<postmaster>"), true, NULL, 0},
    {"no domain", SLICE_INIT("<user>"), false, NULL, 0},
    {"source route", SLICE_INIT("<@a.example,@b.example:u@c.example>"), false, "u@c.example", 35},
    {"route with literal", SLICE_INIT("<@[IPv6:::1]:u@c>"), false, "u@c", 17},
    {"route without end", SLICE_INIT("<@a.example>"), false, NULL, 0},
    {"route without domain", SLICE_INIT("<@:u@c>"), false, NULL, 0},
    {"route with a gap", SLICE_INIT("<@a,,@b:u@c>"), false, NULL, 0},
    {"route and nothing", SLICE_INIT("<@a:>"), false, NULL, 0},
    {"quoted", SLICE_INIT("<\"a b\"@example.org>"), false, "\"a b\"@example.org", 19},
    {"quoted bracket", SLICE_INIT("<\"a>b\"@example.org>"), false, "\"a>b\"@example.org", 19},
    {"quoted pair", SLICE_INIT("<\"a\\\"b\"@example.org>"), false, "\"a\\\"b\"@example.org", 20},
    {"empty quotes", SLICE_INIT("<\"\"@example.org>"), false, "\"\"@example.org", 16},
    {"quotes not closed", SLICE_INIT("<\"a@example.org>"), false, NULL, 0},
    {"backslash at the end", SLICE_INIT("<\"a>\\"), false, NULL, 0},
    {"text behind quotes", SLICE_INIT("<\"a\"b@example.org>"), false, NULL, 0},
    {"dot first", SLICE_INIT("<.a@example.org>"), false, NULL, 0},
    {"dot last", SLICE_INIT("<a.@example.org>"), false, NULL, 0},
    {"two dots", SLICE_INIT("<a..b@example.org>"), false, NULL, 0},
    {"dots", SLICE_INIT("<a.b.c@example.org>"), false, "a.b.c@example.org", 19},
    {"space", SLICE_INIT("<a b@example.org>"), false, NULL, 0},
    {"two ats", SLICE_INIT("<a@b@example.org>"), false, NULL, 0},
    {"all marks", SLICE_INIT("<!#$%&'*+-/=?^_`{|}~@a>"), false, "!#$%&'*+-/=?^_`{|}~@a", 23},
    {"not closed", SLICE_INIT("<a@example.org"), false, NULL, 0},
    {"not opened", SLICE_INIT("a@example.org>"), false, NULL, 0},
    {"only opened", SLICE_INIT("<"), true, NULL, 0},
    {"nothing", SLICE_INIT(""), true, NULL, 0},
    {"space inside", SLICE_INIT("< a@b>"), true, NULL, 0},
    {"NUL in local", SLICE_INIT("<a\0b@c>"), true, NULL, 0},
    {"NUL in domain", SLICE_INIT("<a@c\0d>"), true, NULL, 0},
    {"NUL in quotes", SLICE_INIT("<\"a\0b\"@c>"), true, NULL, 0},
    {"line end in domain", SLICE_INIT("<a@c\r\n>"), true, NULL, 0},
    {"utf-8",
     SLICE_INIT("<m\xc3\xbcller@b\xc3\xbc"
                "cher.example>"),
     true,
     "m\xc3\xbcller@b\xc3\xbc"
     "cher.example",
     25},
    {"latin 1", SLICE_INIT("<m\xfcller@example.org>"), true, NULL, 0},
    {"half a character", SLICE_INIT("<a@b\xc3>"), true, NULL, 0},
    {"C1 control", SLICE_INIT("<a\xc2\x9b@b>"), true, NULL, 0},
    {"local of 64", SLICE_INIT("<" LOCAL64 "@a>"), true, LOCAL64 "@a", 68},
    {"local of 65", SLICE_INIT("<" LOCAL64 "x@a>"), true, NULL, 0},
    {"address of 254",
     SLICE_INIT("<a@" LABEL63 "." LABEL63 "." LABEL63
                ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff>"),
     true,
     "a@" LABEL63 "." LABEL63 "." LABEL63
     ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff",
     256},
    {"address of 255",
     SLICE_INIT("<ab@" LABEL63 "." LABEL63 "." LABEL63
                ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff>"),
     true, NULL, 0},
};

static void parses_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(path_cases) / sizeof(*path_cases); i++) {
        const struct path_case *c = &path_cases[i];
        struct address a;
        struct err err = {0};
        size_t used;
        bool ok = address_parse_path(c->in, c->null_ok, &used, &a, &err);
        if (ok != (c->text != NULL))
            fail_msg("%s: got %d (%s)", c->name, ok, ok ? "" : err.what);
        if (!ok) {
            assert_non_null(err.what);
            continue;
        }
        if (used != c->used || !slice_eq(a.text, slice_str(c->text)))
            fail_msg("%s: got «%.*s», %zu bytes used", c->name, SLICE_ARG(a.text), used);
    }
}

static void parses_bare(void **state)
{
    (void)state;
    struct address a;
    assert_true(address_parse(SLICE("u.v@[IPv6:2001:db8::1]"), &a, NULL));
    assert_slice(a.local, "u.v");
    assert_slice(a.domain, "[IPv6:2001:db8::1]");
    assert_true(a.is_literal);
    assert_false(a.is_utf8);
    assert_true(address_parse(SLICE("\xc3\xbc@example.org"), &a, NULL));
    assert_true(a.is_utf8);
    assert_false(a.is_literal);
    static const struct slice bad[] = {
        SLICE_INIT(""),      SLICE_INIT("a"),       SLICE_INIT("a@"),   SLICE_INIT("@b"),
        SLICE_INIT("<a@b>"), SLICE_INIT("a@b>"),    SLICE_INIT(" a@b"), SLICE_INIT("a@b "),
        SLICE_INIT("a@b."),  SLICE_INIT("a@b\r\n"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (address_parse(bad[i], &a, NULL))
            fail_msg("«%.*s» was taken", SLICE_ARG(bad[i]));
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        struct slice in;
        const char *what;
    } cases[] = {
        {SLICE_INIT("<user>"), "the @ and the domain are missing"},
        {SLICE_INIT("<a..b@c>"), "two dots stand together before the @"},
        {SLICE_INIT("<a@>"), "there is nothing behind the @"},
        {SLICE_INIT("<a@b..c>"), "a part of the domain between dots is empty"},
        {SLICE_INIT("<a@b c>"), "the domain holds a character that no domain can have"},
        {SLICE_INIT("a@b"), "it must stand in < and >"},
        {SLICE_INIT("<a@b"), "the closing > is missing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct address a;
        struct err err = {0};
        size_t used;
        assert_false(address_parse_path(cases[i].in, false, &used, &a, &err));
        assert_string_equal(err.what, cases[i].what);
    }
}

static void copies_without_needless_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text, *local;
    } cases[] = {
        {"<a@b>", "a@b", "a"},
        {"<\"a.b\"@c>", "a.b@c", "a.b"},
        {"<\"\\a\\b\"@c>", "ab@c", "ab"},
        {"<\"a b\"@c>", "\"a b\"@c", "\"a b\""},
        {"<\"a\\ \\\"\\\\\"@c>", "\"a \\\"\\\\\"@c", "\"a \\\"\\\\\""},
        {"<\"a\\@b\"@c>", "\"a@b\"@c", "\"a@b\""},
        {"<\".a\"@c>", "\".a\"@c", "\".a\""},
        {"<\"\"@c>", "\"\"@c", "\"\""},
        {"<\"\xc3\xbc\"@c>", "\xc3\xbc@c", "\xc3\xbc"},
        {"<Postmaster>", "Postmaster", "Postmaster"},
    };
    struct arena arena;
    arena_init(&arena, &heap, 4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct address a;
        size_t used;
        assert_true(address_parse_path(slice_str(cases[i].path), false, &used, &a, NULL));
        struct slice domain = a.domain;
        assert_true(address_copy(&a, &arena));
        assert_slice(a.text, cases[i].text);
        assert_slice(a.local, cases[i].local);
        assert_true(slice_eq(a.domain, domain) && a.text.at[a.text.len] == '\0');
    }
    arena_reset(&arena);
    arena_init(&arena, &heap, 0);
    struct address none = {.text = SLICE("a@b"), .local = SLICE("a"), .domain = SLICE("b")};
    assert_false(address_copy(&none, &arena));
}

static void checks_domains(void **state)
{
    (void)state;
    static const struct slice good[] = {
        SLICE_INIT("localhost"),
        SLICE_INIT("mx1.example.org"),
        SLICE_INIT("a_b.example"),
        SLICE_INIT("xn--bcher-kva.example"),
        SLICE_INIT("b\xc3\xbc"
                   "cher.example"),
        SLICE_INIT("1.example"),
        SLICE_INIT(LABEL63 ".org"),
        SLICE_INIT("[192.0.2.1]"),
        SLICE_INIT("[255.255.255.255]"),
        SLICE_INIT("[ipv6:::]"),
        SLICE_INIT("[IPv6:::1]"),
        SLICE_INIT("[IPv6:1:2:3:4:5:6:7:8]"),
        SLICE_INIT("[IPv6:::ffff:192.0.2.1]"),
        SLICE_INIT("[IPv6:1:2:3:4:5:6:192.0.2.1]"),
        SLICE_INIT("[IPv6:2001:db8::]"),
    };
    static const struct slice bad[] = {
        SLICE_INIT(""),
        SLICE_INIT("."),
        SLICE_INIT("a."),
        SLICE_INIT(".a"),
        SLICE_INIT("a..b"),
        SLICE_INIT("-a"),
        SLICE_INIT("a-.b"),
        SLICE_INIT("a b"),
        SLICE_INIT("a/b"),
        SLICE_INIT("a\0b"),
        SLICE_INIT(LABEL63 "h.org"),
        SLICE_INIT("[192.0.2]"),
        SLICE_INIT("[192.0.2.256]"),
        SLICE_INIT("[192.0.2.1.]"),
        SLICE_INIT("[192.0.2.1"),
        SLICE_INIT("192.0.2.1]"),
        SLICE_INIT("[1.2.3.4.5]"),
        SLICE_INIT("[1.2.3.0004]"),
        SLICE_INIT("[]"),
        SLICE_INIT("["),
        SLICE_INIT("[IPv6:]"),
        SLICE_INIT("[IPv6:1:2:3:4:5:6:7]"),
        SLICE_INIT("[IPv6:1:2:3:4:5:6:7:8:9]"),
        SLICE_INIT("[IPv6:1::2::3]"),
        SLICE_INIT("[IPv6:12345::]"),
        SLICE_INIT("[IPv6:g::]"),
        SLICE_INIT("[IPv6:1:2:3:4:5:6:7::8]"),
        SLICE_INIT("[IPv6:192.0.2.1::]"),
        SLICE_INIT("[IPv6::1]"),
        SLICE_INIT("[IPv6:1:]"),
        SLICE_INIT("[x25:123]"),
        SLICE_INIT("[2001:db8::1]"),
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        if (!domain_is_valid(good[i]))
            fail_msg("«%.*s» was refused", SLICE_ARG(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (domain_is_valid(bad[i]))
            fail_msg("«%.*s» was taken", SLICE_ARG(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_paths),       cmocka_unit_test(parses_bare),
        cmocka_unit_test(says_what_is_wrong), cmocka_unit_test(copies_without_needless_quotes),
        cmocka_unit_test(checks_domains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
