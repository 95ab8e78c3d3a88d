#include "policy/sender_domain.h"

#include "check.h"

static void judges_answers(void **state)
{
    (void)state;
    const struct slice null_mx = SLICE("\0\0\0"), mx = SLICE("\0\12\1x\0");
    const struct {
        const char *name;
        enum dns_type type;
        enum dns_status status;
        struct slice records[2];
        size_t count;
        enum sender_domain want;
        enum dns_type next;
    } cases[] = {
        {"a mail exchanger", DNS_MX, DNS_OK, {mx}, 1, SENDER_DOMAIN_FINE, 0},
        {"null MX", DNS_MX, DNS_OK, {null_mx}, 1, SENDER_DOMAIN_NULL_MX, 0},
        {"null MX beside another", DNS_MX, DNS_OK, {null_mx, mx}, 2, SENDER_DOMAIN_FINE, 0},
        {"no MX", DNS_MX, DNS_NO_DATA, {{0}}, 0, SENDER_DOMAIN_ASKING, DNS_A},
        {"no A", DNS_A, DNS_NO_DATA, {{0}}, 0, SENDER_DOMAIN_ASKING, DNS_AAAA},
        {"no AAAA", DNS_AAAA, DNS_NO_DATA, {{0}}, 0, SENDER_DOMAIN_WITHOUT_MAIL, 0},
        {"an address", DNS_A, DNS_OK, {null_mx}, 1, SENDER_DOMAIN_FINE, 0},
        {"no such name", DNS_MX, DNS_NO_NAME, {{0}}, 0, SENDER_DOMAIN_ABSENT, 0},
        {"a failure", DNS_MX, DNS_FAILED, {{0}}, 0, SENDER_DOMAIN_UNKNOWN, 0},
        {"no answer", DNS_MX, DNS_TIMED_OUT, {{0}}, 0, SENDER_DOMAIN_UNKNOWN, 0},
        {"a forged answer", DNS_A, DNS_BOGUS, {{0}}, 0, SENDER_DOMAIN_UNKNOWN, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct slice records[2] = {cases[i].records[0], cases[i].records[1]};
        struct dns_answer answer = {
            .status = cases[i].status, .records = records, .count = cases[i].count};
        enum dns_type next = 0;
        if (sender_domain_judge(cases[i].type, &answer, &next) != cases[i].want ||
            next != cases[i].next)
            fail_msg("%s", cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
