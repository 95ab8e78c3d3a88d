#include "dns/reverse.h"

#include "check.h"

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(slice_str(text), &ip));
    return ip;
}

static void asks_for_names(void **state)
{
    (void)state;
    static const struct {
        const char *ip, *want;
    } cases[] = {
        {"192.0.2.1", "1.2.0.192.in-addr.arpa"},
        {"2001:db8::567:89ab",
         "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[80];
        struct buf out;
        buf_init_fixed(&out, text, sizeof(text));
        dns_reverse_question(&out, ip_of(cases[i].ip));
        assert_false(out.failed);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

static void finds_the_address_in_an_answer(void **state)
{
    (void)state;
    struct slice records[] = {SLICE("\300\0\2\1"), SLICE("\300\0\2")};
    struct dns_answer answer = {.status = DNS_OK, .records = records, .count = 2};
    assert_true(dns_has_address(&answer, ip_of("192.0.2.1")));
    assert_false(dns_has_address(&answer, ip_of("192.0.2.2")));
    assert_false(dns_has_address(&answer, ip_of("c000:201::")));
    answer.status = DNS_FAILED;
    assert_false(dns_has_address(&answer, ip_of("192.0.2.1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asks_for_names),
                                       cmocka_unit_test(finds_the_address_in_an_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
