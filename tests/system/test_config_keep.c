#include "check.h"
#include "system/config.h"
#include "system/heap.h"

static struct config *parse(const char *text)
{
    struct config_problems p;
    config_problems_init(&p);
    struct config *c = config_parse(slice_str(text), "f", &p);
    config_problems_free(&p);
    assert_non_null(c);
    return c;
}

static const char start[] = "hostname = \"mx.here.test\"\n"
                            "listen mx { address = \"127.0.0.1:25\" }\n"
                            "listen submission { address = \"127.0.0.1:587\" }\n"
                            "relay { networks = { \"127.0.0.0/8\" } smarthost = \"a.test:25\" }\n";

/* Keeps what `text` can't change of `start`; the names are `want`. */
static struct config *keep(const struct config *old, const char *text, const char *want)
{
    char storage[500];
    struct buf kept;
    struct config *c = parse(text);
    buf_init_fixed(&kept, storage, sizeof(storage));
    assert_true(config_keep(c, old, &kept));
    assert_slice(buf_slice(&kept), want);
    return c;
}

static void nothing_changed_is_nothing_kept(void **state)
{
    (void)state;
    struct config *old = parse(start), *c = keep(old, start, "");
    assert_int_equal(c->listen_count, 2);
    config_free(&c);
    config_free(&old);
}

static void limits_and_networks_change(void **state)
{
    (void)state;
    struct config *old = parse(start);
    struct config *c = keep(old,
                            "hostname = \"mx.here.test\"\n"
                            "listen mx { address = \"127.0.0.1:25\" }\n"
                            "listen submission { address = \"127.0.0.1:587\" tls = off }\n"
                            "relay { networks = { \"10.0.0.0/8\" } smarthost = \"a.test:25\" }\n"
                            "limits { recipients = 200 }\n"
                            "domain here.test { mailboxes = \"/x\" }\n",
                            "");
    assert_int_equal(c->limits.recipients, 200);
    assert_int_equal(c->domain_count, 1);
    assert_int_equal(c->listens[1].tls, CONFIG_TLS_OFF);
    assert_int_equal(c->relay.networks.count, 1);
    assert_int_equal(c->relay.networks.at[0].prefix, 8);
    assert_int_equal(c->relay.networks.at[0].ip.bytes[0], 10);
    config_free(&c);
    config_free(&old);
}

static void what_needs_a_restart_is_named_and_kept(void **state)
{
    (void)state;
    struct config *old = parse(start);
    struct config *c = keep(old,
                            "hostname = \"other.test\"\n"
                            "listen mx { address = \"127.0.0.1:26\" }\n"
                            "listen mx-two { address = \"127.0.0.1:27\" }\n"
                            "relay { smarthost = \"b.test:25\" }\n"
                            "spool { path = \"/elsewhere\" }\n"
                            "resolver { nameserver = \"127.0.0.1\" }\n",
                            "hostname, listen mx-two, listen mx: address, listen submission, "
                            "relay: smarthost, spool: path, resolver: nameserver");
    assert_slice(c->hostname, "mx.here.test");
    assert_slice(c->spool.path, "/var/spool/candor");
    assert_slice(c->relay.smarthost.host, "a.test");
    assert_int_equal(c->resolver.nameservers.count, 0);
    assert_int_equal(c->listen_count, 2);
    assert_int_equal(c->listens[0].addresses.at[0].port, 25);
    assert_slice(c->listens[1].name, "submission");
    config_free(&c);
    config_free(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed_is_nothing_kept),
        cmocka_unit_test(limits_and_networks_change),
        cmocka_unit_test(what_needs_a_restart_is_named_and_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
