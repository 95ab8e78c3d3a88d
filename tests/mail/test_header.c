#include "mail/header.h"

#include "check.h"
#include "system/heap.h"

static const char message[] = "Received: from a\r\n\tby b; date\r\n"
                              "received : from c\r\n"
                              "Subject:\r\n =?utf-8?Q?folded?=\r\n  twice \r\n"
                              "Empty:\r\n"
                              "\r\n"
                              "Received: in the body\r\n";

static void reads_field_by_field(void **state)
{
    (void)state;
    static const struct {
        const char *name, *body;
    } want[] = {{"Received", " from a\r\n\tby b; date"},
                {"received", " from c"},
                {"Subject", "\r\n =?utf-8?Q?folded?=\r\n  twice "},
                {"Empty", ""}};
    struct slice rest = slice_str(message);
    struct header_field f;
    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
        assert_true(header_next(&rest, &f));
        assert_slice(f.name, want[i].name);
        assert_slice(f.body, want[i].body);
    }
    assert_slice(f.whole, "Empty:\r\n");
    assert_false(header_next(&rest, &f));
    assert_slice(rest, "\r\nReceived: in the body\r\n");
    assert_slice(slice_from(slice_str(message), header_body_at(slice_str(message))),
                 "Received: in the body\r\n");
}

static void finds_and_counts_in_any_case(void **state)
{
    (void)state;
    struct slice body, m = slice_str(message);
    assert_int_equal(header_count(m, SLICE("RECEIVED")), 2);
    assert_true(header_find(m, SLICE("received"), &body));
    assert_slice(body, " from a\r\n\tby b; date");
    assert_false(header_find(m, SLICE("To"), &body));
    struct buf b;
    buf_init(&b, &heap, 200);
    assert_true(header_find(m, SLICE("subject"), &body));
    header_unfold(&b, body);
    assert_slice(buf_slice(&b), "=?utf-8?Q?folded?=  twice");
    buf_free(&b);
}

static void ends_where_the_header_ends(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *section, *body;
    } cases[] = {
        {"nothing", "", "", ""},
        {"no body", "A: b\r\n", "A: b\r\n", ""},
        {"no line end", "A: b", "A: b", ""},
        {"LF alone", "A: b\n c\nD: e\n\nbody", "A: b\n c\nD: e\n", "body"},
        {"no empty line", "A: b\r\nHello there\r\n", "A: b\r\n", "Hello there\r\n"},
        {"only a body", "\r\nbody", "", "body"},
        {"begins with a fold", " A: b\r\n", "", " A: b\r\n"},
        {"no name", ": b\r\n\r\n", "", ": b\r\n\r\n"},
        {"white space line in a field", "A: b\r\n \r\nC: d\r\n\r\nx", "A: b\r\n \r\nC: d\r\n", "x"},
        {"8 bit name", "\xc3\xa4: b\r\n", "", "\xc3\xa4: b\r\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct slice in = slice_str(cases[i].in);
        print_message("# %s\n", cases[i].name);
        assert_slice(header_section(in), cases[i].section);
        assert_slice(slice_from(in, header_body_at(in)), cases[i].body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_field_by_field),
        cmocka_unit_test(finds_and_counts_in_any_case),
        cmocka_unit_test(ends_where_the_header_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
