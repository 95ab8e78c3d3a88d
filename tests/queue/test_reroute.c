/* What waits goes the ways that hold after a change, whatever is under way. */
#include "base/fault.h"
#include "queue/queue.h"

#include "sim.h"

#define OK      sim_reply(OUTCOME_ALL, STAGE_END_OF_DATA, 250, "2.0.0 Ok")
#define REFUSED sim_failure(OUTCOME_ALL, STAGE_CONNECT, "connection refused")

/* To a smarthost, or each domain by itself; from a pool, if there is one. */
struct world {
    const char *smarthost; /* NULL: none */
    struct source list[3];
    struct source_pool pool;
    struct sources sources;
    struct queue *q;
};

static void router(void *ctx, const struct envelope *e, struct slice address, struct route *route_r)
{
    const struct world *w = ctx;
    sim_router(NULL, e, address, route_r);
    if (w->smarthost)
        *route_r = (struct route){.destination = slice_str(w->smarthost), .is_smarthost = true};
    route_r->pool = w->pool.count > 0;
}

static void begin(struct world *w, const struct mem *mem, const char *smarthost)
{
    struct queue_options o = sim_options();
    *w = (struct world){.smarthost = smarthost,
                        .list = {{.name = SLICE("a"), .weight = 1},
                                 {.name = SLICE("b"), .weight = 1},
                                 {.name = SLICE("c"), .weight = 1}}};
    w->sources = (struct sources){.list = w->list, .count = 3, .pools = &w->pool, .pool_count = 1};
    o.router = router;
    o.router_ctx = w;
    o.sources = &w->sources;
    w->q = queue_new(mem, &o);
    assert_non_null(w->q);
}

static void use(struct world *w, const char *smarthost)
{
    w->smarthost = smarthost;
    queue_reroute(w->q, START);
}

/* Delivers what can go; the destinations, in order. */
static void assert_goes_to(struct world *w, const char *wanted)
{
    char storage[512];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    for (struct attempt *a; (a = queue_next(w->q, START));) {
        buf_addf(&out, "%s%.*s*%zu", out.len ? " " : "", SLICE_ARG(a->route.destination), a->count);
        sim_report(w->q, a, OK, START);
    }
    assert_slice(buf_slice(&out), wanted);
}

static void trouble_of_the_old_way_holds_nothing_back(void **state)
{
    (void)state;
    struct world w;
    begin(&w, &heap, "old:25");
    sim_add(w.q, 1, "a@x.example", "b@y.example", START);
    sim_report(w.q, queue_next(w.q, START), REFUSED, START);
    assert_null(queue_next(w.q, START));
    use(&w, "new:25");
    assert_goes_to(&w, "new:25*1");
    queue_free(&w.q, NULL, NULL);
}

static void recipients_part_and_meet(void **state)
{
    (void)state;
    struct world w;
    begin(&w, &heap, "one:25");
    sim_add(w.q, 1, "a@x.example", "b@y.example c@z.example d@y.example", START);
    use(&w, NULL);
    use(&w, "two:25");
    use(&w, NULL);
    assert_goes_to(&w, "y.example*2 z.example*1");
    sim_add(w.q, 2, "a@x.example", "b@y.example c@z.example", START);
    use(&w, "two:25");
    assert_goes_to(&w, "two:25*2");
    queue_free(&w.q, NULL, NULL);
}

static void what_is_under_way_ends_as_it_began(void **state)
{
    (void)state;
    struct world w;
    begin(&w, &heap, "old:25");
    sim_add(w.q, 1, "a@x.example", "b@y.example c@z.example", START);
    sim_add(w.q, 2, "a@x.example", "b@y.example", START);
    struct attempt *one = queue_next(w.q, START), *two = queue_next(w.q, START);
    use(&w, NULL);
    assert_null(queue_next(w.q, START));
    assert_slice(one->route.destination, "old:25");
    sim_report(w.q, two, OK, START);
    sim_report(w.q, one, REFUSED, START);
    assert_goes_to(&w, "y.example*1 z.example*1");
    queue_free(&w.q, NULL, NULL);
}

static void a_source_stays_as_long_as_it_is_in_the_pool(void **state)
{
    static const uint8_t all[] = {1, 2, 3}, some[] = {3, 1};
    uint8_t before[10] = {0};
    struct world w;
    (void)state;
    begin(&w, &heap, "one:25");
    w.pool = (struct source_pool){.name = SLICE("p"), .members = all, .count = 3};
    for (spool_id id = 1; id <= 9; id++)
        sim_add(w.q, id, "a@x.example", "b@y.example", START);
    for (struct attempt *a; (a = queue_next(w.q, START));) {
        before[a->id] = a->route.source;
        queue_report(w.q, &a, NULL, 0, NULL, START); /* not tried: it comes again */
    }
    w.pool.members = some;
    w.pool.count = 2;
    queue_reroute(w.q, START);
    for (struct attempt *a; (a = queue_next(w.q, START + MINUTE));) {
        if (before[a->id] == 2)
            assert_true(a->route.source == 1 || a->route.source == 3);
        else
            assert_int_equal(a->route.source, before[a->id]);
        before[a->id] = 0;
        sim_report(w.q, a, OK, START + MINUTE);
    }
    for (size_t id = 1; id <= 9; id++)
        assert_int_equal(before[id], 0);
    queue_free(&w.q, NULL, NULL);
}

/* Each recipient still goes, by whichever way. */
static void without_memory_nothing_is_lost(void **state)
{
    (void)state;
    bool is_through = false;
    for (long after = 0; !is_through; after++) {
        struct fault fault = {.after = -1};
        struct mem mem = {failing_take, failing_give, &fault};
        struct world w;
        size_t recipients = 0;
        assert_true(after < 200);
        begin(&w, &mem, "one:25");
        sim_add(w.q, 1, "a@x.example", "b@y.example c@z.example", START);
        sim_add(w.q, 2, "a@x.example", "b@u.example c@v.example d@w.example", START);
        fault = (struct fault){.after = after, .length = 3};
        use(&w, NULL);
        is_through = fault.after >= 0;
        fault.after = -1;
        for (struct attempt *a; (a = queue_next(w.q, START));) {
            recipients += a->count;
            sim_report(w.q, a, OK, START);
        }
        assert_int_equal(recipients, 5);
        queue_free(&w.q, NULL, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_of_the_old_way_holds_nothing_back),
        cmocka_unit_test(recipients_part_and_meet),
        cmocka_unit_test(what_is_under_way_ends_as_it_began),
        cmocka_unit_test(a_source_stays_as_long_as_it_is_in_the_pool),
        cmocka_unit_test(without_memory_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
