#include "queue/inside.h"

/* Recipients that wait for the same reason at the same site, told together. */

struct group {
    struct queue_group told;
    struct site *site;
};

/* One number for site and reason: user addresses have 48 bits, and what lies behind an allocation's
 * alignment says nothing. */
static uint64_t key_of(const struct site *s, const struct queue_group *g)
{
    uint64_t reason = (uint64_t)g->is_used_up << 13 | (uint64_t)(g->suspension != NULL) << 12 |
                      (uint64_t)g->status << 8 | (uint64_t)g->held << 7 |
                      (g->is_tried ? 1U + (uint64_t)g->cause : 0U);
    return (uint64_t)(uintptr_t)s >> 4 << 16 | reason;
}

static struct group *group_get(struct queue *q, struct id_map *groups, struct site *s,
                               const struct queue_group *like)
{
    uint64_t key = key_of(s, like);
    struct group *g = id_map_get(groups, key);
    if (g)
        return g;
    g = mem_take(q->mem, sizeof(*g));
    if (!g)
        return NULL;
    *g = (struct group){.told = *like, .site = s};
    if (id_map_put(groups, key, g))
        return g;
    mem_give(q->mem, g, sizeof(*g));
    return NULL;
}

static void count_in(struct queue_group *g, const struct message *m, int64_t next)
{
    g->recipients++;
    if (g->last_id != m->id || !g->messages)
        g->messages++;
    g->last_id = m->id;
    if (next < g->next)
        g->next = next;
}

static bool group_recipient(struct queue *q, struct id_map *groups, const struct message *m,
                            uint32_t i, int64_t now)
{
    const struct recipient_state *r = &m->states[i];
    struct destination *d = m->jobs[r->job].destination;
    struct kept *why = recipient_reason(r, d->site);
    const struct suspension *stopped = job_suspension(q, &m->jobs[r->job]);
    bool is_used_up = job_is_used_up(q, &m->jobs[r->job], now);
    bool says_why = r->status == RECIPIENT_WAITING && !m->held && !stopped && !is_used_up && why;
    struct queue_group like = {.site = d->site->own ? d->route.destination : site_name(d->site),
                               .status = (enum recipient_status)r->status,
                               .held = m->held,
                               .suspension = stopped,
                               .is_used_up = is_used_up,
                               .is_tried = says_why,
                               .cause =
                                   says_why ? kept_cause(why, q->options.rules) : CAUSE_UNKNOWN,
                               .is_pausing = site_is_pausing(d->site),
                               .is_suspended = site_is_pausing(d->site) && d->site->is_suspended,
                               .oldest = m->envelope.received_at,
                               .id = m->id,
                               .next = INT64_MAX,
                               .outcome = says_why ? &why->outcome : NULL};
    struct group *g = group_get(q, groups, d->site, &like);
    if (g)
        count_in(&g->told, m, recipient_next_try(q, m, r, now));
    return g != NULL;
}

static bool group_message(struct queue *q, struct id_map *groups, const struct message *m,
                          const struct queue_filter *f, int64_t now)
{
    for (uint32_t i = 0; i < m->envelope.count; i++)
        if (recipient_fits(q, m, i, f) && !group_recipient(q, groups, m, i, now))
            return false;
    return true;
}

bool queue_groups(struct queue *q, const struct queue_filter *filter, queue_group_visitor *visit,
                  void *ctx, int64_t now)
{
    struct id_map groups;
    bool good = true;
    size_t at = 0;
    id_map_init(&groups, q->mem);
    for (struct list *l = messages_first(q, filter); good && l != &q->all;
         l = messages_next(q, filter, l)) {
        const struct message *m = LIST_ITEM(l, struct message, all);
        good = !message_fits(m, filter) || group_message(q, &groups, m, filter, now);
    }
    for (struct group *g; (g = id_map_next(&groups, &at));) {
        good = good && visit(ctx, &g->told);
        mem_give(q->mem, g, sizeof(*g));
    }
    id_map_free(&groups);
    return good;
}
