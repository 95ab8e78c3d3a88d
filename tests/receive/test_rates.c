#include "receive/rates.h"

#include "check.h"
#include "system/heap.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, BEGIN = 5 * MINUTE };

static const uint32_t most[RATE_COUNT] = {[RATE_MESSAGES] = 4, [RATE_RECIPIENTS] = 1};
static const struct slice client = SLICE_INIT("192.0.2.1");

static void open_rates(struct rates *r)
{
    rates_init(r, &heap, (struct hash_key){1, 2}, most);
    for (size_t i = 0; i < most[RATE_MESSAGES]; i++)
        assert_true(rates_take(r, client, RATE_MESSAGES, BEGIN));
}

static void counts_each_client_and_each_thing(void **state)
{
    (void)state;
    struct rates r;
    open_rates(&r);
    assert_false(rates_take(&r, client, RATE_MESSAGES, BEGIN));
    assert_true(rates_is_spent(&r, client, RATE_MESSAGES, BEGIN, 1));
    assert_int_equal(rates_most(&r, RATE_MESSAGES), 4);
    assert_true(rates_take(&r, client, RATE_RECIPIENTS, BEGIN));
    assert_true(rates_take(&r, SLICE("192.0.2.2"), RATE_MESSAGES, BEGIN));
    for (size_t i = 0; i < 1000; i++) /* 0: no limit */
        assert_true(rates_take(&r, client, RATE_CONNECTIONS, BEGIN));
    rates_free(&r);
}

static void the_minute_slides(void **state)
{
    (void)state;
    struct rates r;
    open_rates(&r);
    assert_false(rates_take(&r, client, RATE_MESSAGES, BEGIN + MINUTE - 1));
    /* half of the four still count: two more may come */
    assert_true(rates_take(&r, client, RATE_MESSAGES, BEGIN + MINUTE + 30 * SECOND));
    assert_true(rates_take(&r, client, RATE_MESSAGES, BEGIN + MINUTE + 30 * SECOND));
    assert_false(rates_take(&r, client, RATE_MESSAGES, BEGIN + MINUTE + 30 * SECOND));
    rates_free(&r);
    open_rates(&r);
    assert_true(rates_take(&r, client, RATE_MESSAGES, BEGIN + 2 * MINUTE)); /* all forgotten */
    assert_int_equal(r.before.count, 0);
    rates_free(&r);
}

static void tells_who_did_many_times_as_much(void **state)
{
    (void)state;
    struct rates r;
    open_rates(&r);
    assert_false(rates_is_spent(&r, client, RATE_MESSAGES, BEGIN, 2));
    for (size_t i = 0; i < most[RATE_MESSAGES]; i++)
        rates_count(&r, client, RATE_MESSAGES, BEGIN);
    assert_true(rates_is_spent(&r, client, RATE_MESSAGES, BEGIN, 2));
    assert_false(rates_is_spent(&r, client, RATE_MESSAGES, BEGIN, 3));
    /* nearly all of that minute is over */
    assert_false(rates_is_spent(&r, client, RATE_MESSAGES, BEGIN + 2 * MINUTE - SECOND, 2));
    for (size_t i = 0; i < 1000; i++)
        rates_count(&r, client, RATE_CONNECTIONS, BEGIN);
    assert_false(rates_is_spent(&r, client, RATE_CONNECTIONS, BEGIN, 2));
    rates_free(&r);
}

static void what_does_not_fit_is_not_counted(void **state)
{
    (void)state;
    struct rates r;
    rates_init(&r, &heap, (struct hash_key){1, 2}, most);
    for (unsigned i = 0; i < 100000; i++)
        rates_count(&r, slice_of((const char *)&i, sizeof(i)), RATE_RECIPIENTS, BEGIN);
    assert_int_equal(r.now.count, 65536);
    assert_false(rates_is_spent(&r, client, RATE_RECIPIENTS, BEGIN, 1));
    rates_free(&r);
}

static void an_ipv6_network_is_one_client(void **state)
{
    (void)state;
    char name[IP_TEXT];
    struct ip ip;
    assert_true(ip_parse(SLICE("2001:db8:1:2:3:4:5:6"), &ip));
    rates_client(ip, name);
    assert_string_equal(name, "2001:db8:1:2::");
    assert_true(ip_parse(SLICE("::ffff:255.255.255.255"), &ip));
    rates_client(ip, name);
    assert_string_equal(name, "255.255.255.255");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_each_client_and_each_thing),
                                       cmocka_unit_test(the_minute_slides),
                                       cmocka_unit_test(tells_who_did_many_times_as_much),
                                       cmocka_unit_test(what_does_not_fit_is_not_counted),
                                       cmocka_unit_test(an_ipv6_network_is_one_client)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
