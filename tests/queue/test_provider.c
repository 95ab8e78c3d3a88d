#include "queue/provider.h"

#include "check.h"

static void knows_providers_by_their_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *host, *name;
    } cases[] = {
        {"aspmx.l.google.com", "google"},
        {"ALT1.ASPMX.L.GOOGLE.COM", "google"},
        {"mta7.am0.yahoodns.net", "yahoo"},
        {"mx1.mail.yahoo.co.jp", "yahoo-japan"},
        {"outlook-com.olc.protection.outlook.com", "outlook"},
        {"example-org.mail.protection.outlook.com", "office365"},
        {"example-org.q-v1.mx.microsoft", "office365-dane"},
        {"mx01.mail.icloud.com", "apple"},
        {"notgoogle.com", NULL},
        {"google.com.example.org", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct provider *p = provider_of(slice_str(cases[i].host));
        if (!p != !cases[i].name || (p && !slice_eq(p->name, slice_str(cases[i].name))))
            fail_msg("%s", cases[i].host);
    }
}

/* A row that an earlier one hides would never be found. */
static void each_row_can_match(void **state)
{
    (void)state;
    static const struct slice suffixes[] = {
#define PROVIDER(name, suffix, connections, messages) SLICE_INIT(suffix),
#include "queue/providers.def"
#undef PROVIDER
    };
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        char storage[256];
        struct buf host;
        buf_init_fixed(&host, storage, sizeof(storage));
        buf_addf(&host, "mx%.*s", SLICE_ARG(suffixes[i]));
        const struct provider *p = provider_of(buf_slice(&host));
        assert_non_null(p);
        assert_true(slice_eq(p->suffix, suffixes[i]));
        assert_true(p->connections || p->messages);
    }
}

static void names_a_site_after_all_its_hosts_in_any_order(void **state)
{
    (void)state;
    static const struct {
        struct slice hosts[4];
        size_t count;
        const char *name;
        uint32_t most;
    } cases[] = {
        {{SLICE_INIT("b.x.example"), SLICE_INIT("a.x.example"), SLICE_INIT("b.x.example")},
         3,
         "a.x.example,b.x.example",
         0},
        {{SLICE_INIT("a.x.example"), SLICE_INIT("b.x.example")}, 2, "a.x.example,b.x.example", 0},
        {{SLICE_INIT("mx.x.example")}, 1, "mx.x.example", 0},
        {{SLICE_INIT("aspmx.l.google.com"), SLICE_INIT("alt1.aspmx.l.google.com")}, 2, "google", 5},
        {{SLICE_INIT("backup.x.example"), SLICE_INIT("aspmx.l.google.com")},
         2,
         "aspmx.l.google.com,backup.x.example",
         0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char storage[256];
        struct buf name;
        struct slice hosts[4];
        memcpy(hosts, cases[i].hosts, sizeof(hosts));
        buf_init_fixed(&name, storage, sizeof(storage));
        assert_int_equal(site_write_name(&name, hosts, cases[i].count), cases[i].most);
        assert_slice(buf_slice(&name), cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_providers_by_their_hosts),
        cmocka_unit_test(each_row_can_match),
        cmocka_unit_test(names_a_site_after_all_its_hosts_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
