#include "deliver/sign.h"

#include "check.h"

static void the_nearest_domain_signs(void **state)
{
    static struct sign_domain at[] = {
        {.name = SLICE_INIT("example.org")},
        {.name = SLICE_INIT("news.Example.org")},
        {.name = SLICE_INIT("other.test")},
    };
    static const struct sign_domains domains = {at, 3};
    static const struct {
        const char *author;
        int found; /* -1: none */
    } t[] = {
        {"example.org", 0},
        {"EXAMPLE.org", 0},
        {"a.example.org", 0},
        {"news.example.org", 1},
        {"b.a.news.example.org", 1},
        {"other.test", 2},
        {"notexample.org", -1},
        {"org", -1},
        {"", -1},
        {"example.org.evil.test", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
        assert_ptr_equal(sign_find(&domains, slice_str(t[i].author)),
                         t[i].found < 0 ? NULL : &at[t[i].found]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_domain_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
