#include "dns/record.h"

#include "check.h"
#include "system/heap.h"

#define WIRE(literal) SLICE_INIT(literal)

static void reads_mx_records(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice in;
        bool ok;
        uint16_t preference;
        const char *host;
    } cases[] = {
        {"plain", WIRE("\0\012\3mx1\7example\3org\0"), true, 10, "mx1.example.org"},
        {"null MX", WIRE("\0\0\0"), true, 0, ""},
        {"underscore", WIRE("\1\0\2_x\3org\0"), true, 256, "_x.org"},
        {"no end", WIRE("\0\012\3mx1\7example\3org"), false, 0, NULL},
        {"label past the end", WIRE("\0\012\77mx1"), false, 0, NULL},
        {"compression pointer", WIRE("\0\012\300\014"), false, 0, NULL},
        {"bytes behind", WIRE("\0\012\2mx\0x"), false, 0, NULL},
        {"a space in the name", WIRE("\0\012\3m x\0"), false, 0, NULL},
        {"a NUL in the name", WIRE("\0\012\3m\0x\0"), false, 0, NULL},
        {"too short", WIRE("\0\012"), false, 0, NULL},
        {"nothing", WIRE(""), false, 0, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena arena;
        struct dns_mx mx;
        arena_init(&arena, &heap, 4096);
        bool ok = dns_mx_read(cases[i].in, &arena, &mx);
        if (ok != cases[i].ok)
            fail_msg("%s", cases[i].name);
        if (ok) {
            assert_int_equal(mx.preference, cases[i].preference);
            assert_slice(mx.host, cases[i].host);
        }
        arena_reset(&arena);
    }
}

static void refuses_names_over_255_bytes(void **state)
{
    (void)state;
    char wire[2 + 300];
    struct arena arena;
    struct dns_mx mx;
    memset(wire, 0, sizeof(wire));
    for (size_t at = 2; at < 2 + 5 * 60; at += 60) {
        wire[at] = 59;
        memset(wire + at + 1, 'a', 59);
    }
    arena_init(&arena, &heap, 4096);
    wire[2 + 4 * 60] = 0;
    assert_true(dns_mx_read(slice_of(wire, 2 + 4 * 60 + 1), &arena, &mx));
    wire[2 + 4 * 60] = 59;
    assert_false(dns_mx_read(slice_of(wire, sizeof(wire)), &arena, &mx));
    arena_reset(&arena);
}

static void takes_names_that_a_host_can_have(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name; /* NULL: no host's */
    } cases[] = {
        {"mx.example.org.", "mx.example.org"},
        {"mx.example.org", "mx.example.org"},
        {"_x-1.org.", "_x-1.org"},
        {"org.", "org"},
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {".org.", NULL},
        {"a..org.", NULL},
        {"a.org..", NULL},
        {"a b.org.", NULL},
        {"a\\032b.org.", NULL},
    };
    struct slice name;
    char longest[300];
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(dns_host_clean(slice_str(cases[i].text), &name), cases[i].name != NULL);
        if (cases[i].name)
            assert_slice(name, cases[i].name);
    }
    assert_true(dns_host_clean(slice_of(longest, 63), &name));
    assert_false(dns_host_clean(slice_of(longest, 64), &name));
    for (size_t at = 49; at < sizeof(longest); at += 50)
        longest[at] = '.';
    assert_true(dns_host_clean(slice_of(longest, 253), &name));
    assert_false(dns_host_clean(slice_of(longest, 254), &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_mx_records),
        cmocka_unit_test(refuses_names_over_255_bytes),
        cmocka_unit_test(takes_names_that_a_host_can_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
