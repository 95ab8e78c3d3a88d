/* Sites: domains with the same hosts share limits and trouble; how fast one may be asked is learned
 * from what it says. */
#include "queue/queue.h"

#include "sim.h"

#define OK sim_reply(0, STAGE_END_OF_DATA, 250, "2.0.0 Ok")

static struct queue *queue_of(uint32_t concurrency, int64_t pace)
{
    struct queue_options o = sim_options();
    o.concurrency = concurrency;
    o.pace = pace;
    struct queue *q = queue_new(&heap, &o);
    assert_non_null(q);
    return q;
}

/* As the scheduler does: takes it, learns the hosts, asks to go on. NULL: nothing may go now. */
static struct attempt *next_at(struct queue *q, const char *site, int64_t now)
{
    for (struct attempt *a; (a = queue_next(q, now));)
        if (queue_admit(q, &a, slice_str(site), 0, now))
            return a;
    return NULL;
}

/* One message for each of so many domains. */
static void add_domains(struct queue *q, spool_id first, size_t count)
{
    for (spool_id id = first; id < first + count; id++) {
        char to[64];
        (void)snprintf(to, sizeof(to), "b@d%u.example", (unsigned)id);
        sim_add(q, id, "a@x.example", to, START);
    }
}

static void domains_of_a_site_share_its_connections(void **state)
{
    (void)state;
    struct queue *q = queue_of(3, 0);
    add_domains(q, 1, 20);
    struct attempt *under_way[3] = {NULL};
    size_t delivered = 0, most = 0;
    int64_t now = START;
    for (size_t count = 0; delivered < 20; now++) {
        while (count < 3 && (under_way[count] = next_at(q, "mx.hoster.example", now)))
            count++;
        assert_null(next_at(q, "mx.hoster.example", now));
        assert_true(count > 0);
        most = count > most ? count : most;
        sim_report(q, under_way[--count], OK, now);
        delivered++;
    }
    assert_int_equal(most, 3);
    queue_free(&q, NULL, NULL);
}

static void trouble_of_a_site_is_trouble_of_all_its_domains_and_of_no_other(void **state)
{
    (void)state;
    struct queue *q = queue_of(10, 0);
    add_domains(q, 1, 5);
    struct attempt *a = next_at(q, "mx.dead.example", START);
    struct decision d =
        sim_report(q, a, sim_failure(0, STAGE_CONNECT, "connection refused"), START);
    assert_null(next_at(q, "mx.dead.example", START)); /* the other domains learn it untried */
    struct queue_counts counts;
    queue_count(q, &counts);
    assert_int_equal(counts.active, 0);
    struct effect e = sim_effect(q, START, EFFECT_STATE); /* of the one that was tried alone */
    assert_int_equal(e.id, 1);
    assert_false(queue_effect(q, START, &e));
    sim_add(q, 50, "a@x.example", "b@alive.example", START);
    a = next_at(q, "mx.alive.example", START);
    assert_true(a && a->id == 50);
    sim_report(q, a, OK, START);
    a = next_at(q, "mx.dead.example", d.retry_at); /* one asks for all */
    assert_non_null(a);
    assert_null(next_at(q, "mx.dead.example", d.retry_at));
    sim_report(q, a, OK, d.retry_at);
    assert_non_null(next_at(q, "mx.dead.example", d.retry_at));
    queue_free(&q, NULL, NULL);
}

static void too_many_connections_make_it_fewer_without_a_pause(void **state)
{
    (void)state;
    enum { STANDS = 4, MESSAGES = 2000 };
    struct queue *q = queue_of(50, 0);
    add_domains(q, 1, MESSAGES);
    struct attempt *under_way[64];
    size_t count = 0, delivered = 0, refused = 0;
    int64_t now = START;
    for (int rounds = 0; delivered < MESSAGES; rounds++, now += 100) {
        assert_true(rounds < 10 * MESSAGES);
        for (struct attempt *a; (a = next_at(q, "mx.x.example", now));)
            if (count < STANDS) {
                under_way[count++] = a;
            } else {
                sim_report(q, a, sim_reply(0, STAGE_CONNECT, 421, "4.7.0 Too many connections"),
                           now);
                refused++;
            }
        if (count) {
            sim_report(q, under_way[--count], OK, now);
            delivered++;
        }
        struct queue_counts counts;
        queue_count(q, &counts);
        assert_int_equal(counts.backing_off, 0);
    }
    assert_in_range(refused, 1,
                    MESSAGES / 20); /* it asks for more now and then, not all the time */
    queue_free(&q, NULL, NULL);
}

static void a_rate_limit_is_found_and_forgotten(void **state)
{
    (void)state;
    enum { MESSAGES = 600, LEAST_MS = 500 }; /* the site takes two in a second */
    struct queue *q = queue_of(10, 0);
    add_domains(q, 1, MESSAGES);
    int64_t now = START, last = 0;
    size_t delivered = 0, refused = 0;
    while (delivered < MESSAGES) {
        struct attempt *a = next_at(q, "mx.x.example", now);
        if (!a) {
            assert_true(queue_due(q) < INT64_MAX);
            now = queue_due(q) > now ? queue_due(q) : now + 1;
            continue;
        }
        now += 10;
        bool is_fast = now - last < LEAST_MS;
        sim_report(q, a,
                   is_fast ? sim_reply(0, STAGE_MAIL, 450,
                                       "4.7.28 Rate limit exceeded, try again in 30 seconds")
                           : OK,
                   now);
        delivered += !is_fast;
        refused += is_fast;
        last = now;
    }
    assert_in_range(refused, 1, MESSAGES / 8);
    assert_true(now - START < (int64_t)MESSAGES * LEAST_MS * 10);
    queue_free(&q, NULL, NULL);
}

/* Nothing waits for it any more, but the next mail does not begin from nothing. */
static void what_was_learned_outlives_the_mail(void **state)
{
    (void)state;
    enum { STANDS = 2, AT_ONCE = 10 };
    struct queue *q = queue_of(AT_ONCE, 0);
    int64_t now = START;
    size_t refused[2] = {0};
    for (size_t round = 0; round < 2; round++, now += HOUR / 2) {
        struct attempt *under_way[AT_ONCE];
        add_domains(q, 1 + 100 * round, 100);
        for (size_t count = 0, delivered = 0; delivered < 100; now += 100) {
            for (struct attempt *a; (a = next_at(q, "mx.x.example", now));)
                if (count < STANDS) {
                    under_way[count++] = a;
                } else {
                    sim_report(q, a, sim_reply(0, STAGE_CONNECT, 421, "4.7.0 Too many connections"),
                               now);
                    refused[round]++;
                }
            if (count) {
                sim_report(q, under_way[--count], OK, now);
                delivered++;
            }
        }
        for (struct effect e; queue_effect(q, now, &e);)
            assert_int_not_equal(e.kind, EFFECT_NOTICE);
    }
    assert_true(refused[0] > 0);
    assert_in_range(refused[1], 0, 1);
    queue_free(&q, NULL, NULL);
}

/* As often as it is asked until it answers at `back`; when it was found to answer. */
static int64_t look_until(struct queue *q, struct outcome dead, int64_t back, size_t *asked_r)
{
    struct attempt *a;
    for (int64_t now = START;; now = queue_due(q))
        while ((a = next_at(q, "mx.gone.example", now))) {
            ++*asked_r;
            sim_report(q, a, now < back ? dead : OK, now);
            assert_null(now < back ? next_at(q, "mx.gone.example", now) : NULL);
            if (now >= back)
                return now;
        }
}

/* A quarter of an hour late at most, or by a sixteenth of the time that it was gone; never asked by
 * more than one at a time, and seldom. Then everything flows. */
static void a_host_that_is_back_is_found_soon(void **state)
{
    static const struct {
        int64_t gone, late_most;
        size_t asked_most;
    } absences[] = {
        {20 * MINUTE, 17 * MINUTE, 5},      {90 * MINUTE, 17 * MINUTE, 10},
        {4 * HOUR, 17 * MINUTE, 20},        {DAY, 2 * HOUR, 50},
        {4 * DAY, 4 * HOUR + HOUR / 2, 80},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(absences) / sizeof(*absences); i++) {
        struct queue *q = queue_of(10, 0);
        size_t asked = 0, flowing = 0;
        add_domains(q, 1, 30);
        int64_t back = START + absences[i].gone;
        int64_t now =
            look_until(q, sim_failure(0, STAGE_CONNECT, "connection timed out"), back, &asked);
        print_message("# gone for %lld min: found %lld min late, asked %zu times\n",
                      (long long)(absences[i].gone / MINUTE), (long long)((now - back) / MINUTE),
                      asked);
        assert_true(now - back <= absences[i].late_most);
        assert_in_range(asked, 1, absences[i].asked_most);
        for (struct attempt *a; (a = next_at(q, "mx.gone.example", now)); flowing++)
            sim_report(q, a, OK, now);
        assert_int_equal(flowing, 29);
        struct queue_counts counts;
        queue_count(q, &counts);
        assert_int_equal(counts.active, 0);
        queue_free(&q, NULL, NULL);
    }
}

/* Who is there and does not want us now is left alone for longer and longer. */
static void who_refuses_is_not_asked_as_often(void **state)
{
    size_t asked = 0;
    struct queue *q = queue_of(10, 0);
    (void)state;
    add_domains(q, 1, 30);
    look_until(q, sim_reply(0, STAGE_CONNECT, 421, "4.3.2 Not now"), START + 10 * HOUR, &asked);
    assert_in_range(asked, 6, 9);
    queue_free(&q, NULL, NULL);
}

/* Comcast is known to hold on to it for two hours; the pauses grow beyond that. */
static void a_known_wait_is_the_least(void **state)
{
    (void)state;
    struct queue *q = queue_of(10, 0);
    int64_t now = START, pause = 0;
    add_domains(q, 1, 1);
    for (int tries = 0; tries < 8; tries++) {
        struct attempt *a = next_at(q, "comcast", now);
        assert_non_null(a);
        struct outcome o = sim_reply(0, STAGE_MAIL, 421, "Throttled - too many messages RL000001");
        o.host = SLICE("mx1.comcast.net");
        struct decision d = sim_report(q, a, o, now);
        pause = d.retry_at - now;
        assert_true(pause >= 2 * HOUR);
        now = d.retry_at;
    }
    assert_true(pause >= 4 * HOUR);
    queue_free(&q, NULL, NULL);
}

static void keeps_the_pace_that_is_set(void **state)
{
    (void)state;
    struct queue *q = queue_of(10, MINUTE);
    add_domains(q, 1, 10);
    for (int64_t now = START; now < START + 3 * MINUTE; now += MINUTE) {
        struct attempt *a = next_at(q, "mx.x.example", now);
        assert_non_null(a);
        sim_report(q, a, OK, now);
        assert_null(next_at(q, "mx.x.example", now + MINUTE - 1));
    }
    sim_add(q, 50, "a@x.example", "b@other.example", START);
    struct attempt *a = next_at(q, "mx.other.example", START + 3 * MINUTE - 1);
    assert_true(a && a->id == 50);
    queue_free(&q, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_of_a_site_share_its_connections),
        cmocka_unit_test(trouble_of_a_site_is_trouble_of_all_its_domains_and_of_no_other),
        cmocka_unit_test(too_many_connections_make_it_fewer_without_a_pause),
        cmocka_unit_test(a_rate_limit_is_found_and_forgotten),
        cmocka_unit_test(what_was_learned_outlives_the_mail),
        cmocka_unit_test(keeps_the_pace_that_is_set),
        cmocka_unit_test(a_known_wait_is_the_least),
        cmocka_unit_test(a_host_that_is_back_is_found_soon),
        cmocka_unit_test(who_refuses_is_not_asked_as_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
