/* What is for all mail of one destination: turns, pauses, slots, recipients in a transaction. */
#include "queue/queue.h"

#include "sim.h"

static bool note_why(void *ctx, const struct queue_view *v)
{
    char *why = ctx;
    assert_true(slice_cstr(v->why, why, 512));
    return true;
}

static char *many_recipients(char *out, size_t size, int count)
{
    size_t len = 0;
    for (int i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, size - len, "u%d@y.example ", i);
    return out;
}

static void a_dead_destination_holds_up_nobody(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    for (spool_id id = 1; id <= 50; id++)
        sim_add(q, id, "a@x.example", "b@dead.example", START);
    for (spool_id id = 51; id <= 60; id++)
        sim_add(q, id, "a@x.example", "b@alive.example", START);
    struct attempt *a = queue_next(q, START);
    assert_slice(a->route.destination, "dead.example");
    struct attempt *b = queue_next(q, START); /* they take turns */
    assert_slice(b->route.destination, "alive.example");
    struct decision d =
        sim_report(q, a, sim_failure(OUTCOME_ALL, STAGE_CONNECT, "connection refused"), START);
    assert_int_equal(d.verdict, VERDICT_BACK_OFF);
    sim_report(q, b, sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), START);
    size_t delivered = 1;
    while ((a = queue_next(q, START))) {
        assert_slice(a->route.destination, "alive.example");
        sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), START);
        delivered++;
    }
    assert_int_equal(delivered, 10);
    struct queue_counts counts;
    queue_count(q, &counts);
    assert_int_equal(counts.backing_off, 1);
    /* one attempt finds out whether it is back, then the others follow */
    assert_null(queue_next(q, d.retry_at - 1));
    a = queue_next(q, d.retry_at);
    assert_true(a->id == 2);
    assert_null(queue_next(q, d.retry_at));
    sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), d.retry_at);
    a = queue_next(q, d.retry_at);
    b = queue_next(q, d.retry_at);
    assert_non_null(a);
    assert_non_null(b);
    assert_null(queue_next(q, d.retry_at));
    queue_free(&q, NULL, NULL);
}

static void a_site_that_blocklists_us_is_suspended_then_believed(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    const char *said = "5.7.1 [192.0.2.7] listed at zen.spamhaus.org";
    char why[512];
    int64_t now = START;
    sim_add(q, 1, "a@x.example", "b@y.example", now);
    sim_add(q, 2, "a@x.example", "c@y.example", now);
    for (int said_before = 0; said_before < 3; said_before++) {
        struct decision d =
            sim_report(q, queue_next(q, now), sim_reply(0, STAGE_RCPT, 550, said), now);
        assert_int_equal(d.verdict, VERDICT_SUSPEND);
        assert_true(d.alert);
        assert_in_range(d.retry_at - now, 2 * HOUR, 2 * HOUR + 15 * MINUTE);
        assert_null(queue_next(q, d.retry_at - 1)); /* nor the other one */
        queue_visit(q, &(struct queue_filter){.id = 2}, note_why, why, now);
        assert_non_null(strstr(why, "All mail for y.example is suspended"));
        now = d.retry_at;
    }
    struct decision d = sim_report(q, queue_next(q, now), sim_reply(0, STAGE_RCPT, 550, said), now);
    assert_int_equal(d.verdict, VERDICT_BOUNCE);
    queue_free(&q, NULL, NULL);
}

static void pauses_of_a_dead_destination_grow(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@dead.example", START);
    int64_t now = START, pause = 0, tries = 0;
    struct attempt *a;
    struct effect e;
    for (; (a = queue_next(q, now)); tries++) {
        struct decision d =
            sim_report(q, a, sim_failure(0, STAGE_CONNECT, "connection timed out"), now);
        while (queue_effect(q, now, &e))
            if (e.kind == EFFECT_NOTICE)
                goto expired;
        assert_true(d.retry_at - now >= pause * 7 / 8);
        pause = d.retry_at - now;
        assert_true(pause <= 5 * HOUR);
        now = queue_due(q);
    }
    assert_true(queue_effect(q, now, &e)); /* the message's time was over first */
    if (e.kind == EFFECT_STATE)
        assert_true(queue_effect(q, now, &e));
expired:
    assert_int_equal(e.kind, EFFECT_NOTICE);
    assert_true(now == START + 5 * DAY);
    assert_true(e.recipients[0].expired);
    assert_slice(e.recipients[0].outcome->failure, "connection timed out");
    assert_in_range(tries, 50, 80);
    queue_notice_done(q, 1, true, now);
    sim_effect(q, now, EFFECT_END);
    queue_free(&q, NULL, NULL);
}

static void splits_what_is_too_much_at_once(void **state)
{
    (void)state;
    static char list[SIM_RECIPIENTS_MAX * 20];
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", many_recipients(list, sizeof(list), 250), START);
    size_t sizes[16], count = 0;
    for (struct attempt *a; (a = queue_next(q, START)); count++) {
        struct outcome o[SIM_RECIPIENTS_MAX];
        for (size_t i = 0; i < a->count; i++)
            o[i] = i < 40
                       ? sim_reply(a->recipients[i], STAGE_END_OF_DATA, 250, "Ok")
                       : sim_reply(a->recipients[i], STAGE_RCPT, 452, "4.5.3 Too many recipients");
        sizes[count] = a->count;
        queue_report(q, &a, o, a->count, NULL, START);
    }
    static const size_t want[] = {100, 40, 40, 40, 40, 40, 10};
    assert_int_equal(count, sizeof(want) / sizeof(*want));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sizes[i], want[i]);
    sim_effect(q, START, EFFECT_END);
    queue_free(&q, NULL, NULL);
}

static void never_splits_forever(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example c@y.example d@y.example", START);
    int tries = 0;
    for (struct attempt *a; (a = queue_next(q, START)); tries++) {
        assert_true(tries < 10);
        sim_report(q, a, sim_reply(OUTCOME_ALL, STAGE_RCPT, 452, "4.5.3 Too many recipients"),
                   START);
    }
    assert_true(queue_due(q) > START);
    queue_free(&q, NULL, NULL);
}

static void gives_each_destination_more_slots_as_it_succeeds(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    for (spool_id id = 1; id <= 200; id++)
        sim_add(q, id, "a@x.example", id % 2 ? "b@y.example" : "b@z.example", START);
    static const size_t want[] = {2, 4, 8, 10, 10};
    for (size_t round = 0; round < sizeof(want) / sizeof(*want); round++) {
        struct attempt *attempts[100];
        size_t count = 0;
        while ((attempts[count] = queue_next(q, START)))
            count++;
        assert_int_equal(count, 2 * want[round]);
        for (size_t i = 0; i < count; i++)
            sim_report(q, attempts[i], sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), START);
    }
    assert_non_null(queue_next(q, START));
    queue_free(&q, NULL, NULL); /* with an attempt under way */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_destination_holds_up_nobody),
        cmocka_unit_test(a_site_that_blocklists_us_is_suspended_then_believed),
        cmocka_unit_test(pauses_of_a_dead_destination_grow),
        cmocka_unit_test(splits_what_is_too_much_at_once),
        cmocka_unit_test(never_splits_forever),
        cmocka_unit_test(gives_each_destination_more_slots_as_it_succeeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
