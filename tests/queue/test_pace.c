/* How fast a site can be given mail, found from its complaints alone. */
#include "queue/pace.h"

#include <limits.h>

#include "sim.h"

/* Takes `rate` messages a second, `burst` more after a quiet time; who is faster is shut out for
 * `penalty` ms. */
struct model {
    double rate, burst, tokens;
    int64_t penalty, closed_until, counted;
};

static bool takes(struct model *m, int64_t now)
{
    m->tokens += m->rate * (double)(now - m->counted) / 1000;
    m->tokens = m->tokens < m->burst ? m->tokens : m->burst;
    m->counted = now;
    if (now < m->closed_until)
        return false;
    if (m->tokens < 1) {
        m->closed_until = now + m->penalty;
        return false;
    }
    m->tokens--;
    return true;
}

struct run {
    struct pace pace;
    struct model model;
    int64_t now;
    unsigned taken, refused;
    unsigned most, least; /* taken in a minute */
};

/* There is always more to send. */
static void run(struct run *r, int64_t ms)
{
    enum { EVERY = 5, PAUSE = 30 * 1000 };
    int64_t end = r->now + ms, minute = r->now, next = r->now, pause = PAUSE;
    unsigned before = 0;
    *r = (struct run){r->pace, r->model, r->now, .least = UINT_MAX};
    for (; r->now < end; r->now += EVERY) {
        while (next <= r->now && next < end) {
            next = pace_begin(&r->pace, 0, r->now);
            if (takes(&r->model, r->now)) {
                pace_took(&r->pace, r->now);
                r->taken++;
                pause = PAUSE;
            } else {
                pace_refused(&r->pace, r->now);
                r->refused++;
                next = r->now + pause;
                pause *= 4;
            }
            next = next > r->now ? next : r->now + 1;
        }
        if (r->now - minute < MINUTE)
            continue;
        minute = r->now;
        r->most = r->taken - before > r->most ? r->taken - before : r->most;
        r->least = r->taken - before < r->least ? r->taken - before : r->least;
        before = r->taken;
    }
}

static void finds_a_rate_and_stays_near(void **state)
{
    (void)state;
    static const double rates[] = {0.2, 2, 15, 60};
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        struct run r = {.now = START,
                        .model = {.rate = rates[i], .burst = 10 * rates[i], .counted = START}};
        run(&r, HOUR);
        run(&r, 6 * HOUR);
        double most = rates[i] * 6 * 3600;
        assert_true(r.taken > most * 0.85 && r.taken <= most * 1.01);
        assert_in_range(r.refused, 0, 30); /* a complaint in ten minutes, at most */
        if (rates[i] >= 2)                 /* no minute in which it is half as fast */
            assert_true(r.least > rates[i] * 60 * 0.45);
    }
}

static void a_pause_that_was_too_short_makes_it_no_slower(void **state)
{
    (void)state;
    struct run r = {.now = START, .model = {10, 100, .counted = START, .penalty = 5 * MINUTE}};
    run(&r, HOUR);
    run(&r, 6 * HOUR);
    assert_true(r.taken > 10 * 6 * 3600 * 0.6);
    assert_true(r.most < 10 * 60 * 1.3);
    struct pace p = {0};
    pace_refused(&p, START);
    assert_false(pace_is_known(&p)); /* nothing was taken yet */
}

static void follows_a_site_that_takes_less_or_more(void **state)
{
    (void)state;
    struct run r = {.now = START, .model = {20, 200, .counted = START}};
    run(&r, 2 * HOUR);
    r.model.rate = 5;
    run(&r, 10 * MINUTE);
    run(&r, 2 * HOUR);
    assert_true(r.taken > 5 * 7200 * 0.85);
    r.model.rate = 50;
    run(&r, HOUR);
    run(&r, HOUR);
    assert_true(r.taken > 50 * 3600 * 0.85);
}

static void a_pace_that_nobody_needs_does_not_grow(void **state)
{
    (void)state;
    struct run r = {.now = START, .model = {20, 200, .counted = START}};
    run(&r, HOUR);
    int64_t step = r.pace.step;
    assert_true(pace_is_known(&r.pace));
    for (int i = 0; i < 2000; i++, r.now += 2000) { /* a tenth of what it stands */
        (void)pace_begin(&r.pace, 0, r.now);
        pace_took(&r.pace, r.now);
    }
    assert_int_equal(r.pace.step, step);
}

static void makes_up_for_a_late_scheduler_and_for_no_more(void **state)
{
    (void)state;
    struct pace p = {.step = 10 * 1000};
    assert_int_equal(pace_begin(&p, 0, START), START + 10);
    assert_int_equal(pace_begin(&p, 0, START + 15), START + 20);
    assert_int_equal(pace_begin(&p, 0, START + 500), START + 510);
    assert_int_equal(pace_begin(&p, 60, START + 510), START + 570); /* what is set counts too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_rate_and_stays_near),
        cmocka_unit_test(a_pause_that_was_too_short_makes_it_no_slower),
        cmocka_unit_test(follows_a_site_that_takes_less_or_more),
        cmocka_unit_test(a_pace_that_nobody_needs_does_not_grow),
        cmocka_unit_test(makes_up_for_a_late_scheduler_and_for_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
