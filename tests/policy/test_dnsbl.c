#include "policy/dnsbl.h"

#include "check.h"

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(slice_str(text), &ip));
    return ip;
}

static void asks_for_the_address_backwards(void **state)
{
    (void)state;
    static const struct {
        const char *client, *want;
    } cases[] = {
        {"192.0.2.1", "1.2.0.192.list.example"},
        {"::ffff:192.0.2.1", "1.2.0.192.list.example"},
        {"2001:db8:1:2:3:4:567:89ab",
         "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.list.example"},
    };
    const struct dnsbl list = {.zone = SLICE("list.example")};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char name[DNSBL_NAME_MAX];
        struct buf out;
        buf_init_fixed(&out, name, sizeof(name));
        dnsbl_question(&list, ip_of(cases[i].client), &out);
        assert_false(out.failed);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

static void judges_answers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum dns_status status;
        struct slice records[2];
        size_t count;
        enum dnsbl_verdict want;
    } cases[] = {
        {"no such name", DNS_NO_NAME, {{0}}, 0, DNSBL_ABSENT},
        {"no such record", DNS_NO_DATA, {{0}}, 0, DNSBL_ABSENT},
        {"a failure", DNS_FAILED, {{0}}, 0, DNSBL_UNKNOWN},
        {"no answer", DNS_TIMED_OUT, {{0}}, 0, DNSBL_UNKNOWN},
        {"a forged answer", DNS_BOGUS, {{0}}, 0, DNSBL_UNKNOWN},
        {"listed", DNS_OK, {SLICE_INIT("\177\000\000\002")}, 1, DNSBL_LISTED},
        {"the second counts",
         DNS_OK,
         {SLICE_INIT("\177\000\000\011"), SLICE_INIT("\177\000\000\004")},
         2,
         DNSBL_LISTED},
        {"another code", DNS_OK, {SLICE_INIT("\177\000\000\011")}, 1, DNSBL_ABSENT},
        {"query refused", DNS_OK, {SLICE_INIT("\177\377\377\376")}, 1, DNSBL_UNUSABLE},
        {"refused beside a listing",
         DNS_OK,
         {SLICE_INIT("\177\000\000\002"), SLICE_INIT("\177\377\377\374")},
         2,
         DNSBL_UNUSABLE},
        {"the domain was sold", DNS_OK, {SLICE_INIT("\012\000\000\002")}, 1, DNSBL_UNUSABLE},
        {"127.0.0.1", DNS_OK, {SLICE_INIT("\177\000\000\001")}, 1, DNSBL_UNUSABLE},
        {"no address", DNS_OK, {{"\177\0", 2}}, 1, DNSBL_ABSENT},
    };
    struct cidr codes[2];
    const char *what;
    assert_true(cidr_parse(SLICE("127.0.0.2"), &codes[0], &what));
    assert_true(cidr_parse(SLICE("127.0.0.4/30"), &codes[1], &what));
    const struct dnsbl list = {.zone = SLICE("list.example"), .codes = codes, .count = 2};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct slice records[2] = {cases[i].records[0], cases[i].records[1]};
        struct dns_answer answer = {
            .status = cases[i].status, .records = records, .count = cases[i].count};
        struct ip code;
        if (dnsbl_judge(&list, &answer, &code) != cases[i].want)
            fail_msg("%s", cases[i].name);
        assert_int_equal(code.family == IP_V4,
                         cases[i].want == DNSBL_LISTED || cases[i].want == DNSBL_UNUSABLE);
    }
}

static void puts_the_address_into_the_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *want;
    } cases[] = {
        {"https://a.example/?ip={ip}&x=1", "https://a.example/?ip=192.0.2.1&x=1"},
        {"https://a.example/", "https://a.example/"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct dnsbl list = {.url = slice_str(cases[i].url)};
        char text[100];
        struct buf out;
        buf_init_fixed(&out, text, sizeof(text));
        dnsbl_url(&list, SLICE("192.0.2.1"), &out);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asks_for_the_address_backwards),
                                       cmocka_unit_test(judges_answers),
                                       cmocka_unit_test(puts_the_address_into_the_url)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
