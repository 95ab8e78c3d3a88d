#include "mail/tls_report.h"

#include "check.h"
#include "system/heap.h"

static void count_at(struct tls_report_policy *p, enum tls_report_result result, const char *host)
{
    tls_report_note(p, result, slice_str(host));
}

static void says_what_became_of_connections(void **state)
{
    static struct tls_report_policy policies[TLS_POLICY_TYPES];
    const struct tls_report r = {.hostname = SLICE("mx.here.test"),
                                 .domain = SLICE("there.example"),
                                 .id = SLICE("1.2"),
                                 .begin = INT64_C(1795737600000),
                                 .end = INT64_C(1795823999999),
                                 .policies = policies};
    struct buf out;
    (void)state;
    count_at(&policies[TLS_POLICY_STS], TLS_RESULT_GOOD, "mx1.there.example");
    count_at(&policies[TLS_POLICY_STS], TLS_RESULT_EXPIRED, "mx1.there.example");
    count_at(&policies[TLS_POLICY_STS], TLS_RESULT_EXPIRED, "MX1.there.example");
    count_at(&policies[TLS_POLICY_STS], TLS_RESULT_EXPIRED, "mx2.there.example");
    count_at(&policies[TLS_POLICY_NONE], TLS_RESULT_GOOD, "mx1.there.example");
    buf_init(&out, &heap, 10000);
    tls_report_write_json(&out, &r);
    assert_slice(
        buf_slice(&out),
        "{\"organization-name\":\"mx.here.test\",\"date-range\":{\"start-datetime\":"
        "\"2026-11-27T00:00:00.000Z\",\"end-datetime\":\"2026-11-27T23:59:59.000Z\"},"
        "\"contact-info\":\"postmaster@mx.here.test\",\"report-id\":\"1.2\",\"policies\":["
        "{\"policy\":{\"policy-type\":\"no-policy-found\",\"policy-domain\":\"there.example\"},"
        "\"summary\":{\"total-successful-session-count\":1,\"total-failure-session-count\":0}},"
        "{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"there.example\"},"
        "\"summary\":{\"total-successful-session-count\":1,\"total-failure-session-count\":3},"
        "\"failure-details\":[{\"result-type\":\"certificate-expired\",\"receiving-mx-hostname\":"
        "\"mx1.there.example\",\"failed-session-count\":2},{\"result-type\":"
        "\"certificate-expired\",\"receiving-mx-hostname\":\"mx2.there.example\","
        "\"failed-session-count\":1}]}]}");
    buf_free(&out);
}

static void failures_are_counted_though_not_all_are_told(void **state)
{
    static struct tls_report_policy p;
    char host[2] = "a";
    (void)state;
    for (int i = 0; i < 20; i++, host[0]++)
        count_at(&p, TLS_RESULT_INVALID, host);
    assert_int_equal(p.bad, 20);
    assert_int_equal(p.count, TLS_REPORT_FAILURES);
}

static void finds_the_addresses(void **state)
{
    static const struct {
        const char *text, *found; /* each with a space behind it */
    } t[] = {
        {"v=TLSRPTv1; rua=mailto:tls@there.example", "tls@there.example "},
        {"v=TLSRPTv1;rua=mailto:a@b.test,https://x.test/,MAILTO:c@d.test?x=y;",
         "a@b.test c@d.test "},
        {"v=TLSRPTv1; rua=https://x.test/", ""},
        {"v=TLSRPTv1; rua=mailto:a@b.test>\r\nRCPT TO:<x@y.test", ""},
        {"v=TLSRPTv1;", ""},
        {"v=TLSRPTv2; rua=mailto:a@b.test", ""},
        {"v=spf1 -all", ""},
        {"v=", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        char storage[200];
        struct buf found;
        struct slice rest = slice_str(t[i].text), address;
        buf_init_fixed(&found, storage, sizeof(storage));
        while (tls_report_next_address(&rest, &address))
            buf_addf(&found, "%.*s ", SLICE_ARG(address));
        assert_slice(buf_slice(&found), t[i].found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_became_of_connections),
        cmocka_unit_test(failures_are_counted_though_not_all_are_told),
        cmocka_unit_test(finds_the_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
