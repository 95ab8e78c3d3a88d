#include "queue/inside.h"

/* From which of its pool's sources a job goes: where one is refused for its address, or has sent
 * what a day allows, the next takes its place. */

static const char from[] = " from ";

void site_compose_name(struct queue *q, struct slice hosts, uint8_t source)
{
    buf_clear(&q->name);
    buf_add(&q->name, hosts);
    if (source) {
        buf_add_str(&q->name, from);
        buf_add(&q->name, q->options.sources->list[source - 1].name);
    }
}

bool site_is_named(const struct site *s, struct slice wanted)
{
    return slice_ieq(site_name(s), wanted) || slice_ieq(site_hosts(s), wanted);
}

/* These hosts let in nothing from that source for now. */
static bool is_refused(struct queue *q, const struct site *own, uint8_t source)
{
    if (own->own)
        return false; /* who takes it is not known yet */
    site_compose_name(q, site_hosts(own), source);
    const struct site *s = q->name.failed ? NULL : name_map_get(&q->sites, buf_slice(&q->name));
    return s && s->is_source_refused && site_is_pausing(s);
}

static void move(struct queue *q, struct job *j, uint8_t source)
{
    struct destination *before = j->destination;
    struct route route = before->route;
    route.source = source;
    struct destination *to = destination_get(q, &route);
    if (!to) /* without memory it stays */
        return;
    list_remove(&j->ready);
    j->destination = to;
    to->jobs++;
    before->jobs--;
    destination_place(q, before);
}

/* The next of the pool after its own from which it may go; 0: there is none. */
static uint8_t next_source(struct queue *q, const struct job *j, int64_t now)
{
    const struct route *r = &j->destination->route;
    const struct sources *all = q->options.sources;
    const struct source_pool *pool = &all->pools[r->pool - 1];
    size_t own = 0;
    while (own < pool->count && pool->members[own] != r->source)
        own++;
    for (size_t i = 1; i < pool->count; i++) {
        uint8_t other = pool->members[(own + i) % pool->count];
        if (source_may_send(all, other, now) && !is_refused(q, j->destination->site, other))
            return other;
    }
    return 0;
}

int64_t job_choose_source(struct queue *q, struct job *j, int64_t now)
{
    const struct route *r = &j->destination->route;
    bool may_send = source_may_send(q->options.sources, r->source, now);
    if (may_send && !is_refused(q, j->destination->site, r->source))
        return now;
    uint8_t other = next_source(q, j, now);
    if (other)
        move(q, j, other);
    else if (!may_send)
        return source_next_day(now);
    return now;
}

bool job_is_used_up(const struct queue *q, const struct job *j, int64_t now)
{
    const struct route *r = &j->destination->route;
    const struct sources *all = q->options.sources;
    for (size_t i = 0; r->pool && i < all->pools[r->pool - 1].count; i++)
        if (source_may_send(all, all->pools[r->pool - 1].members[i], now))
            return false;
    return r->pool != 0;
}

void site_refuse_source(struct queue *q, struct site *s, int64_t now)
{
    struct list *next_turn, *next;
    s->is_source_refused = true;
    for (struct list *l = s->turns.next; l != &s->turns; l = next_turn) {
        struct destination *d = LIST_ITEM(l, struct destination, turn);
        next_turn = l->next;
        bool is_last = list_is_empty(&d->ready);
        for (struct list *at = d->ready.next; !is_last; at = next) {
            next = at->next;
            is_last = next == &d->ready; /* with its last job a destination may go */
            job_place(q, LIST_ITEM(at, struct job, ready), now);
        }
    }
}

/* Of these hosts and that source. */
static bool is_from(const struct site *s, struct slice source)
{
    struct slice behind = slice_from(site_name(s), s->hosts_len);
    return slice_starts(behind, slice_str(from)) &&
           slice_eq(slice_from(behind, sizeof(from) - 1), source);
}

void queue_visit_source(struct queue *q, uint8_t source, queue_source_visitor *visit, void *ctx)
{
    struct slice name = q->options.sources->list[source - 1].name;
    size_t at = 0;
    for (const struct site *s; (s = name_map_next(&q->sites, &at));) {
        bool is_refused = site_is_pausing(s) && (s->is_suspended || s->is_source_refused);
        if (is_refused && is_from(s, name))
            visit(ctx,
                  &(struct queue_source_trouble){.hosts = site_hosts(s),
                                                 .is_suspended = s->is_suspended,
                                                 .until = s->pause.at,
                                                 .cause = kept_cause(s->last, q->options.rules),
                                                 .outcome = s->last ? &s->last->outcome : NULL});
    }
}
