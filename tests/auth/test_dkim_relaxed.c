#include "auth/dkim_relaxed.h"

#include "check.h"

static char storage[8192];
static struct buf out;

static void sink(void *ctx, struct slice bytes)
{
    assert_true(bytes.len > 0);
    buf_add(ctx, bytes);
}

/* The body in two pieces, cut at `cut`. */
static struct slice relax_body(struct slice in, size_t cut)
{
    struct dkim_body b;
    buf_init_fixed(&out, storage, sizeof(storage));
    dkim_body_begin(&b, sink, &out);
    dkim_body_add(&b, slice_head(in, cut));
    dkim_body_add(&b, slice_from(in, cut));
    dkim_body_end(&b);
    return buf_slice(&out);
}

static void relaxes_fields(void **state)
{
    static const struct {
        const char *in, *out;
    } t[] = {
        {"A: X\r\n", "a:X"}, /* RFC 6376 3.4.5 */
        {"B : Y\t\r\n\tZ  \r\n", "b:Y Z"},
        {"SUBJect: AbC\r\n", "subject:AbC"},
        {"Subject: no line end", "subject:no line end"},
        {"X:", "x:"},
        {"X: \t \r\n \r\n", "x:"},
        {"X:a\r\n  b\tc \r\n\td", "x:a b c d"},
        {"X: a:b", "x:a:b"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        buf_init_fixed(&out, storage, sizeof(storage));
        dkim_relax_field(&out, slice_str(t[i].in));
        assert_slice(buf_slice(&out), t[i].out);
    }
}

static void relaxes_bodies_wherever_they_are_cut(void **state)
{
    static const struct {
        const char *in, *out;
    } t[] = {
        {" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"}, /* RFC 6376 3.4.5 */
        {"", ""},
        {"\r\n", ""},
        {"\r\n\r\n \t\r\n", ""},
        {"a", "a\r\n"},
        {"a\r", "a\r\n"}, /* what the client makes of it on the wire */
        {"a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
        {"a \r\n \r\n\tb", "a\r\n\r\n b\r\n"},
        {"a\rb\nc\r\r\nd", "a\rb\nc\r\r\nd\r\n"},
        {"a \r b", "a \r b\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
        for (size_t cut = 0; cut <= strlen(t[i].in); cut++)
            assert_slice(relax_body(slice_str(t[i].in), cut), t[i].out);
}

static void bodies_larger_than_its_memory(void **state)
{
    char in[5000];
    (void)state;
    memset(in, 'x', sizeof(in));
    assert_int_equal(relax_body(slice_of(in, sizeof(in)), 1500).len, sizeof(in) + 2);
    assert_memory_equal(storage, in, sizeof(in));
}

/* RFC 6376 3.4.3, with the empty body that is one line end. */
static void keeps_blanks_in_the_simple_form(void **state)
{
    (void)state;
    static const char *const bodies[][2] = {{"", "\r\n"},
                                            {"\r\n\r\n", "\r\n"},
                                            {" a  b \t\r\n\r\n\r\n", " a  b \t\r\n"},
                                            {" \r\n", " \r\n"},
                                            {"\r\n\r\na", "\r\n\r\na\r\n"}};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        struct dkim_body b;
        buf_init_fixed(&out, storage, sizeof(storage));
        dkim_body_begin_simple(&b, sink, &out);
        dkim_body_add(&b, slice_str(bodies[i][0]));
        dkim_body_end(&b);
        assert_slice(buf_slice(&out), bodies[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relaxes_fields),
        cmocka_unit_test(relaxes_bodies_wherever_they_are_cut),
        cmocka_unit_test(bodies_larger_than_its_memory),
        cmocka_unit_test(keeps_blanks_in_the_simple_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
