#include "queue/inside.h"

static size_t block_size(const struct envelope *e)
{
    size_t size = sizeof(struct message) + e->sender.len + e->envid.len + e->helo.len +
                  e->client.len + e->protocol.len + e->campaign.len;
    for (size_t i = 0; i < e->count; i++)
        size += sizeof(struct recipient_state) + sizeof(struct recipient) +
                e->recipients[i].address.len + e->recipients[i].original.len;
    return size;
}

static void move_in(char **to, struct slice *s)
{
    if (s->len)
        memcpy(*to, s->at, s->len);
    s->at = *to;
    *to += s->len;
}

static void copy_envelope(struct message *m, const struct envelope *e, struct recipient *recipients)
{
    char *to = (char *)(recipients + e->count);
    if (e->count)
        memcpy(recipients, e->recipients, e->count * sizeof(*recipients));
    m->envelope = *e;
    m->envelope.recipients = recipients;
    m->envelope.tells = (struct envelope_tells){0}; /* was heard when it was added */
    move_in(&to, &m->envelope.sender);
    move_in(&to, &m->envelope.envid);
    move_in(&to, &m->envelope.helo);
    move_in(&to, &m->envelope.client);
    move_in(&to, &m->envelope.protocol);
    move_in(&to, &m->envelope.campaign);
    for (size_t i = 0; i < e->count; i++) {
        move_in(&to, &recipients[i].address);
        move_in(&to, &recipients[i].original);
    }
}

int64_t message_begins(const struct envelope *e)
{
    return e->hold_until > e->received_at ? e->hold_until : e->received_at;
}

/* RFC 2852: what is to be delivered in time goes back when that is over. */
static int64_t expiry(const struct queue *q, const struct envelope *e)
{
    int64_t at = message_begins(e) + q->options.lifetime;
    return e->by_mode == BY_RETURN && e->deliver_by < at ? e->deliver_by : at;
}

struct message *message_new(struct queue *q, const struct queue_message *in)
{
    const struct envelope *e = in->envelope;
    size_t size = block_size(e);
    struct message *m = mem_take(q->mem, size);
    if (!m)
        return NULL;
    struct recipient_state *states = (struct recipient_state *)(m + 1);
    memset(states, 0, e->count * sizeof(*states));
    *m = (struct message){.id = in->id,
                          .content = in->content,
                          .states = states,
                          .size = size,
                          .is_alone =
                              q->options.is_alone && q->options.is_alone(q->options.router_ctx, e),
                          .expires = expiry(q, e)};
    list_init(&m->all);
    list_init(&m->effects);
    copy_envelope(m, e, (struct recipient *)(states + e->count));
    if (!due_join(&q->timers, 1)) {
        mem_give(q->mem, m, size);
        return NULL;
    }
    return m;
}

/* The number of a recipient's group, one for each destination; the destination is appended to
 * `groups` when it is new. RECIPIENT_NONE when memory ends. */
static uint32_t group_of(struct queue *q, const struct message *m, struct slice address,
                         struct list *groups, uint8_t source, int64_t now)
{
    struct route route = {0};
    uint32_t count = m->job_count;
    q->options.router(q->options.router_ctx, &m->envelope, address, &route);
    if (route.pool && source && source_is_in(q->options.sources, route.pool, source))
        route.source = source; /* who put the mail off may know it by that */
    else if (route.pool)       /* one for all recipients of the message */
        route.source = source_pick(q->options.sources, route.pool, q->groupings, now);
    struct destination *d = destination_get(q, &route);
    if (!d)
        return RECIPIENT_NONE;
    if (d->grouping == q->groupings)
        return d->group;
    d->grouping = q->groupings;
    d->group = count;
    list_append(groups, &d->grouped);
    return count;
}

/* Until the jobs are made, a state's `next` is the number of its group. */
static bool group_recipients(struct queue *q, struct message *m, struct list *groups,
                             uint8_t source, int64_t now)
{
    q->groupings++;
    for (size_t i = 0; i < m->envelope.count; i++) {
        if (recipient_is_settled(&m->states[i]))
            continue;
        uint32_t group = group_of(q, m, m->envelope.recipients[i].address, groups, source, now);
        if (group == RECIPIENT_NONE)
            return false;
        m->states[i].next = group;
        m->job_count += group == m->job_count;
    }
    return true;
}

static bool make_jobs(struct queue *q, struct message *m)
{
    if (!due_join(&q->waiting, m->job_count))
        return false;
    m->jobs = m->job_count > 1 ? mem_take(q->mem, m->job_count * sizeof(*m->jobs)) : &m->only;
    if (m->jobs)
        return true;
    due_leave(&q->waiting, m->job_count);
    return false;
}

static void ungroup(struct queue *q, struct list *groups)
{
    for (struct list *l; (l = list_take_first(groups));)
        destination_place(q, LIST_ITEM(l, struct destination, grouped));
}

static void init_job(struct job *j, struct message *m, struct destination *d)
{
    *j = (struct job){.message = m, .destination = d, .first = RECIPIENT_NONE};
    d->jobs++;
    list_init(&j->ready);
}

/* Each recipient to the job of its group. */
static void link_recipients(struct message *m)
{
    for (size_t i = m->envelope.count; i-- > 0;) {
        if (recipient_is_settled(&m->states[i]))
            continue;
        m->states[i].job = m->states[i].next;
        struct job *j = &m->jobs[m->states[i].job];
        m->states[i].next = j->first;
        j->first = (uint32_t)i;
    }
}

/* `source`: to keep, where that may be; 0: none. */
static bool find_ways(struct queue *q, struct message *m, uint8_t source, int64_t now)
{
    struct list groups;
    list_init(&groups);
    if (!group_recipients(q, m, &groups, source, now) || !make_jobs(q, m)) {
        m->job_count = 0;
        ungroup(q, &groups);
        return false;
    }
    struct job *j = m->jobs;
    for (struct list *l; (l = list_take_first(&groups)); j++)
        init_job(j, m, LIST_ITEM(l, struct destination, grouped));
    link_recipients(m);
    return true;
}

bool message_route(struct queue *q, struct message *m, int64_t now)
{
    return find_ways(q, m, 0, now);
}

static void leave_ways(struct queue *q, struct message *m)
{
    for (uint32_t g = 0; g < m->job_count; g++) {
        struct job *j = &m->jobs[g];
        list_remove(&j->ready);
        due_unset(&q->waiting, &j->due);
        j->destination->jobs--;
        destination_place(q, j->destination);
    }
    due_leave(&q->waiting, m->job_count);
    if (m->job_count > 1)
        mem_give(q->mem, m->jobs, m->job_count * sizeof(*m->jobs));
    m->job_count = 0;
}

/* Without memory: all of it goes one of its old ways, rather than none. The place in the heap is
 * one of those that it just left. */
static void go_by(struct queue *q, struct message *m, struct destination *d)
{
    (void)!due_join(&q->waiting, 1);
    m->jobs = &m->only;
    m->job_count = 1;
    init_job(m->jobs, m, d);
    for (size_t i = 0; i < m->envelope.count; i++)
        m->states[i].next = 0;
    link_recipients(m);
}

void message_reroute(struct queue *q, struct message *m, int64_t now)
{
    m->is_stale = m->active > 0;
    if (m->is_stale || m->job_count == 0)
        return;
    struct destination *first = m->jobs[0].destination;
    first->jobs++; /* it must not go before it is known whether it is needed */
    leave_ways(q, m);
    if (!find_ways(q, m, first->route.source, now))
        go_by(q, m, first);
    first->jobs--;
    destination_place(q, first);
    message_place(q, m, now);
}

void message_begin(struct queue *q, struct message *m)
{
    q->early -= m->is_early;
    m->is_early = false;
}

void message_free(struct queue *q, struct message *m)
{
    message_begin(q, m);
    leave_ways(q, m);
    due_unset(&q->timers, &m->timer);
    due_leave(&q->timers, 1);
    list_remove(&m->all);
    list_remove(&m->effects);
    state_forget(q->mem, m->states, m->envelope.count);
    mem_give(q->mem, m, m->size);
}

bool recipient_is_settled(const struct recipient_state *s)
{
    if (s->status == RECIPIENT_DELIVERED)
        return !(s->flags & RECIPIENT_SUCCESS_DUE);
    return s->status == RECIPIENT_BOUNCED || s->status == RECIPIENT_REMOVED;
}
