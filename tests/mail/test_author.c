#include "mail/author.h"

#include "check.h"

static void finds_the_domain(void **state)
{
    static const struct {
        const char *from, *domain;
    } t[] = {
        {" alice@example.org", "example.org"},
        {" Alice <alice@Example.org>", "Example.org"},
        {" \"a@evil.test\" <alice@example.org>", "example.org"},
        {" \"quote \\\" <a@evil.test>\" <alice@example.org>", "example.org"},
        {" a@evil.test <alice@example.org>", "example.org"},
        {" (x@evil.test (nested) \\) still) alice@example.org (y@evil.test)", "example.org"},
        {" \"odd@local\"@example.org", "example.org"},
        {" alice@example.org, bob@evil.test", "example.org"},
        {" Group: alice@example.org, bob@evil.test;", "example.org"},
        {"\r\n <alice@\r\n example.org>", "example.org"},
        {" <alice@example.org> <b@evil.test>", "example.org"},
        {" nobody", NULL},
        {"", NULL},
        {" Undisclosed:;", NULL},
        {" <alice@>", NULL},
        {" alice@exa mple..org", NULL},
        {" <alice@-;->", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        char storage[400];
        struct slice domain = SLICE("");
        bool found = author_domain(slice_str(t[i].from), storage, sizeof(storage), &domain);
        if (found != (t[i].domain != NULL))
            print_error("«%s»\n", t[i].from);
        assert_int_equal(found, t[i].domain != NULL);
        if (found)
            assert_slice(domain, t[i].domain);
    }
}

static void an_address_without_end_is_none(void **state)
{
    char from[1000], storage[100];
    struct slice domain;
    (void)state;
    memset(from, 'a', sizeof(from));
    from[500] = '@';
    assert_false(author_domain(slice_of(from, sizeof(from)), storage, sizeof(storage), &domain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_domain),
        cmocka_unit_test(an_address_without_end_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
