#include "mail/mime.h"

#include "check.h"
#include "mails.h"
#include "system/heap.h"

enum { TEXT_BYTES = 1 << 16 };

static void walks_nested_parts_in_order(void **state)
{
    (void)state;
    static const char *const types[] = {"multipart/report", "multipart/alternative", "text/plain",
                                        "message/delivery-status", "message/rfc822"};
    struct mime_walk walk;
    struct mime_part part;
    mime_begin(&walk, slice_str(mail_exchange));
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        assert_true(mime_next(&walk, &part));
        assert_slice(part.type, types[i]);
    }
    assert_false(mime_next(&walk, &part));
}

static void decodes_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *header, *body, *want;
    } cases[] = {
        {"", "as it is\r\nline\rline\n", "as it is\nline\nline\n"},
        {"Content-Transfer-Encoding: quoted-printable\n",
         "a=3Db=\nc=\r\nd= \ne=XYf=", "a=bcde=XYf="},
        {"Content-Transfer-Encoding: Base64\n", "aGVs\nbG8=", "hello"},
        {"Content-Transfer-Encoding: base64\n", "a*G!V s", "hel"},
        {"Content-Transfer-Encoding: base64\n", "YQ0KYg0K", "a\nb\n"},
        {"Content-Type: text/plain; charset=iso-8859-1\n", "gr\xfc\xdf", "gr\xc3\xbc\xc3\x9f"},
        {"Content-Type: text/plain; charset=utf-8\n", "gr\xc3\xbc\xff", "gr\xc3\xbc?"},
        {"Content-Type: text/plain; charset=\"koi8-r\"\n", "a\xc1z", "a\xd0\xb0z"},
        {"Content-Type: text/plain; charset=iso-8859-1\n"
         "Content-Transfer-Encoding: quoted-printable\n",
         "=FCber",
         "\xc3\xbc"
         "ber"},
    };
    char storage[512], text[512];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct mime_walk walk;
        struct mime_part part;
        struct buf message, out;
        buf_init_fixed(&message, text, sizeof(text));
        buf_addf(&message, "%s\n%s", cases[i].header, cases[i].body);
        mime_begin(&walk, buf_slice(&message));
        assert_true(mime_next(&walk, &part));
        buf_init_fixed(&out, storage, sizeof(storage));
        mime_write_text(&out, &part);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

static void finds_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *body, *name, *want;
    } cases[] = {
        {"text/plain; charset=utf-8", "charset", "utf-8"},
        {"a/b;x=\"y;boundary=no\";\n\tBoundary=\"yes =\"", "boundary", "yes ="},
        {"a/b; x=\"a\\\"b\"; y=c", "y", "c"},
        {"a/b; boundary=open", "charset", ""},
        {"a/b; boundary=\"open", "boundary", "open"},
        {"a/b; boundary=\"open\\", "boundary", "open\\"},
        {"boundary=first", "boundary", ""},
        {"", "boundary", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_slice(mime_parameter(slice_str(cases[i].body), slice_str(cases[i].name)),
                     cases[i].want);
}

static size_t count_parts(struct slice message)
{
    struct mime_walk walk;
    struct mime_part part;
    size_t count = 0;
    mime_begin(&walk, message);
    while (mime_next(&walk, &part))
        count++;
    return count;
}

static void stops_at_its_bounds(void **state)
{
    (void)state;
    struct buf deep, wide;
    buf_init(&deep, &heap, TEXT_BYTES);
    buf_init(&wide, &heap, TEXT_BYTES);
    for (unsigned i = 0; i < 50; i++)
        buf_addf(&deep, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
    assert_int_equal(count_parts(buf_slice(&deep)), MIME_DEPTH_MAX + 1);
    buf_add_str(&wide, "Content-Type: multipart/mixed; boundary=b\n\n");
    for (unsigned i = 0; i < 500; i++)
        buf_add_str(&wide, "--b\n\nx\n");
    assert_int_equal(count_parts(buf_slice(&wide)), MIME_PARTS_MAX);
    buf_free(&deep);
    buf_free(&wide);
}

static void makes_all_line_ends_one(void **state)
{
    (void)state;
    struct arena arena;
    struct slice lines;
    arena_init(&arena, &heap, TEXT_BYTES);
    assert_true(mime_lines(SLICE("a\r\nb\rc\n\r\r\nd\r\r"), &arena, &lines));
    assert_slice(lines, "a\nb\nc\n\nd\n\n");
    arena_reset(&arena);
}

static void resolves_encoded_words(void **state)
{
    (void)state;
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"plain = text?", "plain = text?"},
        {"", ""},
        {"=?utf-8?Q?gr=C3=BC=C3=9Fe_an?= Ned", "gr\xc3\xbc\xc3\x9f"
                                               "e an Ned"},
        {"Re: =?ISO-8859-1?q?=FC?=  =?iso-8859-1*de?B?/A==?= =?", "Re: \xc3\xbc\xc3\xbc =?"},
        {"=?iso-2022-jp?B?GyRCJDMbKEI=?=", "\xe3\x81\x93"},
        {"a =?x?y?z?= b", "a =?x?y?z?= b"},
        {"=?utf-8?Q?cut", "=?utf-8?Q?cut"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char storage[200];
        struct buf out;
        buf_init_fixed(&out, storage, 3 * strlen(cases[i].value));
        mime_write_words(&out, slice_str(cases[i].value));
        assert_false(out.failed);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_nested_parts_in_order),
        cmocka_unit_test(decodes_bodies),
        cmocka_unit_test(finds_parameters),
        cmocka_unit_test(resolves_encoded_words),
        cmocka_unit_test(stops_at_its_bounds),
        cmocka_unit_test(makes_all_line_ends_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
