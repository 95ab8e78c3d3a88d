/* Which source of its pool a message leaves from, where sites refuse some of them. */
#include "queue/queue.h"

#include "sim.h"

#define OK sim_reply(OUTCOME_ALL, STAGE_END_OF_DATA, 250, "2.0.0 Ok")
#define LISTED                                                                                     \
    sim_reply(OUTCOME_ALL, STAGE_CONNECT, 554,                                                     \
              "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org")

static const uint8_t members[] = {1, 2, 3};
static const struct source_pool pools[] = {{SLICE_INIT("pool"), members, 3, false}};

struct world {
    struct source list[3];
    struct sources all;
    struct queue *q;
};

static void pool_router(void *ctx, const struct envelope *e, struct slice address,
                        struct route *route_r)
{
    sim_router(ctx, e, address, route_r);
    route_r->pool = 1;
}

static void begin(struct world *w)
{
    struct queue_options o = sim_options();
    *w = (struct world){.list = {{.name = SLICE("a"), .weight = 1},
                                 {.name = SLICE("b"), .weight = 1},
                                 {.name = SLICE("c"), .weight = 1}}};
    w->all = (struct sources){.list = w->list, .count = 3, .pools = pools, .pool_count = 1};
    o.router = pool_router;
    o.sources = &w->all;
    w->q = queue_new(&heap, &o);
    assert_non_null(w->q);
}

static struct attempt *next_at(struct world *w, const char *site, int64_t now)
{
    for (struct attempt *a; (a = queue_next(w->q, now));)
        if (queue_admit(w->q, &a, slice_str(site), 0, now))
            return a;
    return NULL;
}

static void a_message_has_one_source_and_messages_have_them_in_turn(void **state)
{
    (void)state;
    struct world w;
    size_t counts[4] = {0};
    begin(&w);
    for (spool_id id = 1; id <= 9; id++)
        sim_add(w.q, id, "a@x.example", "b@y.example c@y.example", START);
    for (struct attempt *a; (a = next_at(&w, "mx.y.example", START));) {
        assert_int_equal(a->count, 2);
        counts[a->route.source]++;
        sim_report(w.q, a, OK, START);
    }
    for (int i = 1; i <= 3; i++)
        assert_int_equal(counts[i], 3);
    queue_free(&w.q, NULL, NULL);
}

/* Reports until nothing goes any more; the sources that `refused` says are refused. */
static void run(struct world *w, const char *site, const bool refused[4], size_t counts[4],
                size_t *refusals)
{
    for (struct attempt *a; (a = next_at(w, site, START));) {
        uint8_t source = a->route.source;
        counts[source] += !refused[source];
        *refusals += refused[source];
        sim_report(w->q, a, refused[source] ? LISTED : OK, START);
    }
}

static void where_one_is_listed_the_next_takes_its_place_there_alone(void **state)
{
    (void)state;
    static const bool refused[4] = {[2] = true}, none[4] = {false};
    struct world w;
    size_t counts[4] = {0}, elsewhere[4] = {0}, refusals = 0;
    begin(&w);
    for (spool_id id = 1; id <= 30; id++)
        sim_add(w.q, id, "a@x.example", "b@y.example", START);
    run(&w, "mx.y.example", refused, counts, &refusals);
    assert_int_equal(counts[1] + counts[3], 30);
    assert_in_range(refusals, 1, 2);       /* those that were under way */
    for (spool_id id = 31; id <= 39; id++) /* what comes later does not ask again */
        sim_add(w.q, id, "a@x.example", "b@y.example", START);
    run(&w, "mx.y.example", refused, counts, &refusals);
    assert_int_equal(counts[1] + counts[3], 39);
    assert_in_range(refusals, 1, 2);
    for (spool_id id = 40; id <= 48; id++)
        sim_add(w.q, id, "a@x.example", "b@z.example", START);
    run(&w, "mx.z.example", none, elsewhere, &refusals);
    assert_int_equal(elsewhere[2], 3);
    queue_free(&w.q, NULL, NULL);
}

static bool note_why(void *ctx, const struct queue_view *v)
{
    struct buf *out = ctx;
    buf_clear(out);
    buf_add(out, v->why);
    return true;
}

static void when_all_are_refused_it_waits_and_says_so(void **state)
{
    (void)state;
    static const bool refused[4] = {[1] = true, [2] = true, [3] = true};
    struct world w;
    size_t counts[4] = {0}, refusals = 0;
    char storage[1024];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    begin(&w);
    for (spool_id id = 1; id <= 30; id++)
        sim_add(w.q, id, "a@x.example", "b@y.example", START);
    run(&w, "mx.y.example", refused, counts, &refusals);
    assert_in_range(refusals, 3, 6);
    queue_visit(w.q, &(struct queue_filter){.id = 30}, note_why, &why, START);
    assert_true(slice_find_slice(buf_slice(&why), SLICE("is suspended"), 0) != SLICE_NONE);
    assert_true(queue_due(w.q) > START && queue_due(w.q) < INT64_MAX);
    struct attempt *a = next_at(&w, "mx.y.example", START + DAY);
    assert_non_null(a); /* one asks again */
    sim_report(w.q, a, OK, START + DAY);
    queue_free(&w.q, NULL, NULL);
}

static void what_is_over_a_days_number_goes_by_others_or_waits_for_the_next_day(void **state)
{
    (void)state;
    static const bool none[4] = {false};
    struct world w;
    size_t counts[4] = {0}, refusals = 0;
    char storage[1024];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    begin(&w);
    for (int i = 0; i < 3; i++)
        w.list[i].warm_up = (struct warm_up){START / DAY, 5, 100, 1000};
    w.list[0].warm_up.first = 10;
    for (spool_id id = 1; id <= 60; id++)
        sim_add(w.q, id, "a@x.example", "b@y.example", START);
    run(&w, "mx.y.example", none, counts, &refusals);
    assert_int_equal(counts[1], 10);
    assert_int_equal(counts[2], 5);
    assert_int_equal(counts[3], 5);
    assert_true(queue_due(w.q) == source_next_day(START));
    struct queue_counts left;
    queue_count(w.q, &left);
    queue_visit(w.q, &(struct queue_filter){0}, note_why, &why, START);
    assert_true(slice_starts(buf_slice(&why), SLICE("Waits for tomorrow: ")));
    size_t tomorrow = 0;
    int64_t next = source_next_day(START);
    for (struct attempt *a; (a = next_at(&w, "mx.y.example", next));) {
        tomorrow++;
        sim_report(w.q, a, OK, next);
    }
    assert_int_equal(tomorrow, 40);
    queue_free(&w.q, NULL, NULL);
}

static void attempts_under_way_end_where_they_began(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    for (spool_id id = 1; id <= 30; id++)
        sim_add(w.q, id, "a@x.example", "b@y.example c@y.example", START);
    struct attempt *under_way[30];
    size_t count = 0;
    while (count < 30 && (under_way[count] = next_at(&w, "mx.y.example", START)))
        count++;
    assert_in_range(count, 3, 30);
    for (size_t i = 0; i < count; i++)
        sim_report(w.q, under_way[i], i % 2 ? OK : LISTED, START);
    for (size_t round = 0; round < 1000; round++) {
        int64_t now = START + (int64_t)round * HOUR;
        for (struct attempt *a; (a = next_at(&w, "mx.y.example", now));)
            sim_report(w.q, a, OK, now);
    }
    struct queue_counts counts;
    struct effect e;
    while (queue_effect(w.q, START + 1000 * (int64_t)HOUR, &e))
        ;
    queue_count(w.q, &counts);
    assert_int_equal(counts.messages, 0);
    assert_int_equal(counts.active, 0);
    queue_free(&w.q, NULL, NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_one_source_and_messages_have_them_in_turn),
        cmocka_unit_test(where_one_is_listed_the_next_takes_its_place_there_alone),
        cmocka_unit_test(when_all_are_refused_it_waits_and_says_so),
        cmocka_unit_test(what_is_over_a_days_number_goes_by_others_or_waits_for_the_next_day),
        cmocka_unit_test(attempts_under_way_end_where_they_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
