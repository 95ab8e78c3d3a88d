#include "queue/queue.h"

#include "sim.h"

enum { GROUPS_MAX = 16 };

struct seen {
    struct queue_group groups[GROUPS_MAX];
    size_t count;
};

static bool see(void *ctx, const struct queue_group *g)
{
    struct seen *s = ctx;
    assert_true(s->count < GROUPS_MAX);
    s->groups[s->count++] = *g;
    return true;
}

/* The one with this site and cause; CAUSE_COUNT: that was not tried. */
static const struct queue_group *find(const struct seen *s, const char *site, enum cause cause)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct queue_group *g = &s->groups[i];
        if (slice_eq(g->site, slice_str(site)) &&
            (cause == CAUSE_COUNT ? !g->is_tried : g->is_tried && g->cause == cause))
            return g;
    }
    return NULL;
}

static void try_at(struct queue *q, const char *site, struct outcome o, int64_t now)
{
    struct attempt *a = queue_next(q, now);
    assert_non_null(a);
    assert_true(queue_admit(q, &a, slice_str(site), 0, now));
    sim_report(q, a, o, now);
}

static void tells_together_what_waits_for_one_reason_at_one_site(void **state)
{
    (void)state;
    struct queue_options o = sim_options();
    struct queue *q = queue_new(&heap, &o);
    struct seen s = {.count = 0};
    sim_add(q, 1, "a@x.example", "b@y.example c@y.example", START);
    try_at(q, "mx.y.example",
           sim_reply(OUTCOME_ALL, STAGE_RCPT, 450, "4.2.0 Greylisted, try again later"), START);
    sim_add(q, 2, "a@x.example", "b@z.example", START + 1); /* of the same hosts */
    try_at(q, "mx.y.example", sim_reply(0, STAGE_RCPT, 450, "4.2.0 Greylisted, come back later"),
           START + 1);
    sim_add(q, 3, "a@x.example", "d@y.example", START + 2);
    try_at(q, "mx.y.example", sim_reply(0, STAGE_RCPT, 452, "4.2.2 Mailbox full"), START + 2);
    sim_add(q, 4, "a@x.example", "e@new.example", START + 3);
    assert_true(queue_groups(q, &(struct queue_filter){0}, see, &s, START + 4));
    assert_int_equal(s.count, 3);
    const struct queue_group *g = find(&s, "mx.y.example", CAUSE_GREYLISTED);
    assert_non_null(g);
    assert_int_equal(g->messages, 2);
    assert_int_equal(g->recipients, 3);
    assert_true(g->id == 1 && g->oldest == START && g->next > START + 4 && g->next < INT64_MAX);
    assert_slice(g->outcome->reply.text, "Greylisted, try again later");
    g = find(&s, "mx.y.example", CAUSE_MAILBOX_FULL);
    assert_true(g && g->recipients == 1 && g->id == 3);
    g = find(&s, "new.example", CAUSE_COUNT);
    assert_true(g && g->id == 4 && !g->outcome && g->next == START + 4);
    s.count = 0; /* a filter takes a site's name, too */
    struct queue_filter f = {.destination = SLICE("MX.y.example"),
                             .recipient = SLICE("@z.example")};
    assert_true(queue_groups(q, &f, see, &s, START + 4));
    assert_true(s.count == 1 && s.groups[0].recipients == 1 && s.groups[0].id == 2);
    queue_free(&q, NULL, NULL);
}

static void tells_of_a_site_that_waits_and_of_held_mail(void **state)
{
    (void)state;
    struct queue_options o = sim_options();
    struct queue *q = queue_new(&heap, &o);
    struct seen s = {.count = 0};
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    try_at(q, "mx.y.example",
           sim_reply(0, STAGE_CONNECT, 554, "5.7.1 [192.0.2.7] listed at zen.spamhaus.org"), START);
    sim_add(q, 2, "a@x.example", "c@y.example", START); /* waits with it, untried */
    sim_add(q, 3, "a@x.example", "d@z.example", START);
    queue_command(q, QUEUE_HOLD, &(struct queue_filter){.id = 3}, false, START);
    assert_true(queue_groups(q, &(struct queue_filter){0}, see, &s, START));
    assert_int_equal(s.count, 2);
    const struct queue_group *g = find(&s, "mx.y.example", CAUSE_IP_BLOCKLISTED);
    assert_non_null(g);
    assert_true(g->is_pausing && g->is_suspended && g->messages == 2);
    g = find(&s, "z.example", CAUSE_COUNT);
    assert_true(g && g->held && g->next == INT64_MAX);
    queue_free(&q, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_together_what_waits_for_one_reason_at_one_site),
        cmocka_unit_test(tells_of_a_site_that_waits_and_of_held_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
