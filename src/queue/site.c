#include "queue/inside.h"

/* Attempts at once at a site that has not answered yet: dead ones should not fill the place of the
 * living with attempts that wait for nothing. Each success allows one more. */
enum { FIRST_SLOTS = 2 };

/* Successes after which one connection more is dared than the site once found too many. */
enum { CALM_ENOUGH = 50 };

/* Pauses between messages, in ms, for a site that finds us too fast: begun with, doubled each time
 * up to the most, made a sixteenth shorter by each success, and forgotten below the least. */
enum { PACE_FIRST = 1000, PACE_MOST = 60 * 1000, PACE_LEAST = 20 };

static struct site *site_new(struct queue *q, struct slice name, uint32_t most)
{
    struct site *s = mem_take(q->mem, sizeof(*s) + name.len);
    if (!s)
        return NULL;
    *s = (struct site){.slots = most < FIRST_SLOTS ? most : FIRST_SLOTS,
                       .most = most,
                       .highest = most,
                       .recipients = q->options.recipients,
                       .name_len = name.len};
    if (name.len)
        memcpy(s->name, name.at, name.len);
    list_init(&s->turns);
    list_init(&s->turn);
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
    due_unset(&q->pauses, &s->pause);
    due_leave(&q->pauses, 1);
    kept_drop(q->mem, s->last);
    mem_give(q->mem, s, sizeof(*s) + s->name_len);
}

struct site *site_new_own(struct queue *q, struct destination *d)
{
    struct site *s = site_new(q, SLICE(""), q->options.concurrency);
    if (s) {
        s->own = d;
        s->destinations = 1;
    }
    return s;
}

struct site *site_get(struct queue *q, struct slice name, uint32_t most)
{
    struct site *s = name_map_get(&q->sites, name);
    if (s || name.len == 0)
        return s;
    if (most == 0 || most > q->options.concurrency)
        most = q->options.concurrency;
    s = site_new(q, name, most);
    if (s && !name_map_put(&q->sites, site_name(s), s)) {
        site_free(q, s);
        return NULL;
    }
    return s;
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
        site_free(q, s);
}

void site_pace(struct queue *q, struct site *s, int64_t now)
{
    int64_t pace = s->pace > q->options.pace ? s->pace : q->options.pace;
    if (!pace || s->own)
        return;
    s->is_pacing = true;
    due_set(&q->pauses, &s->pause, now + pace);
    site_place(q, s);
}

/* It has enough of us at once, but takes mail over the other connections. */
static bool is_only_crowded(const struct site *s, enum cause cause)
{
    return cause == CAUSE_TOO_MANY_CONNECTIONS && s->active > 1;
}

static void slow_down(struct site *s)
{
    s->pace = s->pace ? s->pace * 2 : PACE_FIRST;
    if (s->pace > PACE_MOST)
        s->pace = PACE_MOST;
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
    bool was_pausing = site_is_pausing(s);
    s->calm = 0;
    if (!was_pausing && is_only_crowded(s, cause)) {
        s->most = s->active - 1;
        s->slots = s->slots < s->most ? s->slots : s->most;
        return;
    }
    keep_reason(q, s, why);
    s->is_suspended = s->is_suspended && was_pausing;
    if (was_pausing) {
        /* another attempt of the same time met the same trouble */
        if (wait && now + wait > s->pause.at)
            due_set(&q->pauses, &s->pause, now + wait);
        return;
    }
    if (cause == CAUSE_RATE_LIMITED)
        slow_down(s);
    s->is_proven = false;
    s->failures++;
    s->repeats = is_same ? s->repeats + 1 : 1;
    s->slots = 1; /* when the pause is over, one attempt finds out */
    s->is_pacing = false;
    due_set(&q->pauses, &s->pause,
            now + (wait ? retry_jitter(q, wait) : retry_pause(q, s->failures)));
    site_place(q, s);
}

void site_suspend(struct queue *q, struct site *s, struct kept *why, int64_t wait, int64_t now)
{
    site_back_off(q, s, why, wait ? wait : q->options.suspend, now);
    s->is_suspended = true;
}

void site_succeeded(struct site *s)
{
    s->failures = s->repeats = 0;
    if (!s->is_proven)
        list_remove(&s->turn); /* it is placed anew, among the proven */
    s->is_proven = true;
    s->pace -= s->pace / 16 + (s->pace > 0);
    if (s->pace < PACE_LEAST)
        s->pace = 0;
    if (s->most < s->highest && ++s->calm >= CALM_ENOUGH) {
        s->most++;
        s->calm = 0;
    }
    if (s->slots < s->most)
        s->slots++;
}

void site_resume(struct queue *q, struct site *s)
{
    due_unset(&q->pauses, &s->pause);
    site_place(q, s);
}
