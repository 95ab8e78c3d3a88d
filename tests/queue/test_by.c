/* DELIVERBY (RFC 2852): what is late goes back, or its sender is told of it. */
#include "check.h"
#include "sim.h"

enum { BY_MS = 60 * 60 * 1000 };

static void add_by(struct queue *q, enum by_mode mode, bool has_trace, uint8_t notify)
{
    struct sim_envelope s;
    struct err err;
    sim_envelope(&s, "a@x.example", "b@y.example", START);
    s.e.by_mode = mode;
    s.e.by_trace = has_trace;
    s.e.deliver_by = START + BY_MS;
    s.e.recipients[0].notify = notify;
    struct queue_message m = {.id = 1, .envelope = &s.e};
    assert_true(queue_add(q, &m, START, &err));
}

static void report(struct queue *q, int64_t now, uint16_t code, bool is_by_passed)
{
    struct attempt *a = queue_next(q, now);
    assert_non_null(a);
    struct outcome o = sim_reply(UINT32_MAX, STAGE_RCPT, code, "said");
    o.is_by_passed = is_by_passed;
    o.is_dsn_passed = true;
    sim_report(q, a, o, now);
}

/* The next notice; EFFECT_END: there is none. */
static struct effect next_notice(struct queue *q, int64_t now)
{
    struct effect e = {.kind = EFFECT_END};
    while (queue_effect(q, now, &e))
        if (e.kind == EFFECT_NOTICE)
            return e;
    return (struct effect){.kind = EFFECT_END};
}

static void what_is_late_goes_back(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    add_by(q, BY_RETURN, false, 0);
    report(q, START, 450, true);
    assert_int_equal(next_notice(q, START + BY_MS - 1).kind, EFFECT_END);
    struct effect e = next_notice(q, START + BY_MS);
    assert_int_equal(e.kind, EFFECT_NOTICE);
    assert_int_equal(e.notice, NOTICE_FAILURE);
    assert_true(e.recipients[0].expired);
    queue_free(&q, NULL, NULL);
}

static void who_wants_to_be_told_is_told_and_it_goes_on(void **state)
{
    (void)state;
    static const uint8_t notifies[] = {0, NOTIFY_FAILURE, NOTIFY_DELAY};
    for (size_t i = 0; i < sizeof(notifies); i++) {
        struct queue *q = sim_queue();
        add_by(q, BY_NOTIFY, false, notifies[i]);
        report(q, START, 450, true);
        assert_int_equal(next_notice(q, START + BY_MS - 1).kind, EFFECT_END);
        struct effect e = next_notice(q, START + BY_MS);
        assert_int_equal(e.kind, EFFECT_NOTICE);
        assert_int_equal(e.notice, NOTICE_DELAY);
        queue_notice_done(q, 1, true, START + BY_MS);
        assert_int_equal(next_notice(q, START + 2 * BY_MS).kind, EFFECT_END); /* once */
        report(q, START + 2 * BY_MS, 250, true);
        queue_free(&q, NULL, NULL);
    }
}

static void who_wants_to_hear_nothing_does_not(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    add_by(q, BY_NOTIFY, true, NOTIFY_NEVER);
    report(q, START, 450, false);
    assert_int_equal(next_notice(q, START + 2 * BY_MS).kind, EFFECT_END);
    report(q, START + 2 * BY_MS, 250, false);
    assert_int_equal(next_notice(q, START + 2 * BY_MS).kind, EFFECT_END);
    queue_free(&q, NULL, NULL);
}

static void the_last_who_knows_the_time_tells_and_each_in_a_trace(void **state)
{
    (void)state;
    static const struct {
        enum by_mode mode;
        bool has_trace, is_by_passed, is_told;
    } cases[] = {{BY_NOTIFY, false, true, false}, {BY_NOTIFY, false, false, true},
                 {BY_NOTIFY, true, true, true},   {BY_RETURN, false, true, false},
                 {BY_RETURN, true, true, true},   {BY_NONE, false, false, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct queue *q = sim_queue();
        add_by(q, cases[i].mode, cases[i].has_trace, 0);
        report(q, START, 250, cases[i].is_by_passed);
        struct effect e = next_notice(q, START);
        assert_int_equal(e.kind, cases[i].is_told ? EFFECT_NOTICE : EFFECT_END);
        if (cases[i].is_told)
            assert_int_equal(e.notice, NOTICE_SUCCESS);
        queue_free(&q, NULL, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_late_goes_back),
        cmocka_unit_test(who_wants_to_be_told_is_told_and_it_goes_on),
        cmocka_unit_test(who_wants_to_hear_nothing_does_not),
        cmocka_unit_test(the_last_who_knows_the_time_tells_and_each_in_a_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
