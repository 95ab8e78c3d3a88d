#include "base/crc32c.h"

#include "check.h"

static void gives_the_published_values(void **state)
{
    (void)state;
    char zeros[32] = {0};
    assert_int_equal(crc32c(0, SLICE("123456789")), 0xe3069283);
    assert_int_equal(crc32c(0, slice_of(zeros, 32)), 0x8a9136aa); /* RFC 3720 B.4 */
    assert_int_equal(crc32c(crc32c(0, SLICE("1234")), SLICE("56789")), 0xe3069283);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gives_the_published_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
