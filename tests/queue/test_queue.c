#include "queue/queue.h"

#include "sim.h"

static void delivers_and_ends(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    int content = 0;
    struct sim_envelope s;
    struct err err;
    struct queue_message m = {.id = 7,
                              .envelope = sim_envelope(&s, "a@x.example", "b@y.example", START),
                              .content = &content};
    assert_true(queue_add(q, &m, START, &err));
    assert_false(queue_add(q, &m, START, &err));
    assert_int_equal(err.code, ERR_STATE);
    no_effect(q, START);
    struct attempt *a = queue_next(q, START);
    assert_non_null(a);
    assert_null(queue_next(q, START));
    assert_true(a->id == 7);
    assert_int_equal(a->count, 1);
    assert_ptr_equal(a->content, &content);
    assert_slice(a->route.destination, "y.example");
    assert_slice(a->envelope->sender, "a@x.example");
    struct decision d = sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "2.0.0 Ok"), START);
    assert_int_equal(d.verdict, VERDICT_DELIVERED);
    struct effect e = sim_effect(q, START, EFFECT_END);
    assert_true(e.id == 7);
    assert_ptr_equal(e.content, &content);
    no_effect(q, START);
    assert_true(queue_due(q) == INT64_MAX);
    queue_free(&q, NULL, NULL);
}

static void retries_a_recipient_and_lets_the_content_go(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    int content = 0;
    struct sim_envelope s;
    struct err err;
    struct queue_message m = {.id = 7,
                              .envelope = sim_envelope(&s, "a@x.example", "b@y.example", START),
                              .content = &content};
    assert_true(queue_add(q, &m, START, &err));
    struct decision d = sim_report(q, queue_next(q, START),
                                   sim_reply(0, STAGE_RCPT, 452, "4.2.2 Mailbox full"), START);
    assert_int_equal(d.verdict, VERDICT_RETRY);
    assert_true(d.retry_at >= START + 5 * MINUTE && d.retry_at <= START + 6 * MINUTE);
    struct effect e = sim_effect(q, START, EFFECT_STATE);
    assert_ptr_equal(e.content, &content);
    assert_true(queue_due(q) == d.retry_at);
    assert_null(queue_next(q, d.retry_at - 1));
    struct attempt *a = queue_next(q, d.retry_at);
    assert_non_null(a);
    assert_null(a->content);
    assert_int_equal(a->attempts, 1);
    sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"), d.retry_at);
    sim_effect(q, d.retry_at, EFFECT_END);
    queue_free(&q, NULL, NULL);
}

static void bounces_with_a_notice(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example c@y.example", START);
    struct attempt *a = queue_next(q, START);
    assert_int_equal(a->count, 2);
    struct outcome o[] = {sim_reply(1, STAGE_RCPT, 550, "5.1.1 No such user"),
                          sim_reply(OUTCOME_ALL, STAGE_END_OF_DATA, 250, "Ok")};
    queue_report(q, &a, o, 2, NULL, START);
    sim_effect(q, START, EFFECT_STATE);
    struct effect e = sim_effect(q, START, EFFECT_NOTICE);
    assert_int_equal(e.notice, NOTICE_FAILURE);
    assert_int_equal(e.count, 1);
    assert_int_equal(e.recipients[0].recipient, 1);
    assert_false(e.recipients[0].expired);
    assert_slice(e.recipients[0].outcome->reply.text, "No such user");
    assert_slice(e.recipients[0].outcome->host, "mx.example.org");
    assert_true(e.recipients[0].outcome->at == START);
    no_effect(q, START);
    queue_notice_done(q, 1, false, START); /* the spool was full */
    no_effect(q, START);
    int64_t later = queue_due(q);
    assert_true(later > START && later <= START + MINUTE);
    sim_effect(q, later, EFFECT_NOTICE);
    queue_notice_done(q, 1, true, later);
    sim_effect(q, later, EFFECT_END);
    queue_free(&q, NULL, NULL);
}

/* All recipients had their reply when the connection broke: that is said of nobody. */
static void an_outcome_for_those_who_are_left_is_of_nobody(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    struct decision decisions[2];
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    struct attempt *a = queue_next(q, START);
    struct outcome o[] = {sim_reply(0, STAGE_MAIL, 451, "4.3.0 not now"),
                          {.recipient = OUTCOME_ALL,
                           .stage = STAGE_RCPT,
                           .failure = SLICE("the other side closed the connection")}};
    queue_report(q, &a, o, 2, decisions, START);
    assert_int_not_equal(decisions[0].verdict, VERDICT_DELIVERED);
    assert_int_equal(decisions[1].verdict, VERDICT_COUNT);
    queue_free(&q, NULL, NULL);
}

static void never_sends_an_unwanted_notice(void **state)
{
    (void)state;
    static const struct {
        const char *sender;
        uint8_t notify;
        bool want;
    } steps[] = {
        {"a@x.example", 0, true},
        {"a@x.example", NOTIFY_FAILURE, true},
        {"a@x.example", NOTIFY_SUCCESS | NOTIFY_DELAY, false},
        {"a@x.example", NOTIFY_NEVER, false},
        {"", 0, false},
        {"", NOTIFY_FAILURE, false},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct queue *q = sim_queue();
        struct sim_envelope s;
        struct err err;
        sim_envelope(&s, steps[i].sender, "b@y.example", START);
        s.recipients[0].notify = steps[i].notify;
        struct queue_message m = {.id = 1, .envelope = &s.e};
        assert_true(queue_add(q, &m, START, &err));
        sim_report(q, queue_next(q, START), sim_reply(0, STAGE_RCPT, 550, "5.1.1 No"), START);
        struct effect e;
        assert_true(queue_effect(q, START, &e));
        if (steps[i].want) {
            assert_int_equal(e.kind, EFFECT_STATE);
            sim_effect(q, START, EFFECT_NOTICE);
        } else {
            assert_int_equal(e.kind, EFFECT_END);
        }
        queue_free(&q, NULL, NULL);
    }
}

static void tells_success_when_asked_to(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    struct sim_envelope s;
    struct err err;
    sim_envelope(&s, "a@x.example", "b@local.example", START);
    s.recipients[0].notify = NOTIFY_SUCCESS;
    struct queue_message m = {.id = 1, .envelope = &s.e};
    assert_true(queue_add(q, &m, START, &err));
    sim_report(q, queue_next(q, START), sim_reply(0, STAGE_NONE, 250, "Ok"), START);
    sim_effect(q, START, EFFECT_STATE);
    struct effect e = sim_effect(q, START, EFFECT_NOTICE);
    assert_int_equal(e.notice, NOTICE_SUCCESS);
    assert_int_equal(e.recipients[0].agent, AGENT_MAILDIR);
    queue_notice_done(q, 1, true, START);
    sim_effect(q, START, EFFECT_END);
    queue_free(&q, NULL, NULL);
}

static void expires_while_its_destination_waits_for_others(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@dead.example", START);
    sim_report(q, queue_next(q, START), sim_failure(0, STAGE_CONNECT, "connection refused"), START);
    sim_add(q, 2, "a@x.example", "c@dead.example", START - 5 * DAY + MINUTE);
    struct effect e;
    while (queue_effect(q, START + MINUTE, &e) && e.kind != EFFECT_NOTICE)
        ;
    assert_int_equal(e.kind, EFFECT_NOTICE);
    assert_true(e.id == 2);
    assert_int_equal(e.recipients[0].attempts, 0);
    assert_slice(e.recipients[0].outcome->failure, "connection refused"); /* the destination's */
    queue_free(&q, NULL, NULL);
}

static void tells_of_a_delay_once(void **state)
{
    (void)state;
    struct queue_options o = sim_options();
    o.delay_notice = 4 * HOUR;
    struct queue *q = queue_new(&heap, &o);
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    int64_t now = START;
    int told = 0, tries = 0;
    for (; now < START + 2 * DAY; now = queue_due(q)) {
        struct effect e;
        for (struct attempt *a; (a = queue_next(q, now)); tries++)
            sim_report(q, a, sim_reply(0, STAGE_RCPT, 452, "4.2.2 Mailbox full"), now);
        while (queue_effect(q, now, &e)) {
            if (e.kind != EFFECT_NOTICE)
                continue;
            assert_int_equal(e.notice, NOTICE_DELAY);
            assert_true(now >= START + 4 * HOUR && now < START + 9 * HOUR);
            assert_true(e.expires_at == START + 5 * DAY);
            told++;
            queue_notice_done(q, 1, true, now);
        }
    }
    assert_int_equal(told, 1);
    assert_in_range(tries, 10, 30);
    queue_free(&q, NULL, NULL);
}

static void greylisting_gets_short_pauses(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    int64_t now = START;
    for (int i = 0; i < 4; i++) {
        struct decision d =
            sim_report(q, queue_next(q, now),
                       sim_reply(0, STAGE_RCPT, 450, "4.2.0 Greylisted, come back later"), now);
        assert_true(d.retry_at - now >= 5 * MINUTE && d.retry_at - now < 6 * MINUTE);
        now = d.retry_at;
    }
    queue_free(&q, NULL, NULL);
}

static void untried_recipients_come_again_soon(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    struct attempt *a = queue_next(q, START);
    struct outcome wrong = sim_reply(17, STAGE_RCPT, 550, "5.1.1 not one of these");
    queue_report(q, &a, &wrong, 1, NULL, START);
    assert_null(queue_next(q, START));
    a = queue_next(q, START + 1000);
    assert_non_null(a);
    assert_int_equal(a->attempts, 0);
    queue_free(&q, NULL, NULL);
}

static void finds_more_for_an_open_connection(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    sim_add(q, 2, "a@x.example", "b@z.example", START);
    sim_add(q, 3, "a@x.example", "b@Z.example", START);
    struct route route = {.agent = AGENT_SMTP, .destination = SLICE("z.example")};
    struct attempt *a = queue_next_for(q, &route, START), *b = queue_next_for(q, &route, START);
    assert_true(a->id == 2 && b->id == 3);
    assert_null(queue_next_for(q, &route, START));
    route.is_smarthost = true;
    assert_null(queue_next_for(q, &route, START));
    queue_free(&q, NULL, NULL);
}

struct seen {
    size_t count;
    struct queue_view last;
    char why[512];
};

static bool see(void *ctx, const struct queue_view *view)
{
    struct seen *s = ctx;
    s->count++;
    s->last = *view;
    snprintf(s->why, sizeof(s->why), "%.*s", SLICE_ARG(view->why));
    return true;
}

static struct seen look(struct queue *q, struct queue_filter f, int64_t now)
{
    struct seen s = {0};
    queue_visit(q, &f, see, &s, now);
    return s;
}

static void says_why_each_recipient_waits(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@full.example", START);
    sim_add(q, 2, "a@x.example", "b@dead.example", START);
    sim_add(q, 3, "", "new@dead.example", START);
    sim_report(q, queue_next(q, START),
               sim_reply(0, STAGE_RCPT, 452, "4.2.2 Mailbox \033[31mfull\nsecond line"), START);
    sim_report(q, queue_next(q, START), sim_failure(0, STAGE_CONNECT, "connection refused"), START);
    struct seen s = look(q, (struct queue_filter){.id = 1}, START);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.why, "The mailbox is full (mx.example.org at rcpt: 452 4.2.2 Mailbox "
                               "?[31mfull)");
    assert_int_equal(s.last.attempts, 1);
    assert_int_equal(s.last.diagnosis.cause, CAUSE_MAILBOX_FULL);
    assert_true(s.last.until > START && s.last.expires == START + 5 * DAY);
    s = look(q, (struct queue_filter){.destination = SLICE("DEAD.example")}, START);
    assert_int_equal(s.count, 2);
    assert_string_equal(s.why, "All mail for dead.example waits: The server could not be reached "
                               "(mx.example.org at connect: connection refused)");
    assert_int_equal(s.last.attempts, 0);
    assert_true(s.last.until >= START + 5 * MINUTE);
    assert_int_equal(look(q, (struct queue_filter){.sender = SLICE("<>")}, START).count, 1);
    assert_int_equal(look(q, (struct queue_filter){.sender = SLICE("@X.example")}, START).count, 2);
    assert_int_equal(
        look(q, (struct queue_filter){.recipient = SLICE("b@full.example")}, START).count, 1);
    assert_int_equal(
        look(q, (struct queue_filter){.by_cause = true, .cause = CAUSE_CONNECTION_FAILED}, START)
            .count,
        2);
    assert_int_equal(look(q, (struct queue_filter){0}, START).count, 3);
    queue_free(&q, NULL, NULL);
}

static void obeys_the_operator(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    const struct queue_filter all = {0}, first = {.id = 1};
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    sim_add(q, 2, "a@x.example", "b@y.example", START);
    assert_int_equal(queue_command(q, QUEUE_HOLD, &all, true, START), 2);
    assert_int_equal(queue_command(q, QUEUE_HOLD, &first, false, START), 1);
    struct seen s = look(q, first, START);
    assert_true(s.last.held && s.last.until == INT64_MAX);
    assert_string_equal(s.why, "Held until you release it");
    struct attempt *a = queue_next(q, START);
    assert_true(a->id == 2);
    assert_null(queue_next(q, START));
    sim_report(q, a, sim_failure(0, STAGE_CONNECT, "connection refused"), START);
    struct effect e;
    while (queue_effect(q, START + 6 * DAY, &e)) /* the held one is not given up */
        assert_true(e.id == 2 || e.kind == EFFECT_STATE);
    assert_int_equal(queue_command(q, QUEUE_RELEASE, &first, false, START + 6 * DAY), 1);
    assert_int_equal(look(q, first, START + 6 * DAY).last.held, false);
    a = queue_next(q, START + 6 * DAY); /* late, but it gets its try */
    assert_true(a->id == 1);
    queue_free(&q, NULL, NULL);
}

static void ends_messages_at_the_operators_word(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    sim_add(q, 2, "a@x.example", "b@y.example c@z.example", START);
    struct attempt *a = queue_next(q, START); /* of 1 */
    assert_true(a->id == 1);
    assert_int_equal(queue_command(q, QUEUE_REMOVE, &(struct queue_filter){.id = 1}, false, START),
                     1);
    assert_int_equal(queue_command(q, QUEUE_BOUNCE, &(struct queue_filter){.id = 2}, false, START),
                     1);
    assert_null(queue_next(q, START));
    sim_report(q, a, sim_reply(0, STAGE_RCPT, 452, "4.2.2 Full"), START);
    struct effect e;
    size_t ends = 0, notices = 0;
    while (queue_effect(q, START, &e)) {
        ends += e.kind == EFFECT_END;
        if (e.kind != EFFECT_NOTICE)
            continue;
        assert_true(e.id == 2);
        assert_int_equal(e.count, 2);
        assert_null(e.recipients[0].outcome);
        notices++;
        queue_notice_done(q, e.id, true, START);
    }
    assert_int_equal(ends, 2);
    assert_int_equal(notices, 1);
    queue_free(&q, NULL, NULL);
}

static void comes_back_from_its_state(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    sim_add(q, 1, "a@x.example", "b@y.example c@y.example d@z.example", START);
    struct attempt *a = queue_next(q, START);
    struct outcome o[] = {sim_reply(0, STAGE_END_OF_DATA, 250, "Ok"),
                          sim_reply(1, STAGE_RCPT, 452, "4.2.2 Mailbox full")};
    struct decision d[2];
    queue_report(q, &a, o, 2, d, START);
    struct effect e = sim_effect(q, START, EFFECT_STATE);
    char copy[1024];
    assert_true(e.state.len < sizeof(copy));
    memcpy(copy, e.state.at, e.state.len);
    struct slice saved = slice_of(copy, e.state.len);
    queue_free(&q, NULL, NULL);

    q = sim_queue();
    struct sim_envelope s;
    struct err err;
    struct queue_message m = {
        .id = 1,
        .envelope = sim_envelope(&s, "a@x.example", "b@y.example c@y.example d@z.example", START),
        .state = saved};
    assert_true(queue_add(q, &m, START + 1, &err));
    assert_int_equal(err.code, ERR_OK);
    a = queue_next(q, START + 1);
    assert_slice(a->route.destination, "z.example");
    assert_null(queue_next(q, d[1].retry_at - 1));
    struct seen seen = look(q, (struct queue_filter){.recipient = SLICE("c@y.example")}, START + 1);
    assert_string_equal(seen.why,
                        "The mailbox is full (mx.example.org at rcpt: 452 4.2.2 Mailbox full)");
    a = queue_next(q, d[1].retry_at);
    assert_int_equal(a->count, 1);
    assert_int_equal(a->recipients[0], 1);
    assert_int_equal(a->attempts, 1);
    queue_free(&q, NULL, NULL);

    q = sim_queue(); /* a damaged record costs at most a second delivery, never the message */
    m.state.len--;
    assert_true(queue_add(q, &m, START + 1, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    a = queue_next(q, START + 1);
    assert_int_equal(a->count, 2);
    queue_free(&q, NULL, NULL);
}

static void add_terms(struct queue *q, spool_id id, int64_t hold_until, int priority)
{
    struct sim_envelope s;
    struct err err;
    sim_envelope(&s, "a@x.example", "b@y.example", START);
    s.e.hold_until = hold_until;
    s.e.priority = priority;
    struct queue_message m = {.id = id, .envelope = &s.e};
    assert_true(queue_add(q, &m, START, &err));
}

static void holds_what_is_to_be_sent_later(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    add_terms(q, 1, START + 10 * DAY, 0);
    no_effect(q, START);
    assert_null(queue_next(q, START + 10 * DAY - 1));
    assert_true(queue_due(q) == START + 10 * DAY);
    struct queue_counts counts;
    queue_count(q, &counts);
    assert_int_equal(counts.early, 1);
    no_effect(q, START + 10 * DAY - 1); /* its lifetime has not begun */
    struct attempt *a = queue_next(q, START + 10 * DAY);
    assert_non_null(a);
    queue_count(q, &counts);
    assert_int_equal(counts.early, 0);
    sim_report(q, a, sim_failure(0, STAGE_CONNECT, "connection refused"), START + 10 * DAY);
    struct effect e;
    while (queue_effect(q, START + 14 * DAY, &e))
        assert_int_equal(e.kind, EFFECT_STATE);
    while (queue_effect(q, START + 15 * DAY, &e) && e.kind != EFFECT_NOTICE)
        ;
    assert_int_equal(e.kind, EFFECT_NOTICE);
    assert_true(e.recipients[0].expired);
    queue_free(&q, NULL, NULL);
}

static void fetches_what_nobody_keeps_back(void **state)
{
    (void)state;
    struct queue *q = sim_queue();
    const struct queue_filter below = {.recipient = SLICE(".Example")};
    const struct queue_filter other = {.recipient = SLICE("@y.exampl")};
    const struct queue_filter domain = {.recipient = SLICE("@Y.example")};
    add_terms(q, 1, 0, 0);
    add_terms(q, 2, START + DAY, 0);
    struct attempt *a = queue_next(q, START);
    sim_report(q, a, sim_reply(UINT32_MAX, STAGE_RCPT, 450, "4.2.0 later"), START);
    assert_null(queue_next(q, START + 1));
    struct queue_fetched f = {0};
    queue_fetch(q, &other, START + 1, &f);
    assert_int_equal(f.due + f.active + f.stopped, 0);
    queue_command(q, QUEUE_HOLD, &(struct queue_filter){.id = 1}, false, START + 1);
    queue_fetch(q, &below, START + 1, &f);
    assert_true(f.due == 0 && f.active == 0 && f.stopped == 1);
    queue_command(q, QUEUE_RELEASE, &(struct queue_filter){.id = 1}, false, START + 1);
    queue_fetch(q, &domain, START + 1, &f);
    assert_true(f.due == 1 && f.active == 0 && f.stopped == 1);
    a = queue_next(q, START + 1);
    assert_true(a && a->id == 1);
    assert_null(queue_next(q, START + 1));
    queue_fetch(q, &domain, START + 1, &f);
    assert_true(f.due == 1 && f.active == 1 && f.stopped == 1);
    queue_free(&q, NULL, NULL);
}

static void sends_the_urgent_first(void **state)
{
    (void)state;
    struct queue_options o = sim_options();
    o.concurrency = 1;
    struct queue *q = queue_new(&heap, &o);
    static const int priorities[] = {0, -3, 4, 0, 9, -9, 4, -3};
    static const spool_id order[] = {5, 3, 7, 1, 4, 2, 8, 6};
    for (size_t i = 0; i < 8; i++)
        add_terms(q, i + 1, 0, priorities[i]);
    for (size_t i = 0; i < 8; i++) {
        struct attempt *a = queue_next(q, START);
        assert_non_null(a);
        assert_true(a->id == order[i]);
        sim_report(q, a, sim_reply(UINT32_MAX, STAGE_END_OF_DATA, 250, "2.0.0 ok"), START);
    }
    queue_free(&q, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_and_ends),
        cmocka_unit_test(retries_a_recipient_and_lets_the_content_go),
        cmocka_unit_test(bounces_with_a_notice),
        cmocka_unit_test(an_outcome_for_those_who_are_left_is_of_nobody),
        cmocka_unit_test(never_sends_an_unwanted_notice),
        cmocka_unit_test(tells_success_when_asked_to),
        cmocka_unit_test(expires_while_its_destination_waits_for_others),
        cmocka_unit_test(tells_of_a_delay_once),
        cmocka_unit_test(greylisting_gets_short_pauses),
        cmocka_unit_test(untried_recipients_come_again_soon),
        cmocka_unit_test(finds_more_for_an_open_connection),
        cmocka_unit_test(says_why_each_recipient_waits),
        cmocka_unit_test(obeys_the_operator),
        cmocka_unit_test(ends_messages_at_the_operators_word),
        cmocka_unit_test(comes_back_from_its_state),
        cmocka_unit_test(holds_what_is_to_be_sent_later),
        cmocka_unit_test(fetches_what_nobody_keeps_back),
        cmocka_unit_test(sends_the_urgent_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
