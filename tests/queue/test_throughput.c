/* A thousand sites, of which some are dead and some take little: the others get their mail as fast
 * as if these were not there. The real queue, with simulated time. */
#include "queue/queue.h"

#include "sim.h"

enum {
    SITES = 1000,
    DEAD = 300,
    SLOW = 100,
    MESSAGES = 20, /* for each site */
    AT_ONCE = 500,
    UNDER_WAY_MAX = 2 * AT_ONCE,
    ANSWER_MS = 200,
    TIMEOUT_MS = 30 * 1000,
    SLOW_MS = 10 * 1000, /* a slow site takes one message in that time */
};

/* In the order of the sites; sites that are no good are spread among the others. */
enum kind { HEALTHY, IS_DEAD, IS_SLOW };

static enum kind kind_of(unsigned site)
{
    return site % 10 < 3 ? IS_DEAD : site % 10 == 3 ? IS_SLOW : HEALTHY;
}

struct under_way {
    struct attempt *attempt;
    unsigned site;
    int64_t ends;
};

struct world {
    struct queue *q;
    struct under_way attempts[UNDER_WAY_MAX];
    size_t count;
    int64_t took[SITES]; /* when it took the last message */
    size_t healthy_left;
    int64_t now;
};

static unsigned site_of(const struct attempt *a)
{
    return (unsigned)(a->id - 1) % SITES;
}

static void begin(struct world *w)
{
    struct attempt *a;
    while ((a = queue_next(w->q, w->now))) {
        char name[32];
        unsigned site = site_of(a);
        (void)snprintf(name, sizeof(name), "mx%u.example", site);
        if (!queue_admit(w->q, &a, slice_str(name), 0, w->now))
            continue;
        assert_true(w->count < UNDER_WAY_MAX);
        w->attempts[w->count++] = (struct under_way){
            a, site, w->now + (kind_of(site) == IS_DEAD ? TIMEOUT_MS : ANSWER_MS)};
    }
}

static void end(struct world *w, struct under_way u)
{
    struct outcome o = sim_reply(OUTCOME_ALL, STAGE_END_OF_DATA, 250, "2.0.0 Ok");
    bool is_refused = kind_of(u.site) == IS_SLOW && w->now - w->took[u.site] < SLOW_MS;
    if (kind_of(u.site) == IS_DEAD)
        o = sim_failure(OUTCOME_ALL, STAGE_CONNECT, "connection timed out");
    else if (is_refused)
        o = sim_reply(OUTCOME_ALL, STAGE_MAIL, 450, "4.7.28 Rate limit exceeded");
    else
        w->took[u.site] = w->now;
    w->healthy_left -= kind_of(u.site) == HEALTHY;
    sim_report(w->q, u.attempt, o, w->now);
}

static void end_all_due(struct world *w)
{
    for (size_t i = 0; i < w->count;) {
        struct under_way u = w->attempts[i];
        if (u.ends > w->now) {
            i++;
            continue;
        }
        w->attempts[i] = w->attempts[--w->count];
        end(w, u);
    }
}

/* Until the healthy sites have all their mail; how long that took. */
static int64_t run(bool with_bad_ones)
{
    static struct world w;
    struct queue_options o = sim_options();
    o.attempts = o.probes = AT_ONCE;
    w = (struct world){.q = queue_new(&heap, &o), .now = START};
    for (unsigned i = 0; i < SITES * MESSAGES; i++) {
        char to[32];
        if (kind_of(i % SITES) != HEALTHY && !with_bad_ones)
            continue;
        (void)snprintf(to, sizeof(to), "b@d%u.example", i % SITES);
        sim_add(w.q, i + 1, "a@x.example", to, START);
        w.healthy_left += kind_of(i % SITES) == HEALTHY;
    }
    for (; w.healthy_left; w.now += 10) {
        struct effect e;
        assert_true(w.now < START + HOUR);
        end_all_due(&w);
        begin(&w);
        while (queue_effect(w.q, w.now, &e))
            assert_int_not_equal(e.kind, EFFECT_NOTICE);
    }
    queue_free(&w.q, NULL, NULL);
    return w.now - START;
}

static void dead_and_slow_sites_cost_the_others_nothing(void **state)
{
    (void)state;
    int64_t alone = run(false), together = run(true);
    print_message("# healthy sites alone: %lld ms, with dead and slow ones: %lld ms\n",
                  (long long)alone, (long long)together);
    assert_true(together <= alone + alone / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_and_slow_sites_cost_the_others_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
