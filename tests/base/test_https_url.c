#include "base/https_url.h"

#include "check.h"

static void reads(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
        const char *path;
    } cases[] = {
        {"https://login.example.org", "login.example.org", 443, "/"},
        {"HTTPS://login.example.org/", "login.example.org", 443, "/"},
        {"https://login.example.org:8443/a/b?c=d:e/f", "login.example.org", 8443, "/a/b?c=d:e/f"},
        {"https://192.0.2.1:1/x", "192.0.2.1", 1, "/x"},
        {"https://[2001:db8::1]", "2001:db8::1", 443, "/"},
        {"https://[2001:db8::1]:65535/x", "2001:db8::1", 65535, "/x"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct https_url u;
        assert_true(https_url_read(slice_str(cases[i].text), &u));
        assert_slice(u.host, cases[i].host);
        assert_int_equal(u.port, cases[i].port);
        assert_slice(u.path, cases[i].path);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "https://",
                                        "https:///x",
                                        "http://a.test/",
                                        "a.test",
                                        "https://a.test:0/",
                                        "https://a.test:65536/",
                                        "https://a.test:/",
                                        "https://a.test:x/",
                                        "https://user:pw@a.test/",
                                        "https://a.test/ x",
                                        "https://a.test/\r\nX: y",
                                        "https://a.test/#x",
                                        "https://a_b.test/",
                                        "https://[::1",
                                        "https://[::1]x/",
                                        "https://[]/",
                                        "https://[a-b]/",
                                        "https://a.test?x"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct https_url u;
        if (https_url_read(slice_str(cases[i]), &u))
            fail_msg("%s was read", cases[i]);
    }
    char text[300] = "https://";
    struct https_url u;
    memset(text + 8, 'a', sizeof(text) - 8);
    assert_true(https_url_read(slice_of(text, 8 + 255), &u));
    assert_false(https_url_read(slice_of(text, 8 + 256), &u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
