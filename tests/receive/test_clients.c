#include "receive/clients.h"

#include "check.h"
#include "system/heap.h"

static void counts_each_client_up_to_the_limit(void **state)
{
    (void)state;
    struct clients c;
    clients_init(&c, &heap, (struct hash_key){1, 2}, 2);
    assert_true(clients_enter(&c, SLICE("192.0.2.1")));
    assert_true(clients_enter(&c, SLICE("192.0.2.1")));
    assert_false(clients_enter(&c, SLICE("192.0.2.1")));
    assert_true(clients_enter(&c, SLICE("192.0.2.2")));
    clients_leave(&c, SLICE("192.0.2.1"));
    assert_true(clients_enter(&c, SLICE("192.0.2.1")));
    clients_leave(&c, SLICE("192.0.2.2"));
    assert_int_equal(c.counts.count, 1);
    clients_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_each_client_up_to_the_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
