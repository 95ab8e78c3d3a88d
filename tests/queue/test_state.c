#include "queue/state.h"

#include "base/fault.h"
#include "sim.h"

enum { COUNT = 4 };

static void fill(struct recipient_state *states)
{
    struct outcome o = sim_reply(OUTCOME_ALL, STAGE_RCPT, 452, "4.2.2 Mailbox full\nsecond");
    struct outcome lost = sim_failure(OUTCOME_ALL, STAGE_CONNECT, "connection refused");
    o.at = START;
    struct kept *k = kept_new(&heap, &o);
    states[0] = (struct recipient_state){.status = RECIPIENT_DELIVERED, .attempts = 1};
    states[1] = (struct recipient_state){
        .status = RECIPIENT_ACTIVE, .attempts = 3, .repeats = 2, .due = START + 1, .last = k};
    states[2] = (struct recipient_state){.status = RECIPIENT_FAILED,
                                         .flags = RECIPIENT_EXPIRED | RECIPIENT_IN_NOTICE,
                                         .last = kept_hold(k)};
    states[3] = (struct recipient_state){
        .status = RECIPIENT_WAITING, .flags = RECIPIENT_DELAY_TOLD, .last = kept_new(&heap, &lost)};
}

static void encode(struct buf *out)
{
    struct recipient_state states[COUNT] = {0};
    fill(states);
    buf_init(out, &heap, 4096);
    state_encode(out, states, COUNT, true);
    assert_false(out->failed);
    state_forget(&heap, states, COUNT);
}

static void reads_back_what_was_written(void **state)
{
    (void)state;
    struct buf b;
    encode(&b);
    struct recipient_state s[COUNT] = {0};
    struct err err = {0};
    bool held = false;
    assert_true(state_decode(buf_slice(&b), &heap, s, COUNT, &held, &err));
    assert_true(held);
    assert_int_equal(s[0].status, RECIPIENT_DELIVERED);
    assert_int_equal(s[0].attempts, 1);
    assert_null(s[0].last);
    assert_int_equal(s[1].status, RECIPIENT_WAITING); /* the attempt did not survive */
    assert_int_equal(s[1].repeats, 2);
    assert_true(s[1].due == START + 1);
    const struct outcome *o = &s[1].last->outcome;
    assert_int_equal(o->stage, STAGE_RCPT);
    assert_int_equal(o->reply.code, 452);
    assert_int_equal(o->reply.enhanced.subject, 2);
    assert_slice(o->reply.text, "Mailbox full\nsecond");
    assert_slice(o->host, "mx.example.org");
    assert_true(o->at == START);
    assert_ptr_equal(s[2].last, s[1].last); /* shared as before */
    assert_int_equal(s[2].flags, RECIPIENT_EXPIRED);
    assert_int_equal(s[3].flags, RECIPIENT_DELAY_TOLD);
    assert_slice(s[3].last->outcome.failure, "connection refused");
    state_forget(&heap, s, COUNT);
    buf_free(&b);
}

static void refuses_every_cut_and_every_other_count(void **state)
{
    (void)state;
    struct buf b;
    encode(&b);
    struct recipient_state s[COUNT + 1] = {0};
    bool held;
    for (size_t len = 0; len < b.len; len++) {
        struct err err = {0};
        assert_false(state_decode(slice_of(b.at, len), &heap, s, COUNT, &held, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
        assert_null(s[1].last);
        assert_false(held);
    }
    for (size_t count = 0; count <= COUNT + 1; count++) {
        struct err err = {0};
        assert_int_equal(state_decode(buf_slice(&b), &heap, s, count, &held, &err), count == COUNT);
        state_forget(&heap, s, count);
    }
    buf_add_char(&b, 0);
    struct err err = {0};
    assert_false(state_decode(buf_slice(&b), &heap, s, COUNT, &held, &err));
    buf_free(&b);
}

static void refuses_a_shared_outcome_without_one(void **state)
{
    (void)state;
    struct recipient_state s[1] = {0};
    struct err err = {0};
    bool held;
    /* version, flags, count; status, flags, attempts, repeats, due, LAST_SHARED */
    struct slice in = SLICE("\x01\x00\x01\x00\x00\x00\x00\x00\x02");
    assert_false(state_decode(in, &heap, s, 1, &held, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    static char text[OUTCOME_TEXT_MAX + 100];
    memset(text, 'x', sizeof(text));
    struct outcome o = {.reply.code = 550,
                        .reply.text = slice_of(text, sizeof(text)),
                        .failure = slice_of(text, sizeof(text)),
                        .host = slice_of(text, sizeof(text))};
    struct kept *k = kept_new(&heap, &o);
    assert_int_equal(k->outcome.reply.text.len, OUTCOME_TEXT_MAX);
    assert_int_equal(k->outcome.failure.len, OUTCOME_TEXT_MAX);
    assert_int_equal(k->outcome.host.len, OUTCOME_HOST_MAX);
    kept_drop(&heap, k);
}

static void survives_the_end_of_memory(void **state)
{
    (void)state;
    struct buf b;
    encode(&b);
    for (long after = 0; after < 2; after++) {
        struct fault fault = {.after = after};
        struct mem mem = {failing_take, failing_give, &fault};
        struct recipient_state s[COUNT] = {0};
        struct err err = {0};
        bool held;
        assert_false(state_decode(buf_slice(&b), &mem, s, COUNT, &held, &err));
        assert_int_equal(err.code, ERR_MEMORY);
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(refuses_every_cut_and_every_other_count),
        cmocka_unit_test(refuses_a_shared_outcome_without_one),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(survives_the_end_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
