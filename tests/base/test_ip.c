#include "base/ip.h"

#include "check.h"

static const char *text_of(struct ip ip)
{
    static char storage[IP_TEXT];
    struct buf b;
    buf_init_fixed(&b, storage, sizeof(storage) - 1);
    ip_write(&b, ip);
    storage[b.len] = '\0';
    return storage;
}

static void reads_and_writes_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; /* out NULL: not an address */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    /* RFC 5952 4.2.3: the first of equals */
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          /* the longest */
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* 4.2.2: not for one group */
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"", NULL},
        {"192.0.2", NULL},
        {"192.0.2.1.5", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2.01", NULL},
        {"192.0.2.1 ", NULL},
        {"192.0.2.", NULL},
        {":", NULL},
        {":::", NULL},
        {"1::2::3", NULL},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"1:2:3:4:5:6:7", NULL},
        {"1:2:3:4:5:6:7:8::", NULL},
        {"::1:2:3:4:5:6:7:8", NULL},
        {"12345::", NULL},
        {"::g", NULL},
        {"1.2.3.4::", NULL},
        {"::1.2.3.4:5", NULL},
        {"1:2:3:4:5:6:7:1.2.3.4", NULL},
        {"fe80::1%eth0", NULL},
        {"[::1]", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ip ip;
        bool done = ip_parse(slice_str(cases[i].in), &ip);
        if (done != (cases[i].out != NULL) || (done && strcmp(text_of(ip), cases[i].out) != 0))
            fail_msg("«%s»: %s", cases[i].in, done ? text_of(ip) : "refused");
    }
}

static void knows_what_a_network_holds(void **state)
{
    (void)state;
    static const struct {
        const char *net, *ip;
        bool is_in;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"0.0.0.0/0", "255.1.1.1", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"127.0.0.0/8", "::ffff:127.0.0.1", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cidr net;
        struct ip ip;
        const char *what;
        assert_true(cidr_parse(slice_str(cases[i].net), &net, &what));
        assert_true(ip_parse(slice_str(cases[i].ip), &ip));
        if (cidr_contains(net, ip) != cases[i].is_in)
            fail_msg("%s in %s", cases[i].ip, cases[i].net);
    }
}

static void refuses_what_is_no_network(void **state)
{
    (void)state;
    static const char *const cases[] = {"10.0.0.1/8", "10.0.0.0/33",    "::/129", "10.0.0.0/",
                                        "10.0.0.0/a", "2001:db8::1/32", "/8",     ""};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cidr net;
        const char *what = NULL;
        if (cidr_parse(slice_str(cases[i]), &net, &what) || !what)
            fail_msg("«%s» was taken", cases[i]);
    }
}

static void reads_and_writes_endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool is_right;
    } cases[] = {
        {"127.0.0.1:25", true},    {"[::1]:587", true},   {"[2001:db8::1]:65535", true},
        {"127.0.0.1", false},      {"127.0.0.1:", false}, {"127.0.0.1:0", false},
        {"::1:25", false},         {"[::1]", false},      {"127.0.0.1:65536", false},
        {"[127.0.0.1]:25", false}, {"[::1:25", false},    {":25", false},
        {"host:25", false},        {"", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct endpoint e;
        const char *what = NULL;
        bool done = endpoint_parse(slice_str(cases[i].in), &e, &what);
        if (done != cases[i].is_right)
            fail_msg("«%s»", cases[i].in);
        if (!done) {
            assert_non_null(what);
            continue;
        }
        char storage[ENDPOINT_TEXT];
        struct buf b;
        buf_init_fixed(&b, storage, sizeof(storage));
        endpoint_write(&b, e);
        assert_slice(buf_slice(&b), cases[i].in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_addresses),
        cmocka_unit_test(knows_what_a_network_holds),
        cmocka_unit_test(refuses_what_is_no_network),
        cmocka_unit_test(reads_and_writes_endpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
