/* Weeks of random outcomes over many messages: each recipient ends exactly once, nothing is tried
 * twice at a time, and after a crash the same holds with what was stored. */
#include "base/fault.h"
#include "queue/queue.h"

#include "sim.h"

enum { MESSAGES = 300, RECIPIENTS_MAX = 8, IN_FLIGHT_MAX = 64, STATE_MAX = 8192 };

/* What the world outside knows of a message. */
struct record {
    struct sim_envelope envelope;
    char text[RECIPIENTS_MAX * 24];
    char state[STATE_MAX];
    size_t state_len;
    bool has_ended;
    bool is_active[RECIPIENTS_MAX];
    uint8_t delivered[RECIPIENTS_MAX]; /* how often */
    uint8_t told[RECIPIENTS_MAX];      /* failure notices */
};

struct world {
    struct queue *q;
    struct record records[MESSAGES];
    struct attempt *attempts[IN_FLIGHT_MAX];
    size_t in_flight;
    uint64_t random;
    int64_t now;
    size_t ended;
    bool may_repeat; /* a crash came between a delivery and its record */
};

static unsigned pick(struct world *w, unsigned below)
{
    w->random = w->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(w->random >> 33) % below;
}

static void make_message(struct world *w, size_t n)
{
    static const char *const domains[] = {"a.example", "b.example", "dead.example", "slow.example",
                                          "local.example"};
    struct record *r = &w->records[n];
    size_t len = 0, count = 1 + pick(w, RECIPIENTS_MAX);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(r->text + len, sizeof(r->text) - len, "u%zu@%s ", i,
                                domains[pick(w, 5)]);
    sim_envelope(&r->envelope, pick(w, 8) ? "s@x.example" : "", r->text, w->now);
}

static void add(struct world *w, size_t n)
{
    struct record *r = &w->records[n];
    struct err err;
    struct queue_message m = {.id = n + 1,
                              .envelope = &r->envelope.e,
                              .state = slice_of(r->state, r->state_len),
                              .content = r};
    assert_true(queue_add(w->q, &m, w->now, &err));
    assert_int_equal(err.code, ERR_OK);
}

static void begin(struct world *w)
{
    while (w->in_flight < IN_FLIGHT_MAX) {
        struct attempt *a = queue_next(w->q, w->now);
        if (!a)
            return;
        struct record *r = &w->records[a->id - 1];
        assert_false(r->has_ended);
        assert_true(a->count > 0);
        for (size_t i = 0; i < a->count; i++) {
            assert_false(r->is_active[a->recipients[i]]);
            r->is_active[a->recipients[i]] = true;
        }
        w->attempts[w->in_flight++] = a;
    }
}

static struct outcome random_outcome(struct world *w, const struct attempt *a, uint32_t recipient)
{
    if (slice_eq(a->route.destination, SLICE("dead.example")))
        return sim_failure(recipient, STAGE_CONNECT, "connection refused");
    switch (pick(w, 9)) {
    case 0:
        return sim_reply(recipient, STAGE_RCPT, 550, "5.1.1 User unknown");
    case 1:
        return sim_reply(recipient, STAGE_RCPT, 450, "4.2.0 Greylisted, try again later");
    case 2:
        return sim_reply(recipient, STAGE_RCPT, 452, "4.2.2 Mailbox full");
    case 3:
        return sim_reply(recipient, STAGE_RCPT, 452, "4.5.3 Too many recipients");
    case 4:
        return sim_reply(recipient, STAGE_CONNECT, 421, "4.3.2 shutting down");
    case 5:
        return sim_failure(recipient, STAGE_DATA, "connection lost");
    default:
        return sim_reply(recipient, STAGE_END_OF_DATA, 250, "2.0.0 Ok");
    }
}

static void count_delivery(struct record *r, uint32_t recipient, const struct outcome *o)
{
    if (o->reply.code == 250)
        r->delivered[recipient]++;
}

static void finish_one(struct world *w)
{
    size_t which = pick(w, (unsigned)w->in_flight), count = 0;
    struct attempt *a = w->attempts[which];
    struct record *r = &w->records[a->id - 1];
    struct outcome outcomes[RECIPIENTS_MAX + 1];
    struct decision decisions[RECIPIENTS_MAX + 1];
    bool is_all = pick(w, 4) == 0;
    w->attempts[which] = w->attempts[--w->in_flight];
    for (size_t i = 0; i < a->count; i++) {
        uint32_t recipient = a->recipients[i];
        r->is_active[recipient] = false;
        if (is_all || pick(w, 10) == 0) /* some are not tried */
            continue;
        outcomes[count] = random_outcome(w, a, recipient);
        count_delivery(r, recipient, &outcomes[count]);
        count++;
    }
    if (is_all) {
        outcomes[0] = random_outcome(w, a, OUTCOME_ALL);
        for (size_t i = 0; i < a->count; i++)
            count_delivery(r, a->recipients[i], &outcomes[0]);
        count = 1;
    }
    queue_report(w->q, &a, outcomes, count, decisions, w->now);
    for (size_t i = 0; i < count; i++)
        assert_true(outcomes[i].at == w->now);
}

static void check_end(struct world *w, struct record *r)
{
    bool has_sender = r->envelope.e.sender.len > 0;
    for (size_t i = 0; i < r->envelope.e.count; i++) {
        unsigned ends = (unsigned)(r->delivered[i] > 0) + (unsigned)(r->told[i] > 0);
        if (has_sender || ends)
            assert_true(w->may_repeat ? ends >= 1 : ends == 1);
        if (!w->may_repeat)
            assert_true(r->delivered[i] + r->told[i] <= 1);
        assert_false(r->is_active[i]);
    }
    assert_false(r->has_ended);
    r->has_ended = true;
    w->ended++;
}

static void take_notice(struct world *w, struct record *r, const struct effect *e)
{
    bool written = pick(w, 5) > 0;
    assert_true(r->envelope.e.sender.len > 0);
    assert_int_equal(e->notice, NOTICE_FAILURE);
    for (size_t i = 0; i < e->count; i++) {
        /* only a crash can make it forget what kept a destination from being tried */
        assert_true(e->recipients[i].outcome || (w->may_repeat && e->recipients[i].expired));
        r->told[e->recipients[i].recipient] += written;
    }
    queue_notice_done(w->q, e->id, written, w->now);
}

static void take_effects(struct world *w)
{
    struct effect e;
    while (queue_effect(w->q, w->now, &e)) {
        struct record *r = &w->records[e.id - 1];
        switch (e.kind) {
        case EFFECT_STATE:
            assert_true(e.state.len <= sizeof(r->state));
            memcpy(r->state, e.state.at, e.state.len);
            r->state_len = e.state.len;
            break;
        case EFFECT_NOTICE:
            take_notice(w, r, &e);
            break;
        case EFFECT_END:
            check_end(w, r);
            break;
        }
    }
}

/* The queue is gone, with all that was under way; the records are what the spool has. */
static void crash(struct world *w, const struct queue_options *o)
{
    queue_free(&w->q, NULL, NULL);
    w->in_flight = 0;
    w->may_repeat = true;
    w->q = queue_new(&heap, o);
    for (size_t n = 0; n < MESSAGES; n++)
        if (!w->records[n].has_ended && w->records[n].envelope.e.count) {
            memset(w->records[n].is_active, 0, sizeof(w->records[n].is_active));
            add(w, n);
        }
}

static void run(uint64_t seed, bool with_crashes)
{
    static struct world w;
    struct queue_options o = sim_options();
    o.recipients = 5;
    o.concurrency = 3;
    w = (struct world){.random = seed, .now = START};
    w.q = queue_new(&heap, &o);
    size_t added = 0, steps = 0;
    for (; w.ended < MESSAGES; steps++) {
        assert_true(steps < 1000000);
        if (added < MESSAGES && pick(&w, 3) == 0) {
            make_message(&w, added);
            add(&w, added++);
        }
        begin(&w);
        if (w.in_flight && pick(&w, 4))
            finish_one(&w);
        take_effects(&w);
        if (with_crashes && pick(&w, 200) == 0)
            crash(&w, &o);
        int64_t due = queue_due(w.q);
        if (added == MESSAGES && w.in_flight == 0 && due < INT64_MAX && due > w.now)
            w.now = due;
        else
            w.now += pick(&w, MINUTE);
    }
    struct queue_counts counts;
    queue_count(w.q, &counts);
    assert_int_equal(counts.messages, 0);
    assert_int_equal(counts.active, 0);
    queue_free(&w.q, NULL, NULL);
}

static void each_recipient_ends_exactly_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        run(seed, false);
}

static void nothing_is_lost_over_crashes(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 110; seed++)
        run(seed, true);
}

/* One message from beginning to end; false when memory ended on the way and nothing was broken. */
static bool one_life(struct queue *q)
{
    struct sim_envelope s;
    struct err err;
    struct queue_message m = {
        .id = 1, .envelope = sim_envelope(&s, "a@x.example", "b@y.example c@z.example", START)};
    if (!queue_add(q, &m, START, &err)) {
        assert_int_equal(err.code, ERR_MEMORY);
        struct queue_counts counts;
        queue_count(q, &counts);
        assert_int_equal(counts.messages, 0);
        assert_int_equal(counts.destinations, 0);
        return false;
    }
    bool has_ended = false, has_notice = false;
    int64_t now = START;
    for (int round = 0; round < 50 && !has_ended; round++, now += MINUTE) {
        struct effect e;
        for (struct attempt *a; (a = queue_next(q, now));)
            sim_report(q, a, sim_reply(0, STAGE_RCPT, 550, "5.1.1 User unknown"), now);
        while (queue_effect(q, now, &e)) {
            has_ended = has_ended || e.kind == EFFECT_END;
            if (e.kind != EFFECT_NOTICE)
                continue;
            has_notice = true;
            queue_notice_done(q, 1, true, now);
            queue_command(q, QUEUE_REMOVE, &(struct queue_filter){0}, false, now);
        }
    }
    assert_true(has_ended && has_notice);
    return true;
}

static void survives_the_end_of_memory_anywhere(void **state)
{
    (void)state;
    long passed = 0;
    for (long after = 0; passed < 3; after++) {
        struct fault fault = {.after = after};
        struct mem mem = {failing_take, failing_give, &fault};
        struct queue_options o = sim_options();
        struct queue *q = queue_new(&mem, &o);
        assert_true(after < 200);
        if (!q)
            continue;
        one_life(q);
        passed = fault.after >= 0 ? passed + 1 : 0;
        queue_free(&q, NULL, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_recipient_ends_exactly_once),
        cmocka_unit_test(nothing_is_lost_over_crashes),
        cmocka_unit_test(survives_the_end_of_memory_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
