#include "base/nearest.h"

#include "check.h"

static void counts_typing_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"hostname", "hostname", 0},
        {"Hostname", "hostname", 0},
        {"hostnam", "hostname", 1},
        {"hsotname", "hostname", 1},
        {"hostnames", "hostname", 1},
        {"hastname", "hostname", 1},
        {"", "abc", 3},
        {"kitten", "sitting", 3},
        {"abc", "", 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(nearest_distance(slice_str(cases[i].a), slice_str(cases[i].b)),
                         cases[i].distance);
}

static void takes_the_nearest_and_nothing_far(void **state)
{
    (void)state;
    size_t best = SIZE_MAX;
    assert_false(nearest_improves(SLICE("smarthost"), SLICE("hostname"), &best));
    assert_true(nearest_improves(SLICE("retrymost"), SLICE("retry-most"), &best));
    assert_false(nearest_improves(SLICE("retrymost"), SLICE("retry-moss"), &best));
    char much[NEAREST_NAME_MAX + 1] = {0};
    struct slice too_long = slice_of(much, sizeof(much));
    best = SIZE_MAX;
    assert_false(nearest_improves(too_long, too_long, &best));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_typing_mistakes),
        cmocka_unit_test(takes_the_nearest_and_nothing_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
