/* What a crash, or a spool that takes nothing, makes of what the queue knew. */
#include "check.h"
#include "sim.h"

/* What the spool could not take comes again, with what is known by then. */
static void a_state_that_was_lost_is_told_again(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example c@z.example", START);
    struct attempt *a = queue_next(q, START);
    sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), START);
    sim_effect(q, START, EFFECT_STATE);
    no_effect(q, START);
    queue_state_lost(q, 7); /* one that is gone since then */
    no_effect(q, START);
    queue_state_lost(q, 1);
    struct effect e = sim_effect(q, START, EFFECT_STATE);
    assert_true(e.state.len > 0);
    no_effect(q, START);
    a = queue_next(q, START);
    queue_state_lost(q, 1);
    sim_report(q, a, sim_reply(1, STAGE_END_OF_DATA, 250, "Ok"), START);
    sim_effect(q, START, EFFECT_END);
    queue_state_lost(q, 1);
    no_effect(q, START);
    queue_free(&q, NULL, NULL);
}

/* The crash came when the notice was in the spool, and what it tells of was not: the last record
 * says that all still wait. */
static void a_notice_that_is_there_is_not_sent_again(void **state)
{
    (void)state;
    static const uint32_t told[] = {1, 2, 99};
    static const uint8_t kinds[] = {NOTICE_FAILURE, NOTICE_SUCCESS};
    for (size_t i = 0; i < sizeof(kinds); i++) {
        struct queue *q = sim_queue();
        sim_add(q, 1, "a@x.example", "b@y.example c@y.example d@z.example", START);
        struct envelope_tells tells = {1, kinds[i], told, 3};
        queue_notice_found(q, &tells, START);
        tells.message = 7; /* one that is gone since then */
        queue_notice_found(q, &tells, START);
        sim_effect(q, START, EFFECT_STATE);
        no_effect(q, START);
        struct attempt *a = queue_next(q, START);
        assert_non_null(a);
        assert_int_equal(a->count, 1);
        assert_int_equal(a->recipients[0], 0);
        assert_null(queue_next(q, START));
        sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), START);
        sim_effect(q, START, EFFECT_END);
        queue_free(&q, NULL, NULL);
    }
}

/* What had come to its end by then stays as it is, and an unknown kind of notice changes nothing.
 */
static void a_notice_that_is_there_undoes_nothing(void **state)
{
    (void)state;
    static const uint32_t told[] = {0};
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example c@z.example", START);
    struct attempt *a = queue_next(q, START);
    sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), START);
    sim_effect(q, START, EFFECT_STATE);
    queue_notice_found(q, &(struct envelope_tells){1, NOTICE_FAILURE, told, 1}, START);
    sim_effect(q, START, EFFECT_STATE);
    no_effect(q, START);
    static const uint32_t other[] = {1};
    queue_notice_found(q, &(struct envelope_tells){1, 15, other, 1}, START);
    no_effect(q, START);
    a = queue_next(q, START);
    assert_non_null(a);
    sim_report(q, a, sim_reply(1, STAGE_END_OF_DATA, 250, "Ok"), START);
    sim_effect(q, START, EFFECT_END);
    queue_free(&q, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_that_was_lost_is_told_again),
        cmocka_unit_test(a_notice_that_is_there_is_not_sent_again),
        cmocka_unit_test(a_notice_that_is_there_undoes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
