#include "queue/inside.h"

/* Attempts at once at a site that has not answered yet: dead ones should not fill the place of the
 * living with attempts that wait for nothing. Each success allows one more. */
enum { FIRST_SLOTS = 2 };

/* Successes with all connections in use after which one more is dared than the site once found too
 * many; twice as many after each time that it was too many again, up to 2^5. */
enum { CALM_ENOUGH = 50, DARES_MOST = 5 };

/* ms that a site waits which took mail and then found us too fast, where it does not say for how
 * long. If that was not enough, the usual schedule follows. */
enum { TOO_FAST_PAUSE = 30 * 1000 };

/* The part of the time for which nobody answered after which one looks again. */
enum { ABSENCE_PART = 16 };

/* What was learned about a site is kept so long after its last mail, in ms. */
enum { REMEMBERED = 3600 * 1000 };

static struct site *site_new(struct queue *q, struct slice name, size_t hosts_len, uint32_t most)
{
    struct site *s = mem_take(q->mem, sizeof(*s) + name.len);
    if (!s)
        return NULL;
    *s = (struct site){.slots = most < FIRST_SLOTS ? most : FIRST_SLOTS,
                       .most = most,
                       .highest = most,
                       .recipients = q->options.recipients,
                       .hosts_len = hosts_len,
                       .name_len = name.len};
    if (name.len)
        memcpy(s->name, name.at, name.len);
    list_init(&s->turns);
    list_init(&s->turn);
    list_init(&s->idle);
    if (due_join(&q->pauses, 1))
        return s;
    mem_give(q->mem, s, sizeof(*s) + name.len);
    return NULL;
}

void site_free(struct queue *q, struct site *s)
{
    if (s->name_len)
        name_map_remove(&q->sites, site_name(s));
    list_remove(&s->turn);
    list_remove(&s->idle);
    due_unset(&q->pauses, &s->pause);
    due_leave(&q->pauses, 1);
    kept_drop(q->mem, s->last);
    mem_give(q->mem, s, sizeof(*s) + s->name_len);
}

struct site *site_new_own(struct queue *q, struct destination *d)
{
    struct site *s = site_new(q, SLICE(""), 0, q->options.concurrency);
    if (s) {
        s->own = d;
        s->destinations = 1;
    }
    return s;
}

struct site *site_get(struct queue *q, struct slice hosts, uint8_t source, uint32_t most)
{
    site_compose_name(q, hosts, source);
    struct slice name = buf_slice(&q->name);
    if (q->name.failed || hosts.len == 0)
        return NULL;
    struct site *s = name_map_get(&q->sites, name);
    if (s)
        return s;
    if (most == 0 || most > q->options.concurrency)
        most = q->options.concurrency;
    s = site_new(q, name, hosts.len, most);
    if (s && !name_map_put(&q->sites, site_name(s), s)) {
        site_free(q, s);
        return NULL;
    }
    return s;
}

static void leave_idle(struct queue *q, struct site *s)
{
    if (!pace_is_known(&s->pace) && s->most == s->highest)
        site_free(q, s);
    else if (list_is_empty(&s->idle))
        list_append(&q->idle, &s->idle);
}

void site_place(struct queue *q, struct site *s)
{
    bool has_turn = !list_is_empty(&s->turns) && s->active < s->slots && !due_is_set(&s->pause);
    if (!has_turn)
        list_remove(&s->turn);
    else if (list_is_empty(&s->turn))
        list_append(s->is_proven ? &q->turns : &q->probes, &s->turn);
    if (s->own)
        destination_forget(q, s->own);
    else if (s->destinations == 0 && !due_is_set(&s->pause))
        leave_idle(q, s);
    else
        list_remove(&s->idle);
}

void sites_forget(struct queue *q, int64_t now)
{
    while (!list_is_empty(&q->idle)) {
        struct site *s = LIST_ITEM(q->idle.next, struct site, idle);
        if (now - s->used < REMEMBERED)
            return;
        site_free(q, s);
    }
}

void site_pace(struct queue *q, struct site *s, int64_t now)
{
    if (s->own)
        return;
    int64_t next = pace_begin(&s->pace, q->options.pace, now);
    s->used = now;
    if (next <= now)
        return;
    s->is_pacing = true;
    due_set(&q->pauses, &s->pause, next);
    site_place(q, s);
}

/* It has enough of us at once, but takes mail over the other connections. */
static bool is_only_crowded(const struct site *s, enum cause cause)
{
    return cause == CAUSE_TOO_MANY_CONNECTIONS && s->active > 1;
}

/* One less than it complained about. */
static void crowd_less(struct site *s)
{
    bool was_dared = s->active > s->most - 1 && s->most < s->highest;
    s->dares = was_dared ? s->dares + (s->dares < DARES_MOST) : 0;
    s->most = s->active - 1;
    s->slots = s->slots < s->most ? s->slots : s->most;
}

static void crowd_more(struct site *s)
{
    if (s->most == s->highest || s->active < s->slots ||
        ++s->calm < (uint32_t)CALM_ENOUGH << s->dares)
        return;
    s->most++;
    s->calm = 0;
}

/* Nobody is there who could be bothered. */
static bool is_absence(enum cause cause)
{
    return cause == CAUSE_CONNECTION_FAILED || cause == CAUSE_CONNECTION_LOST ||
           cause == CAUSE_DNS_FAILURE;
}

static int64_t pause_of(struct queue *q, const struct site *s, enum cause cause, int64_t now)
{
    int64_t usual = retry_pause(q, s->failures);
    int64_t most = (now - s->failing_since) / ABSENCE_PART;
    most = retry_jitter(q, most > q->options.look_again ? most : q->options.look_again);
    return is_absence(cause) && most < usual ? most : usual;
}

static void keep_reason(struct queue *q, struct site *s, struct kept *why)
{
    kept_hold(why);
    kept_drop(q->mem, s->last);
    s->last = why;
}

void site_back_off(struct queue *q, struct site *s, struct kept *why, int64_t wait, int64_t now)
{
    const struct rule_tables *rules = q->options.rules;
    enum cause cause = kept_cause(why, rules);
    bool is_same = s->last && kept_cause(s->last, rules) == cause;
    bool was_pausing = site_is_pausing(s), is_short = false;
    s->calm = 0;
    if (!was_pausing && is_only_crowded(s, cause)) {
        crowd_less(s);
        return;
    }
    keep_reason(q, s, why);
    s->is_suspended = s->is_suspended && was_pausing;
    s->is_source_refused = s->is_source_refused && was_pausing;
    if (was_pausing) {
        /* another attempt of the same time met the same trouble */
        if (wait && now + wait > s->pause.at)
            due_set(&q->pauses, &s->pause, now + wait);
        return;
    }
    if (cause == CAUSE_RATE_LIMITED) {
        pace_refused(&s->pace, now);
        is_short = !wait && s->is_proven;
    }
    s->is_proven = false;
    if (!s->failures)
        s->failing_since = now;
    s->failures += !is_short;
    s->repeats = is_same ? s->repeats + 1 : 1;
    s->slots = 1; /* when the pause is over, one attempt finds out */
    s->is_pacing = false;
    due_set(&q->pauses, &s->pause,
            now + (is_short ? retry_jitter(q, TOO_FAST_PAUSE)
                   : wait   ? retry_jitter(q, wait)
                            : pause_of(q, s, cause, now)));
    site_place(q, s);
}

void site_suspend(struct queue *q, struct site *s, struct kept *why, int64_t wait, int64_t now)
{
    site_back_off(q, s, why, wait ? wait : q->options.suspend, now);
    s->is_suspended = true;
}

void site_succeeded(struct site *s, int64_t now)
{
    if (site_is_pausing(s)) /* it began before the trouble */
        return;
    s->failures = s->repeats = 0;
    if (!s->is_proven)
        list_remove(&s->turn); /* it is placed anew, among the proven */
    s->is_proven = true;
    pace_took(&s->pace, now);
    crowd_more(s);
    if (s->slots < s->most)
        s->slots++;
}

void site_resume(struct queue *q, struct site *s)
{
    due_unset(&q->pauses, &s->pause);
    site_place(q, s);
}
