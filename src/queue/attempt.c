#include "queue/inside.h"

/* Attempts: from the turns of the destinations to their outcomes. */

/* Recipients without an outcome come again after this, so that an agent that can't even begin does
 * not keep the queue spinning. */
enum { NOT_TRIED_PAUSE_MS = 1000 };
/* How often greylisting gets its own, short pause before the usual schedule takes over. */
enum { GREYLIST_TRIES = 4 };

static uint32_t count_due(const struct job *j, uint32_t most, int64_t now)
{
    const struct recipient_state *states = j->message->states;
    uint32_t count = 0;
    for (uint32_t i = j->first; i != RECIPIENT_NONE && count < most; i = states[i].next)
        count += states[i].status == RECIPIENT_WAITING && states[i].due <= now;
    return count;
}

static struct own_attempt *attempt_new(struct queue *q, struct job *j, uint32_t count)
{
    size_t size = sizeof(struct own_attempt) + count * (sizeof(uint32_t) + sizeof(bool));
    struct own_attempt *a = mem_take(q->mem, size);
    if (!a)
        return NULL;
    uint32_t *recipients = (uint32_t *)(a + 1);
    *a = (struct own_attempt){.message = j->message,
                              .job = j,
                              .destination = j->destination,
                              .is_reported = (bool *)(recipients + count),
                              .size = size,
                              .attempt = {.id = j->message->id,
                                          .envelope = &j->message->envelope,
                                          .route = j->destination->route,
                                          .recipients = recipients,
                                          .count = count,
                                          .content = j->message->content}};
    memset(a->is_reported, 0, count);
    list_append(&q->active, &a->active);
    q->active_count++;
    return a;
}

void attempt_free(struct queue *q, struct own_attempt *a)
{
    list_remove(&a->active);
    q->active_count--;
    q->probing -= a->is_probe;
    a->message->active--;
    a->destination->active--;
    a->destination->site->active--;
    mem_give(q->mem, a, a->size);
}

/* Marks the recipients that are due as active, and lists them. */
static void fill(struct own_attempt *a, int64_t now)
{
    struct recipient_state *states = a->message->states;
    uint32_t *to = (uint32_t *)(a + 1);
    size_t at = 0;
    for (uint32_t i = a->job->first; at < a->attempt.count; i = states[i].next) {
        struct recipient_state *s = &states[i];
        if (s->status != RECIPIENT_WAITING || s->due > now)
            continue;
        s->status = RECIPIENT_ACTIVE;
        to[at++] = i;
        if (s->attempts > a->attempt.attempts)
            a->attempt.attempts = s->attempts;
    }
}

/* From a destination that has its turn. */
static struct attempt *begin(struct queue *q, struct destination *d, int64_t now)
{
    struct job *j = LIST_ITEM(d->ready.next, struct job, ready);
    uint32_t most = j->message->is_alone ? 1 : d->site->recipients;
    uint32_t count = count_due(j, most, now);
    struct own_attempt *a = count ? attempt_new(q, j, count) : NULL;
    if (!a) {
        if (!count) /* the clock was set back: it waits once more */
            job_place(q, j, now);
        return NULL;
    }
    fill(a, now);
    message_begin(q, j->message);
    j->message->active++;
    d->active++;
    if (d->route.source)
        source_count(q->options.sources, d->route.source, now);
    a->is_admitted = d->site->own == NULL;
    d->site->active++;
    a->is_probe = !d->site->is_proven;
    q->probing += a->is_probe;
    q->was_probe = a->is_probe;
    /* to the ends of all lines, if there is more to do */
    list_remove(&j->ready);
    list_remove(&d->turn);
    list_remove(&d->site->turn);
    job_place(q, j, now);
    site_pace(q, d->site, now);
    return &a->attempt;
}

/* Both kinds take turns, each as far as its limit goes. */
static struct site *next_site(struct queue *q)
{
    const struct queue_options *o = &q->options;
    bool may_probe = !list_is_empty(&q->probes) && (!o->probes || q->probing < o->probes);
    bool may_go =
        !list_is_empty(&q->turns) && (!o->attempts || q->active_count - q->probing < o->attempts);
    if (!may_probe && !may_go)
        return NULL;
    const struct list *from = may_probe && (!may_go || !q->was_probe) ? &q->probes : &q->turns;
    return LIST_ITEM(from->next, struct site, turn);
}

/* It turned out to be of a site that the operator stopped, or its source is used up for today: the
 * first of those that were ready waits or goes elsewhere, if it has to. */
static bool stops_first(struct queue *q, const struct destination *d, int64_t now)
{
    struct job *j = LIST_ITEM(d->ready.next, struct job, ready);
    uint8_t source = d->route.source;
    if (!job_suspension(q, j) && (!source || source_may_send(q->options.sources, source, now)))
        return false;
    job_place(q, j, now);
    return true;
}

struct attempt *queue_next(struct queue *q, int64_t now)
{
    queue_tick(q, now);
    for (struct site *s; (s = next_site(q));) {
        struct destination *d = LIST_ITEM(s->turns.next, struct destination, turn);
        if (!stops_first(q, d, now))
            return begin(q, d, now);
    }
    return NULL;
}

struct attempt *queue_next_for(struct queue *q, const struct route *route, int64_t now)
{
    queue_tick(q, now);
    struct destination *d = destination_find(q, route);
    bool has_turn = d && !list_is_empty(&d->turn) && !list_is_empty(&d->site->turn);
    return has_turn && !stops_first(q, d, now) ? begin(q, d, now) : NULL;
}

/* What an attempt taught, gathered while its outcomes are read. */
struct lesson {
    struct own_attempt *attempt;
    struct kept *kept;      /* the outcome that is being read, once someone needs to keep it */
    size_t splits;          /* recipients that the server wants in another transaction */
    bool is_success;        /* the destination works */
    bool is_source_refused; /* another source of ours may be let in */
    bool is_dsn_passed;     /* of the outcome that is being read */
    bool is_by_passed;      /* ditto */
};

/* Without memory the words are lost, the verdict is not. */
static void keep(struct queue *q, struct recipient_state *s, struct lesson *l,
                 const struct outcome *o, const struct decision *d)
{
    enum cause before = kept_cause(s->last, q->options.rules);
    bool was_tried = s->last != NULL;
    if (!l->kept && (l->kept = kept_new(q->mem, o)))
        l->kept->cause = d->verdict == VERDICT_DELIVERED ? CAUSE_UNKNOWN : d->diagnosis.cause;
    if (!was_tried || before != kept_cause(l->kept, q->options.rules))
        s->repeats = 1;
    else if (s->repeats < UINT8_MAX)
        s->repeats++;
    kept_drop(q->mem, s->last);
    s->last = kept_hold(l->kept);
}

/* What a peer asks for is kept to; what it is only known for does not keep the pauses from growing.
 * 0: nothing is known. */
static int64_t known_wait(struct queue *q, uint32_t failures, const struct decision *d)
{
    int64_t usual = d->wait && !d->is_wait_asked ? retry_pause(q, failures) : 0;
    return usual > d->wait ? usual : d->wait;
}

static int64_t pause_of(struct queue *q, const struct recipient_state *s, const struct decision *d)
{
    if (d->wait)
        return retry_jitter(q, known_wait(q, s->attempts, d));
    if (d->verdict == VERDICT_GREYLIST && s->attempts <= GREYLIST_TRIES)
        return retry_jitter(q, q->options.retry_greylist);
    return retry_pause(q, s->attempts);
}

/* The recipient waits until `due`; false if it has no time left. */
static bool wait_again(struct message *m, uint32_t i, int64_t due, int64_t now)
{
    struct recipient_state *s = &m->states[i];
    s->status = RECIPIENT_WAITING;
    s->due = due;
    m->is_dirty = true;
    if (m->ending == ENDING_REMOVE) {
        s->status = RECIPIENT_REMOVED;
    } else if (m->ending == ENDING_BOUNCE) {
        recipient_fail(m, i);
    } else if (!m->held && now >= m->expires) {
        s->flags |= RECIPIENT_EXPIRED;
        recipient_fail(m, i);
    }
    return s->status == RECIPIENT_WAITING;
}

/* Does what was decided and returns when the recipient is due again; INT64_MAX: it is through. */
static int64_t act(struct queue *q, struct lesson *l, uint32_t i, const struct decision *d,
                   int64_t now)
{
    struct message *m = l->attempt->message;
    struct recipient_state *s = &m->states[i];
    struct site *to = l->attempt->destination->site;
    switch (d->verdict) {
    case VERDICT_NEXT_HOST: /* the agent's; what it reports was decided without hosts left */
    case VERDICT_RETRY:
    case VERDICT_GREYLIST:
        return now + pause_of(q, s, d);
    case VERDICT_SPLIT:
        l->splits++;
        return l->attempt->attempt.count > 1 ? now : now + retry_pause(q, s->attempts);
    case VERDICT_BACK_OFF:
        site_back_off(q, to, l->kept, known_wait(q, to->failures + 1, d), now);
        l->is_source_refused = l->is_source_refused || d->is_about_source;
        return now; /* it stays first in line for when the pause is over */
    case VERDICT_SUSPEND:
        site_suspend(q, to, l->kept, d->wait, now);
        l->is_source_refused = l->is_source_refused || d->is_about_source;
        return now;
    case VERDICT_DELIVERED:
        recipient_deliver(m, i, l->is_dsn_passed, l->is_by_passed);
        return INT64_MAX;
    case VERDICT_BOUNCE:
    case VERDICT_SUPPRESS:
    case VERDICT_NEVER:
    case VERDICT_COUNT:
        recipient_fail(m, i);
        return INT64_MAX;
    }
    return INT64_MAX;
}

/* The same, and *d says afterwards what came of it. */
static void carry_out(struct queue *q, struct lesson *l, uint32_t i, struct decision *d,
                      int64_t now)
{
    l->attempt->message->states[i].attempts++;
    int64_t due = act(q, l, i, d, now);
    if (due == INT64_MAX)
        return;
    if (wait_again(l->attempt->message, i, due, now))
        d->retry_at = site_due(l->attempt->destination->site, due);
    else
        d->verdict = VERDICT_BOUNCE;
}

/* The place of a recipient in the attempt that has no outcome yet; count if there is none. */
static size_t place_of(const struct own_attempt *a, uint32_t recipient)
{
    size_t at = 0;
    while (at < a->attempt.count && a->attempt.recipients[at] != recipient)
        at++;
    return at < a->attempt.count && a->is_reported[at] ? a->attempt.count : at;
}

static void read_one(struct queue *q, struct lesson *l, size_t at, const struct outcome *o,
                     struct decision *d_r, int64_t now)
{
    uint32_t i = l->attempt->attempt.recipients[at];
    struct message *m = l->attempt->message;
    struct recipient_state *s = &m->states[i];
    const struct site *to = l->attempt->destination->site;
    l->attempt->is_reported[at] = true;
    decide(&(struct decide_input){.outcome = o,
                                  .rules = q->options.rules,
                                  .recipient = {kept_cause(s->last, q->options.rules), s->repeats},
                                  .site = {kept_cause(to->last, q->options.rules), to->repeats}},
           d_r);
    l->is_dsn_passed = o->is_dsn_passed;
    l->is_by_passed = o->is_by_passed;
    if (d_r->verdict != VERDICT_DELIVERED || recipient_wants_notice(m, i, NOTIFY_SUCCESS) ||
        m->envelope.by_mode)
        keep(q, s, l, o, d_r);
    l->is_success = l->is_success || d_r->shows_life;
    if (verdict_suppresses(d_r->verdict))
        recipient_suppress(q, m, i, o, d_r->diagnosis.cause);
    carry_out(q, l, i, d_r, now);
}

static void read_outcome(struct queue *q, struct lesson *l, const struct outcome *o,
                         struct decision *d_r, int64_t now)
{
    size_t count = l->attempt->attempt.count;
    *d_r = (struct decision){.verdict = VERDICT_COUNT};
    l->kept = NULL;
    if (o->recipient != OUTCOME_ALL) {
        size_t at = place_of(l->attempt, o->recipient);
        if (at < count)
            read_one(q, l, at, o, d_r, now);
    }
    for (size_t at = 0; o->recipient == OUTCOME_ALL && at < count; at++)
        if (!l->attempt->is_reported[at])
            read_one(q, l, at, o, d_r, now);
    kept_drop(q->mem, l->kept);
}

static void learn(struct queue *q, const struct lesson *l, int64_t now)
{
    struct site *s = l->attempt->destination->site;
    size_t count = l->attempt->attempt.count;
    if (l->splits && count > 1) {
        size_t taken = l->splits < count ? count - l->splits : count / 2;
        if (taken < s->recipients)
            s->recipients = (uint32_t)taken;
    }
    if (l->is_success)
        site_succeeded(s, now);
    if (l->is_source_refused && l->attempt->destination->route.source && site_is_pausing(s))
        site_refuse_source(q, s, now);
}

/* Those without an outcome are due again then. */
static void end(struct queue *q, struct own_attempt *a, int64_t untried_due, int64_t now)
{
    struct job *j = a->job;
    bool was_dirty = j->message->is_dirty;
    bool is_settled = false;
    for (size_t at = 0; at < a->attempt.count; at++) {
        bool is_untried = !a->is_reported[at];
        if (is_untried && !wait_again(a->message, a->attempt.recipients[at], untried_due, now))
            is_settled = true;
    }
    /* that something was not tried need not be remembered */
    j->message->is_dirty = was_dirty || is_settled;
    struct message *m = j->message;
    attempt_free(q, a);
    job_place(q, j, now);
    message_touch(q, m);
    if (m->is_stale)
        message_reroute(q, m, now);
}

void queue_report(struct queue *q, struct attempt **a_r, struct outcome *outcomes, size_t count,
                  struct decision *decisions_r, int64_t now)
{
    struct own_attempt *a = (struct own_attempt *)*a_r;
    struct lesson l = {.attempt = a};
    *a_r = NULL;
    /* single ones first: OUTCOME_ALL is for those that are left */
    for (int all = 0; all <= 1; all++)
        for (size_t n = 0; n < count; n++) {
            struct decision unwanted;
            if ((outcomes[n].recipient == OUTCOME_ALL) != all)
                continue;
            outcomes[n].at = now;
            read_outcome(q, &l, &outcomes[n], decisions_r ? &decisions_r[n] : &unwanted, now);
        }
    learn(q, &l, now);
    end(q, a, now + NOT_TRIED_PAUSE_MS, now);
}

bool queue_admit(struct queue *q, struct attempt **a_r, struct slice name, uint32_t most,
                 int64_t now)
{
    struct own_attempt *a = (struct own_attempt *)*a_r;
    uint8_t source = a->destination->route.source;
    struct site *s = a->is_admitted ? NULL : site_get(q, name, source, most);
    if (!s) /* without memory it goes on by itself */
        return true;
    destination_move(q, a->destination, s);
    a->is_admitted = s->active <= s->slots && !due_is_set(&s->pause) && !job_suspension(q, a->job);
    if (a->is_admitted) {
        site_pace(q, s, now);
        return true;
    }
    *a_r = NULL;
    if (source)
        source_uncount(q->options.sources, source, now);
    end(q, a, now, now);
    if (s->is_source_refused && site_is_pausing(s))
        site_refuse_source(q, s, now); /* what was ready before its site was known */
    return false;
}
