#include "dns/idn.h"

#include "check.h"
#include "system/heap.h"

static void one_name_has_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *ascii;
    } cases[] = {
        {"", ""},
        {"Example.ORG", "Example.ORG"}, /* ASCII is compared without regard to case */
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"B\xc3\x9c"
         "CHER.example",
         "xn--bcher-kva.example"},
        {"bu\xcc\x88"
         "cher.example",
         "xn--bcher-kva.example"}, /* u and a combining diaeresis */
        {"b\xc3\xbc"
         "cher\xe3\x80\x82"
         "example",
         "xn--bcher-kva.example"}, /* U+3002 is a dot */
        {"stra\xc3\x9f"
         "e.example",
         "xn--strae-oqa.example"},
        {"\xe4\xbe\x8b\xe3\x81\x88.example", "xn--r8jz45g.example"},
        {"[192.0.2.1]", "[192.0.2.1]"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char storage[300];
        struct buf out;
        buf_init_fixed(&out, storage, sizeof(storage));
        assert_true(idn_add_domain(&out, slice_str(cases[i].typed)));
        assert_slice(buf_slice(&out), cases[i].ascii);
    }
}

static void what_no_name_may_hold_is_none(void **state)
{
    (void)state;
    static const struct slice wrong[] = {
        SLICE_INIT("\xe2\x98\x83.example"), /* a symbol */
        SLICE_INIT("\xcc\x88"
                   "a.example"),           /* begins with a combining mark */
        SLICE_INIT("a\xc3.example"),       /* no UTF-8 */
        SLICE_INIT("\xc3\xbc\0x.example"), /* ends too early for C */
        SLICE_INIT("\xd7\x90"
                   "a.example"), /* from both directions */
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char storage[300];
        struct buf out;
        buf_init_fixed(&out, storage, sizeof(storage));
        if (idn_add_domain(&out, wrong[i]))
            fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&out)));
    }
}

static void says_when_it_does_not_fit(void **state)
{
    (void)state;
    char storage[10], label[500];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    assert_false(idn_add_domain(&out, SLICE("b\xc3\xbc"
                                            "cher.example")));
    for (size_t i = 0; i < sizeof(label); i++)
        label[i] = (char)(i % 2 ? 0xbc : 0xc3); /* U+00FC, again and again */
    buf_init(&out, &heap, 10000);
    assert_false(idn_add_domain(&out, slice_of(label, sizeof(label))));
    buf_free(&out);
}

static void an_address_keeps_its_local_part(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *ascii;
    } cases[] = {
        {"\xc3\xa4nne@b\xc3\xbc"
         "cher.example",
         "\xc3\xa4nne@xn--bcher-kva.example"},
        {"\"a@b\"@b\xc3\xbc"
         "cher.example",
         "\"a@b\"@xn--bcher-kva.example"},
        {"Alice@example.org", "Alice@example.org"},
        {"postmaster", "postmaster"},
        {"\xc3\xa4nne", "\xc3\xa4nne"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char storage[300];
        struct buf out;
        buf_init_fixed(&out, storage, sizeof(storage));
        assert_true(idn_add_address(&out, slice_str(cases[i].typed)));
        assert_slice(buf_slice(&out), cases[i].ascii);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_name_has_one_form),
        cmocka_unit_test(what_no_name_may_hold_is_none),
        cmocka_unit_test(says_when_it_does_not_fit),
        cmocka_unit_test(an_address_keeps_its_local_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
