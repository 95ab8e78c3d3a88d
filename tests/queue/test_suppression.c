#include "queue/suppression.h"

#include "sim.h"

static void note_line(void *ctx, struct slice line)
{
    buf_add(ctx, line);
}

static struct suppression bounced(const char *address, int64_t until)
{
    return (struct suppression){.address = slice_str(address),
                                .since = START,
                                .until = until,
                                .source = SUPPRESSED_BY_REPLY,
                                .cause = CAUSE_NO_SUCH_RECIPIENT,
                                .reason = SLICE("550 5.1.1 User\tunknown\r\n")};
}

static void knows_an_address_in_any_case_until_its_time_is_over(void **state)
{
    (void)state;
    struct suppressions l;
    suppressions_init(&l, &heap, (struct hash_key){1, 2});
    struct suppression s = bounced("Carol@Y.example", START + DAY);
    assert_true(suppressions_put(&l, &s));
    const struct suppression *found =
        suppressions_find(&l, SLICE("x@z.example"), SLICE("carol@y.EXAMPLE"), START);
    assert_non_null(found);
    assert_slice(found->address, "Carol@Y.example");
    assert_slice(found->reason, "550 5.1.1 User?unknown??"); /* harmless, and on one line */
    assert_null(suppressions_find(&l, SLICE("x@z.example"), SLICE("carol@z.example"), START));
    assert_null(suppressions_find(&l, SLICE("x@z.example"), SLICE("carol@y.example"), START + DAY));
    assert_null(suppressions_next(&l, NULL, START + DAY));
    suppressions_free(&l);
}

static void lists_in_order_and_replaces(void **state)
{
    (void)state;
    struct suppressions l;
    suppressions_init(&l, &heap, (struct hash_key){1, 2});
    struct suppression a = bounced("a@x.example", INT64_MAX), b = bounced("b@x.example", INT64_MAX);
    assert_true(suppressions_put(&l, &a) && suppressions_put(&l, &b) && suppressions_put(&l, &a));
    const struct suppression *s = suppressions_next(&l, NULL, START);
    assert_slice(s->address, "b@x.example");
    s = suppressions_next(&l, s, START);
    assert_slice(s->address, "a@x.example");
    assert_null(suppressions_next(&l, s, START));
    assert_true(suppressions_remove(&l, SLICE(""), SLICE("A@x.example")));
    assert_false(suppressions_remove(&l, SLICE(""), SLICE("a@x.example")));
    suppressions_free(&l);
}

static void one_for_a_sender_is_about_no_others_mail(void **state)
{
    (void)state;
    struct suppressions l, again;
    char storage[4096];
    struct buf journal;
    struct slice line;
    buf_init_fixed(&journal, storage, sizeof(storage));
    suppressions_init(&l, &heap, (struct hash_key){1, 2});
    suppressions_init(&again, &heap, (struct hash_key){3, 4});
    l.wrote = note_line;
    l.ctx = &journal;
    struct suppression a = bounced("a@y.example", INT64_MAX), b = a, c = a;
    a.sender = SLICE("@News.example");
    b.sender = SLICE("me@x.example");
    c.address = SLICE("c@y.example");
    assert_true(suppressions_put(&l, &a) && suppressions_put(&l, &b) && suppressions_put(&l, &c));
    c.sender = SLICE("@x\texample");
    assert_false(suppressions_put(&l, &c));
    assert_true(suppressions_remove(&l, SLICE("ME@x.example"), SLICE("A@y.example")));
    assert_false(suppressions_remove(&l, SLICE(""), SLICE("a@y.example")));
    struct slice rest = buf_slice(&journal);
    while (slice_split(&rest, '\n', &line))
        assert_true(suppressions_read_line(&again, line));
    const struct suppressions *both[] = {&l, &again};
    for (size_t i = 0; i < 2; i++) {
        const struct suppressions *s = both[i];
        assert_non_null(suppressions_find(s, SLICE("any@news.EXAMPLE"), SLICE("a@y.example"), 0));
        assert_null(suppressions_find(s, SLICE("me@x.example"), SLICE("a@y.example"), 0));
        assert_null(suppressions_find(s, SLICE(""), SLICE("a@y.example"), 0));
        assert_null(suppressions_find(s, SLICE("any@sub.news.example"), SLICE("a@y.example"), 0));
        assert_non_null(suppressions_find(s, SLICE(""), SLICE("c@y.example"), 0));
    }
    suppressions_free(&l);
    suppressions_free(&again);
}

static void its_journal_makes_the_same_list_again(void **state)
{
    (void)state;
    struct suppressions l, again;
    char storage[4096];
    struct buf journal;
    buf_init_fixed(&journal, storage, sizeof(storage));
    suppressions_init(&l, &heap, (struct hash_key){1, 2});
    suppressions_init(&again, &heap, (struct hash_key){3, 4});
    l.wrote = note_line;
    l.ctx = &journal;
    struct suppression a = bounced("a@x.example", START + DAY),
                       b = bounced("b@x.example", INT64_MAX);
    assert_true(suppressions_put(&l, &a) && suppressions_put(&l, &b));
    assert_true(suppressions_remove(&l, SLICE(""), a.address));
    struct slice rest = buf_slice(&journal), line;
    int lines = 0;
    for (; slice_split(&rest, '\n', &line); lines++)
        assert_true(suppressions_read_line(&again, line));
    assert_int_equal(lines, 3);
    const struct suppression *s = suppressions_next(&again, NULL, START);
    assert_slice(s->address, "b@x.example");
    assert_slice(s->reason, "550 5.1.1 User?unknown??");
    assert_true(s->since == START && s->until == INT64_MAX);
    assert_int_equal(s->source, SUPPRESSED_BY_REPLY);
    assert_int_equal(s->cause, CAUSE_NO_SUCH_RECIPIENT);
    assert_null(suppressions_next(&again, s, START));
    suppressions_free(&l);
    suppressions_free(&again);
}

static void takes_no_broken_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {"",
                                        "+",
                                        "-",
                                        "+\t1\t2\treply\tunknown",
                                        "+\tx\t0\treply\tunknown\ta@x\t",
                                        "+\t1\t0\tnobody\tunknown\ta@x\t",
                                        "*\t1\t0\treply\tunknown\ta@x\t",
                                        "+\t99999999999999999999\t0\treply\tunknown\ta@x\t",
                                        "+\t1\t0\treply\tunknown\t\twhy"};
    struct suppressions l;
    suppressions_init(&l, &heap, (struct hash_key){1, 2});
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        if (suppressions_read_line(&l, slice_str(lines[i])) && *lines[i] != '-')
            fail_msg("taken: %s", lines[i]);
    struct suppression evil = bounced("\"a\n+\"@x.example", INT64_MAX);
    assert_false(suppressions_put(&l, &evil));
    assert_null(suppressions_next(&l, NULL, START));
    assert_true(suppressions_read_line(&l, SLICE("+\t1\t0\treply\tof_a_later_version\ta@x\t")));
    suppressions_free(&l);
}

/* With a list, and what was refused for good on it for a day. */
static struct queue *queue_with(struct suppressions *l)
{
    struct queue_options o = sim_options();
    suppressions_init(l, &heap, (struct hash_key){1, 2});
    o.suppressions = l;
    o.suppress_for = DAY;
    struct queue *q = queue_new(&heap, &o);
    assert_non_null(q);
    return q;
}

static void the_queue_lists_what_was_refused_for_good(void **state)
{
    (void)state;
    struct suppressions l;
    struct queue *q = queue_with(&l);
    sim_add(q, 1, "a@x.example", "b@y.example c@y.example d@y.example", START);
    struct attempt *a = queue_next(q, START);
    struct outcome said[] = {sim_reply(0, STAGE_RCPT, 550, "5.1.1 User unknown"),
                             sim_reply(1, STAGE_RCPT, 552, "5.2.2 Mailbox full"),
                             sim_reply(2, STAGE_END_OF_DATA, 250, "2.0.0 Ok")};
    queue_report(q, &a, said, 3, NULL, START);
    const struct suppression *s = suppressions_next(&l, NULL, START);
    assert_slice(s->address, "b@y.example");
    assert_slice(s->reason, "550 5.1.1 User unknown");
    assert_int_equal(s->cause, CAUSE_NO_SUCH_RECIPIENT);
    assert_true(s->until == START + DAY);
    assert_null(suppressions_next(&l, s, START));
    /* a mailbox of our own that is gone may be made again any time */
    sim_add(q, 2, "a@x.example", "e@local.example", START);
    sim_report(q, queue_next(q, START), sim_reply(0, STAGE_RCPT, 550, "5.1.1 No mailbox"), START);
    assert_null(suppressions_find(&l, SLICE("x@z.example"), SLICE("e@local.example"), START));
    queue_free(&q, NULL, NULL);
    suppressions_free(&l);
}

static void the_queue_gives_up_what_is_listed_at_once(void **state)
{
    (void)state;
    struct suppressions l;
    struct queue *q = queue_with(&l);
    struct suppression s = bounced("b@y.example", START + DAY);
    assert_true(suppressions_put(&l, &s));
    sim_add(q, 1, "a@x.example", "B@y.example c@y.example", START);
    struct attempt *a = queue_next(q, START);
    assert_int_equal(a->count, 1);
    assert_int_equal(a->recipients[0], 1);
    sim_report(q, a, sim_reply(1, STAGE_END_OF_DATA, 250, "2.0.0 Ok"), START);
    sim_effect(q, START, EFFECT_STATE);
    struct effect e = sim_effect(q, START, EFFECT_NOTICE);
    assert_int_equal(e.count, 1);
    assert_int_equal(e.recipients[0].recipient, 0);
    assert_int_equal(e.recipients[0].outcome->reply.code, 550);
    assert_true(slice_find_slice(e.recipients[0].outcome->reply.text, SLICE("User?unknown"), 0) !=
                SLICE_NONE);
    /* its time is over: it is tried again */
    sim_add(q, 2, "a@x.example", "b@y.example", START + DAY);
    assert_non_null(queue_next(q, START + DAY));
    queue_free(&q, NULL, NULL);
    suppressions_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_an_address_in_any_case_until_its_time_is_over),
        cmocka_unit_test(lists_in_order_and_replaces),
        cmocka_unit_test(its_journal_makes_the_same_list_again),
        cmocka_unit_test(one_for_a_sender_is_about_no_others_mail),
        cmocka_unit_test(takes_no_broken_lines),
        cmocka_unit_test(the_queue_lists_what_was_refused_for_good),
        cmocka_unit_test(the_queue_gives_up_what_is_listed_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
