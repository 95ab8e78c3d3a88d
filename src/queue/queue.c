#include "queue/queue.h"

#include "queue/inside.h"

enum { STATE_LIMIT = 256 << 20, NAME_LIMIT = 64 * 1024 };

struct queue_options queue_default_options(void)
{
    const int64_t minute = 60 * 1000, hour = 60 * minute;
    return (struct queue_options){
        .retry_first = 5 * minute,
        .retry_most = 4 * hour,
        .look_again = 15 * minute,
        .retry_greylist = 5 * minute,
        .suspend = 2 * hour,
        .lifetime = 5 * 24 * hour,
        .concurrency = 10,
        .recipients = 100,
    };
}

struct queue *queue_new(const struct mem *mem, const struct queue_options *options)
{
    struct queue *q = mem_take(mem, sizeof(*q));
    if (!q)
        return NULL;
    *q = (struct queue){.mem = mem, .options = *options, .random = options->key.k0};
    id_map_init(&q->messages, mem);
    name_map_init(&q->destinations, mem, options->key);
    name_map_init(&q->sites, mem, options->key);
    list_init(&q->all);
    list_init(&q->turns);
    list_init(&q->probes);
    list_init(&q->idle);
    list_init(&q->effects);
    list_init(&q->active);
    due_init(&q->waiting, mem);
    due_init(&q->pauses, mem);
    due_init(&q->timers, mem);
    buf_init(&q->name, mem, NAME_LIMIT);
    buf_init(&q->state, mem, STATE_LIMIT);
    return q;
}

void queue_use_rules(struct queue *q, const struct rule_tables *rules)
{
    q->options.rules = rules;
}

static void free_sites(struct queue *q)
{
    /* those that still pause have no jobs any more; resuming forgets them */
    for (struct due *due; (due = due_first(&q->pauses));)
        site_resume(q, LIST_ITEM(due, struct site, pause));
    sites_forget(q, INT64_MAX);
    name_map_free(&q->destinations);
    name_map_free(&q->sites);
}

void queue_free(struct queue **q_r, void (*drop)(void *ctx, void *content), void *ctx)
{
    struct queue *q = *q_r;
    if (!q)
        return;
    *q_r = NULL;
    while (!list_is_empty(&q->active))
        attempt_free(q, LIST_ITEM(q->active.next, struct own_attempt, active));
    while (!list_is_empty(&q->all)) {
        struct message *m = LIST_ITEM(q->all.next, struct message, all);
        if (m->content && drop)
            drop(ctx, m->content);
        message_free(q, m);
    }
    free_sites(q);
    id_map_free(&q->messages);
    due_free(&q->waiting);
    due_free(&q->pauses);
    due_free(&q->timers);
    buf_free(&q->name);
    buf_free(&q->state);
    mem_give(q->mem, q->notice, q->notice_size * sizeof(*q->notice));
    mem_give(q->mem, q, sizeof(*q));
}

/* False only when memory ends. */
static bool restore(struct queue *q, struct message *m, struct slice state, int64_t now,
                    struct err *err_r)
{
    if (state.len && !state_decode(state, q->mem, m->states, m->envelope.count, &m->held, err_r) &&
        err_r->code != ERR_CORRUPT)
        return false;
    for (size_t i = 0; i < m->envelope.count; i++)
        if (m->states[i].status == RECIPIENT_WAITING && m->states[i].due == 0)
            m->states[i].due = m->envelope.hold_until > now ? m->envelope.hold_until : now;
    return true;
}

bool queue_add(struct queue *q, const struct queue_message *in, int64_t now, struct err *err_r)
{
    *err_r = (struct err){0};
    if (id_map_get(&q->messages, in->id))
        return err_set(err_r, ERR_STATE, 0, "the message is in the queue already");
    struct message *m = message_new(q, in);
    if (!m)
        return err_set(err_r, ERR_MEMORY, 0, "no memory to queue a message");
    if (!restore(q, m, in->state, now, err_r) || !message_route(q, m, now) ||
        !id_map_put(&q->messages, in->id, m)) {
        message_free(q, m);
        return err_set(err_r, ERR_MEMORY, 0, "no memory to queue a message");
    }
    list_append(&q->all, &m->all);
    m->is_early = in->envelope->hold_until > now;
    q->early += m->is_early;
    message_drop_suppressed(q, m, now);
    message_place(q, m, now);
    if (in->state.len || in->envelope->count == 0)
        message_touch(q, m);
    message_wind(q, m);
    return true;
}

void queue_reroute(struct queue *q, int64_t now)
{
    for (struct list *l = q->all.next; l != &q->all; l = l->next)
        message_reroute(q, LIST_ITEM(l, struct message, all), now);
}

int64_t queue_due(const struct queue *q)
{
    int64_t due = due_first_at(&q->waiting);
    if (due_first_at(&q->pauses) < due)
        due = due_first_at(&q->pauses);
    if (due_first_at(&q->timers) < due)
        due = due_first_at(&q->timers);
    return due;
}

void queue_count(const struct queue *q, struct queue_counts *counts_r)
{
    *counts_r = (struct queue_counts){.messages = q->messages.count,
                                      .destinations = q->destinations.count,
                                      .active = q->active_count,
                                      .backing_off = q->pauses.count,
                                      .early = q->early};
}
