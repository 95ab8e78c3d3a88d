/* What the operator stopped: the list, and what the queue makes of it. */
#include "queue/queue.h"

#include "sim.h"

static void note_line(void *ctx, struct slice line)
{
    buf_add(ctx, line);
}

static struct queue *queue_with(const struct suspensions *l)
{
    struct queue_options o = sim_options();
    o.suspensions = l;
    struct queue *q = queue_new(&heap, &o);
    assert_non_null(q);
    return q;
}

static struct attempt *next_at(struct queue *q, const char *site, int64_t now)
{
    for (struct attempt *a; (a = queue_next(q, now));)
        if (queue_admit(q, &a, slice_str(site), 0, now))
            return a;
    return NULL;
}

static void add_of(struct queue *q, spool_id id, const char *sender, const char *to,
                   const char *campaign)
{
    struct sim_envelope s;
    struct err err;
    sim_envelope(&s, sender, to, START);
    s.e.campaign = slice_str(campaign);
    assert_true(queue_add(q, &(struct queue_message){.id = id, .envelope = &s.e}, START, &err));
}

static bool note_why(void *ctx, const struct queue_view *v)
{
    struct buf *out = ctx;
    buf_clear(out);
    buf_add(out, v->why);
    assert_int_equal(v->until, INT64_MAX);
    return true;
}

static void what_all_given_fields_fit_is_stopped(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct suspension s;
        bool stops;
    } cases[] = {
        {"domain", {.site = SLICE_INIT("Y.example")}, true},
        {"site", {.site = SLICE_INIT("mx.Y.example")}, true},
        {"other site", {.site = SLICE_INIT("example")}, false},
        {"sender", {.sender = SLICE_INIT("A@x.example")}, true},
        {"sender's domain", {.sender = SLICE_INIT("@x.example")}, true},
        {"null sender", {.sender = SLICE_INIT("<>")}, false},
        {"campaign", {.campaign = SLICE_INIT("Spring")}, true},
        {"all three",
         {.site = SLICE_INIT("y.example"),
          .sender = SLICE_INIT("@x.example"),
          .campaign = SLICE_INIT("spring")},
         true},
        {"one does not fit",
         {.site = SLICE_INIT("y.example"), .campaign = SLICE_INIT("autumn")},
         false},
    };
    const struct suspension_subject about = {.destination = SLICE("y.example"),
                                             .site = SLICE("mx.y.example"),
                                             .sender = SLICE("a@x.example"),
                                             .campaign = SLICE("spring")};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct suspensions l;
        suspensions_init(&l, &heap);
        assert_true(suspensions_put(&l, &cases[i].s));
        if ((suspensions_find(&l, &about) != NULL) != cases[i].stops)
            fail_msg("%s", cases[i].name);
        suspensions_free(&l);
    }
}

static void nothing_chosen_or_what_no_line_can_hold_is_refused(void **state)
{
    (void)state;
    struct suspensions l;
    suspensions_init(&l, &heap);
    assert_false(suspensions_put(&l, &(struct suspension){.reason = SLICE("all")}));
    assert_false(suspensions_put(&l, &(struct suspension){.site = SLICE("a\tb")}));
    assert_false(suspensions_put(&l, &(struct suspension){.sender = SLICE("a\n@x.example")}));
    assert_null(suspensions_next(&l, NULL));
    suspensions_free(&l);
}

static void its_journal_makes_the_same_list_again(void **state)
{
    (void)state;
    struct suspensions l, again;
    char storage[4096];
    struct buf journal, words;
    struct slice line;
    buf_init_fixed(&journal, storage, sizeof(storage));
    suspensions_init(&l, &heap);
    suspensions_init(&again, &heap);
    l.wrote = note_line;
    l.ctx = &journal;
    struct suspension a = {.site = SLICE("y.example"), .since = START, .reason = SLICE("why\nnot")};
    struct suspension b = {.campaign = SLICE("spring"), .since = START + 1};
    assert_true(suspensions_put(&l, &a) && suspensions_put(&l, &b) && suspensions_put(&l, &a));
    assert_int_equal(suspensions_end(&l, &b, true), 1);
    assert_int_equal(suspensions_end(&l, &b, false), 1);
    assert_int_equal(suspensions_end(&l, &b, false), 0);
    struct slice rest = buf_slice(&journal);
    while (slice_split(&rest, '\n', &line))
        assert_true(suspensions_read_line(&again, line));
    const struct suspension *s = suspensions_next(&again, NULL);
    assert_slice(s->site, "y.example");
    assert_int_equal(s->since, START);
    assert_null(suspensions_next(&again, s));
    char text[256];
    buf_init_fixed(&words, text, sizeof(text));
    suspension_write_words(&words, s);
    assert_slice(buf_slice(&words), "Suspended by the operator since 2023-11-14T22:13:20Z "
                                    "(site y.example): why?not");
    suspensions_free(&l);
    suspensions_free(&again);
}

static void a_campaign_waits_and_says_why_and_the_rest_goes(void **state)
{
    (void)state;
    struct suspensions l;
    char storage[512];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    suspensions_init(&l, &heap);
    struct queue *q = queue_with(&l);
    add_of(q, 1, "a@x.example", "b@y.example", "spring");
    struct suspension s = {.campaign = SLICE("spring"), .since = START};
    assert_true(suspensions_put(&l, &s));
    queue_suspensions_changed(q, START);
    add_of(q, 2, "a@x.example", "c@y.example", "spring"); /* what comes later waits, too */
    add_of(q, 3, "a@x.example", "d@y.example", "");
    struct attempt *attempt = next_at(q, "mx.y.example", START);
    assert_true(attempt && attempt->id == 3);
    sim_report(q, attempt, sim_reply(0, STAGE_END_OF_DATA, 250, "2.0.0 Ok"), START);
    assert_null(next_at(q, "mx.y.example", START));
    queue_visit(q, &(struct queue_filter){.campaign = SLICE("SPRING")}, note_why, &why, START);
    assert_slice(buf_slice(&why),
                 "Suspended by the operator since 2023-11-14T22:13:20Z (campaign spring)");
    queue_command(q, QUEUE_RETRY, &(struct queue_filter){0}, false, START);
    assert_null(next_at(q, "mx.y.example", START)); /* only `resume` lets it go */
    assert_int_equal(suspensions_end(&l, &s, false), 1);
    queue_suspensions_changed(q, START);
    attempt = next_at(q, "mx.y.example", START);
    assert_true(attempt && attempt->id == 1);
    queue_free(&q, NULL, NULL);
    suspensions_free(&l);
}

static void a_site_is_stopped_once_it_is_known_to_be_it(void **state)
{
    (void)state;
    struct suspensions l;
    suspensions_init(&l, &heap);
    assert_true(suspensions_put(&l, &(struct suspension){.site = SLICE("mx.hoster.example")}));
    struct queue *q = queue_with(&l);
    for (spool_id id = 1; id <= 5; id++)
        sim_add(q, id, "a@x.example", "b@y.example", START);
    sim_add(q, 6, "a@x.example", "b@z.example", START);
    struct attempt *a = queue_next(q, START);
    assert_true(a && a->id == 1);
    assert_false(queue_admit(q, &a, SLICE("mx.hoster.example"), 0, START));
    a = queue_next(q, START); /* not the other four */
    assert_true(a && a->id == 6);
    assert_true(queue_admit(q, &a, SLICE("mx.z.example"), 0, START));
    sim_report(q, a, sim_reply(0, STAGE_END_OF_DATA, 250, "2.0.0 Ok"), START);
    assert_null(queue_next(q, START));
    struct queue_counts counts;
    queue_count(q, &counts);
    assert_int_equal(counts.messages, 6);
    queue_free(&q, NULL, NULL);
    suspensions_free(&l);
}

static void age_chooses(void **state)
{
    (void)state;
    struct queue *q = queue_with(NULL);
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    sim_add(q, 2, "a@x.example", "b@y.example", START + HOUR);
    struct queue_filter old = {.came_before = START + MINUTE}, young = {.came_after = START};
    assert_int_equal(queue_command(q, QUEUE_HOLD, &old, true, START + HOUR), 1);
    assert_int_equal(queue_command(q, QUEUE_REMOVE, &young, false, START + HOUR), 1);
    assert_int_equal(queue_command(q, QUEUE_HOLD, &(struct queue_filter){.id = 1}, true, START), 1);
    queue_free(&q, NULL, NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_all_given_fields_fit_is_stopped),
        cmocka_unit_test(nothing_chosen_or_what_no_line_can_hold_is_refused),
        cmocka_unit_test(its_journal_makes_the_same_list_again),
        cmocka_unit_test(a_campaign_waits_and_says_why_and_the_rest_goes),
        cmocka_unit_test(a_site_is_stopped_once_it_is_known_to_be_it),
        cmocka_unit_test(age_chooses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
