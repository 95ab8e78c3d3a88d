#include "mail/maildirsize.h"

#include "check.h"

static void adds_up_what_came_and_went(void **state)
{
    (void)state;
    struct maildirsize s;
    assert_true(maildirsize_read(SLICE("1000S,10C\n300 2\n200 1\n-100 -1\n"), &s));
    assert_int_equal(s.bytes_most, 1000);
    assert_int_equal(s.count_most, 10);
    assert_int_equal(s.bytes, 400);
    assert_int_equal(s.count, 2);
    assert_true(maildirsize_read(SLICE("5C\n"), &s));
    assert_int_equal(s.bytes_most, 0);
    assert_int_equal(s.count_most, 5);
    assert_true(maildirsize_read(SLICE("5S\n-7 -7\n"), &s));
    assert_int_equal(s.bytes, 0);
    assert_int_equal(s.count, 0);
    assert_true(maildirsize_read(SLICE("5S\n1125899906842624 1\n1125899906842624 1\n"), &s));
    assert_int_equal(s.bytes, (uint64_t)1 << 50);
}

static void refuses_what_is_no_such_file(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "5X\n",
                                        "S\n",
                                        "5\n",
                                        "5S\n1\n",
                                        "5S\nx 1\n",
                                        "5S\n1 -\n",
                                        "-5S\n",
                                        "5S,,1C\n",
                                        "5S\n--1 1\n",
                                        "99999999999999999999S\n",
                                        "5S\n9999999999999999999 1\n"};
    struct maildirsize s;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (maildirsize_read(slice_str(wrong[i]), &s))
            fail_msg("taken: %s", wrong[i]);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    char storage[100];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    maildirsize_write(&out, &(struct maildirsize){1000, 10, 400, 2});
    maildirsize_write_delivery(&out, 50);
    assert_slice(buf_slice(&out), "1000S,10C\n400 2\n50 1\n");
}

static void knows_sizes_by_names(void **state)
{
    (void)state;
    uint64_t bytes;
    assert_true(maildirsize_of_name(SLICE("1.M2P3.host,S=1234:2,S"), &bytes));
    assert_int_equal(bytes, 1234);
    assert_true(maildirsize_of_name(SLICE("1.host,S=5,W=6"), &bytes));
    assert_int_equal(bytes, 5);
    assert_false(maildirsize_of_name(SLICE("1.host:2,S"), &bytes));
    assert_false(maildirsize_of_name(SLICE("1.host,S=x"), &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_what_came_and_went),
        cmocka_unit_test(refuses_what_is_no_such_file),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(knows_sizes_by_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
