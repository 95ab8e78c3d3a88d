#include "queue/inside.h"

/* Attempts at once at a destination that has not answered yet: dead ones should not fill the place
 * of the living with attempts that wait for nothing. Each success allows one more. */
enum { FIRST_SLOTS = 2 };

/* A key begins with one digit for agent and kind: the same name can be a domain and a smarthost. */
static void write_key(struct buf *out, const struct route *route)
{
    buf_clear(out);
    buf_add_char(out, (char)('0' + 2 * (int)route->agent + route->is_smarthost));
    buf_add(out, route->destination);
}

struct destination *destination_find(struct queue *q, const struct route *route)
{
    write_key(&q->state, route);
    return q->state.failed ? NULL : name_map_get(&q->destinations, buf_slice(&q->state));
}

static struct destination *destination_new(struct queue *q, const struct route *route,
                                           struct slice key)
{
    struct destination *d = mem_take(q->mem, sizeof(*d) + key.len);
    if (!d)
        return NULL;
    uint32_t most = q->options.concurrency;
    *d = (struct destination){.slots = most < FIRST_SLOTS ? most : FIRST_SLOTS,
                              .recipients = q->options.recipients,
                              .route = *route,
                              .key_len = key.len};
    memcpy(d->key, key.at, key.len);
    d->route.destination = slice_from(slice_of(d->key, key.len), 1);
    list_init(&d->ready);
    list_init(&d->turn);
    list_init(&d->grouped);
    return d;
}

static void destination_free(struct queue *q, struct destination *d)
{
    name_map_remove(&q->destinations, slice_of(d->key, d->key_len));
    list_remove(&d->turn);
    due_unset(&q->pauses, &d->pause);
    due_leave(&q->pauses, 1);
    kept_drop(q->mem, d->last);
    mem_give(q->mem, d, sizeof(*d) + d->key_len);
}

struct destination *destination_get(struct queue *q, const struct route *route)
{
    struct destination *d = destination_find(q, route);
    if (d || q->state.failed)
        return d;
    d = destination_new(q, route, buf_slice(&q->state));
    if (!d)
        return NULL;
    if (!due_join(&q->pauses, 1)) {
        mem_give(q->mem, d, sizeof(*d) + d->key_len);
        return NULL;
    }
    if (!name_map_put(&q->destinations, slice_of(d->key, d->key_len), d)) {
        destination_free(q, d);
        return NULL;
    }
    return d;
}

void destination_place(struct queue *q, struct destination *d)
{
    bool has_turn = !list_is_empty(&d->ready) && d->active < d->slots && !destination_is_pausing(d);
    if (!has_turn)
        list_remove(&d->turn);
    else if (list_is_empty(&d->turn))
        list_append(&q->turns, &d->turn);
    if (d->jobs == 0 && d->active == 0 && !destination_is_pausing(d))
        destination_free(q, d);
}

void destination_back_off(struct queue *q, struct destination *d, struct kept *why, int64_t wait,
                          int64_t now)
{
    const struct rule_tables *rules = q->options.rules;
    bool is_same = d->last && kept_cause(d->last, rules) == kept_cause(why, rules);
    kept_hold(why);
    kept_drop(q->mem, d->last);
    d->last = why;
    d->is_suspended = d->is_suspended && destination_is_pausing(d);
    if (destination_is_pausing(d)) {
        /* another attempt of the same time met the same trouble */
        if (wait && now + wait > d->pause.at)
            due_set(&q->pauses, &d->pause, now + wait);
        return;
    }
    d->failures++;
    d->repeats = is_same ? d->repeats + 1 : 1;
    d->slots = 1; /* when the pause is over, one attempt finds out */
    due_set(&q->pauses, &d->pause,
            now + (wait ? retry_jitter(q, wait) : retry_pause(q, d->failures)));
    destination_place(q, d);
}

void destination_suspend(struct queue *q, struct destination *d, struct kept *why, int64_t wait,
                         int64_t now)
{
    destination_back_off(q, d, why, wait ? wait : q->options.suspend, now);
    d->is_suspended = true;
}

void destination_succeeded(struct queue *q, struct destination *d)
{
    d->failures = d->repeats = 0;
    if (d->slots < q->options.concurrency)
        d->slots++;
}

void destination_resume(struct queue *q, struct destination *d)
{
    due_unset(&q->pauses, &d->pause);
    destination_place(q, d);
}
