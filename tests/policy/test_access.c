#include "policy/access.h"

#include "check.h"
#include "system/heap.h"

static void decides_who_may_send_where(void **state)
{
    (void)state;
    static const struct {
        const char *client, *recipient;
        enum access want;
    } cases[] = {
        {"192.0.2.1", "alice@example.org", ACCESS_LOCAL},
        {"192.0.2.1", "ALICE@EXAMPLE.ORG", ACCESS_LOCAL},
        {"192.0.2.1", "nobody@example.org", ACCESS_NO_MAILBOX},
        {"192.0.2.1", "alice@example.net", ACCESS_DENIED},
        {"127.0.0.9", "alice@example.net", ACCESS_RELAY},
        {"::ffff:127.0.0.9", "alice@example.net", ACCESS_RELAY},
        {"::1", "alice@example.net", ACCESS_DENIED},
        {"127.0.0.9", "nobody@example.org", ACCESS_NO_MAILBOX},
        {"192.0.2.1", "alice+tag@example.org", ACCESS_LOCAL},
        {"192.0.2.1", "gone@example.org", ACCESS_MOVED},
        {"192.0.2.1", "Gone+x@example.org", ACCESS_MOVED},
        {"192.0.2.1", "away@example.org", ACCESS_TOLD},
    };
    struct name_map boxes;
    struct name_map aliases;
    struct slice target = SLICE("a@example.net");
    struct access_alias moved = {.access = ACCESS_MOVED, .targets = &target, .count = 1};
    struct access_alias told = {.access = ACCESS_TOLD, .targets = &target, .count = 1};
    struct access_alias all = {.access = ACCESS_LOCAL, .targets = &target, .count = 1};
    struct access_domain domain = {
        .name = SLICE("example.org"), .mailboxes = &boxes, .aliases = &aliases};
    struct cidr net;
    const char *what;
    struct access_table table = {.networks = &net, .count = 1, .fallback = &domain};
    name_map_init(&boxes, &heap, (struct hash_key){1, 2});
    name_map_init(&table.domains, &heap, (struct hash_key){1, 2});
    name_map_init(&aliases, &heap, (struct hash_key){1, 2});
    assert_true(name_map_put(&aliases, SLICE("gone"), &moved));
    assert_true(name_map_put(&aliases, SLICE("away"), &told));
    assert_true(name_map_put(&boxes, SLICE("alice"), &boxes));
    assert_true(name_map_put(&boxes, SLICE("postmaster"), &boxes));
    assert_true(name_map_put(&table.domains, domain.name, &domain));
    assert_true(cidr_parse(SLICE("127.0.0.0/8"), &net, &what));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ip client;
        struct address to;
        struct err err;
        assert_true(ip_parse(slice_str(cases[i].client), &client));
        assert_true(address_parse(slice_str(cases[i].recipient), &to, &err));
        if (access_check(&table, &client, &to) != cases[i].want)
            fail_msg("%s from %s", cases[i].recipient, cases[i].client);
    }
    struct address postmaster = {.text = SLICE("postmaster"), .local = SLICE("postmaster")};
    assert_int_equal(access_check(&table, NULL, &postmaster), ACCESS_LOCAL);
    struct address whoever = {
        .text = SLICE("x@example.org"), .local = SLICE("x"), .domain = SLICE("example.org")};
    assert_null(access_alias(&table, &whoever));
    assert_true(name_map_put(&aliases, SLICE("*"), &all));
    assert_ptr_equal(access_alias(&table, &whoever), &all);
    assert_null(access_alias(&table, &postmaster)); /* a mailbox goes before the star */
    name_map_free(&aliases);
    name_map_free(&boxes);
    name_map_free(&table.domains);
}

static void takes_nothing_for_domains_that_never_take(void **state)
{
    (void)state;
    struct access_table table = {0};
    struct address to = {
        .text = SLICE("x@Never.test"), .local = SLICE("x"), .domain = SLICE("Never.test")};
    name_map_init(&table.domains, &heap, (struct hash_key){1, 2});
    name_map_init(&table.never, &heap, (struct hash_key){1, 2});
    assert_int_equal(access_check(&table, NULL, &to), ACCESS_DENIED);
    assert_true(name_map_put(&table.never, SLICE("never.test"), &table));
    assert_int_equal(access_check(&table, NULL, &to), ACCESS_NEVER);
    name_map_free(&table.domains);
    name_map_free(&table.never);
}

static void knows_whose_a_sender_address_is(void **state)
{
    (void)state;
    static const struct {
        const char *account, *sender;
        bool want;
    } cases[] = {
        {"alice", "alice@example.org", true},
        {"ALICE", "alice+news@Example.org", true},
        {"alice@example.org", "alice@example.org", true},
        {"alice@example.net", "alice@example.org", false},
        {"bob", "alice@example.org", false},
        {"bob", "team@example.org", true},
        {"bob@example.org", "team@example.org", true},
        {"alice", "team@example.org", false},
        {"alice", "alice@example.net", false},
        {"alice@example.net", "alice@example.net", true},
        {"alice", "nobody@example.org", false},
    };
    struct name_map boxes, aliases;
    struct slice target = SLICE("bob@example.org");
    struct access_alias team = {.access = ACCESS_LOCAL, .targets = &target, .count = 1};
    struct access_domain domain = {
        .name = SLICE("example.org"), .mailboxes = &boxes, .aliases = &aliases};
    struct access_table table = {.fallback = &domain};
    name_map_init(&boxes, &heap, (struct hash_key){1, 2});
    name_map_init(&aliases, &heap, (struct hash_key){1, 2});
    name_map_init(&table.domains, &heap, (struct hash_key){1, 2});
    assert_true(name_map_put(&boxes, SLICE("alice"), &boxes));
    assert_true(name_map_put(&boxes, SLICE("bob"), &boxes));
    assert_true(name_map_put(&aliases, SLICE("team"), &team));
    assert_true(name_map_put(&table.domains, domain.name, &domain));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct slice sender = slice_str(cases[i].sender);
        size_t at = slice_rfind(sender, '@');
        struct address a = {
            .text = sender, .local = slice_head(sender, at), .domain = slice_from(sender, at + 1)};
        if (access_owns(&table, slice_str(cases[i].account), &a) != cases[i].want)
            fail_msg("%s as %s", cases[i].account, cases[i].sender);
    }
    name_map_free(&boxes);
    name_map_free(&aliases);
    name_map_free(&table.domains);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_nothing_for_domains_that_never_take),
                                       cmocka_unit_test(knows_whose_a_sender_address_is),
                                       cmocka_unit_test(decides_who_may_send_where)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
