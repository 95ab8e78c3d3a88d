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
                            "relay { smarthost = \"b.test:25\" port = 26 }\n"
                            "spool { path = \"/elsewhere\" }\n"
                            "resolver { nameserver = \"127.0.0.1\" }\n",
                            "hostname, listen mx-two, listen mx: address, listen submission, "
                            "relay: port, spool: path, resolver: nameserver");
    assert_slice(c->hostname, "mx.here.test");
    assert_slice(c->spool.path, "/var/spool/candor");
    assert_slice(c->relay.smarthost.host, "b.test");
    assert_int_equal(c->relay.port, 25);
    assert_int_equal(c->resolver.nameservers.count, 0);
    assert_int_equal(c->listen_count, 2);
    assert_int_equal(c->listens[0].addresses.at[0].port, 25);
    assert_slice(c->listens[1].name, "submission");
    config_free(&c);
    config_free(&old);
}

#define SOURCE(name)        "source " name " { ipv4 = \"127.0.0.1\" helo = \"" name ".test\" }\n"
#define POOL(name, members) "pool " name " { sources = { " members " } }\n"
#define BEGIN               "hostname = \"mx.here.test\"\nlisten mx { address = \"127.0.0.1:25\" }\n"

/* `one -two`: the names in order, those that are gone with a minus. */
static void assert_numbers(const struct config *c, const char *sources, const char *pools)
{
    char storage[500];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    for (size_t i = 0; i < c->source_count; i++)
        buf_addf(&out, "%s%s%.*s", i ? " " : "", c->sources[i].is_gone ? "-" : "",
                 SLICE_ARG(c->sources[i].name));
    assert_slice(buf_slice(&out), sources);
    buf_clear(&out);
    for (size_t i = 0; i < c->pool_count; i++)
        buf_addf(&out, "%s%s%.*s", i ? " " : "", c->pools[i].is_gone ? "-" : "",
                 SLICE_ARG(c->pools[i].name));
    assert_slice(buf_slice(&out), pools);
}

static void sources_and_pools_keep_their_numbers(void **state)
{
    static const struct {
        const char *text, *sources, *pools;
    } readings[] = {
        {BEGIN SOURCE("a") SOURCE("b") POOL("p", "\"a\", \"b\""), "a b", "p"},
        {BEGIN SOURCE("c") SOURCE("b") POOL("q", "\"c\"") POOL("p", "\"b\""), "-a b c", "p q"},
        {BEGIN SOURCE("d"), "-a -b -c d", "-p -q"},
        {BEGIN SOURCE("b") SOURCE("a") POOL("q", "\"a\""), "a b -c -d", "-p q"},
        {BEGIN, "-a -b -c -d", "-p -q"},
    };
    char storage[500];
    struct buf why;
    struct config *before = NULL;
    (void)state;
    buf_init_fixed(&why, storage, sizeof(storage));
    for (size_t i = 0; i < sizeof(readings) / sizeof(*readings); i++) {
        struct config *c = parse(readings[i].text);
        if (before)
            assert_true(config_keep_numbers(c, before, &why));
        config_free(&before); /* nothing of it may be left in the new one */
        assert_numbers(c, readings[i].sources, readings[i].pools);
        before = c;
    }
    assert_int_equal(config_pool_source(before, &before->pools[0], 0), 1);
    assert_slice(before->sources[0].helo, "a.test");
    config_free(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed_is_nothing_kept),
        cmocka_unit_test(limits_and_networks_change),
        cmocka_unit_test(sources_and_pools_keep_their_numbers),
        cmocka_unit_test(what_needs_a_restart_is_named_and_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
