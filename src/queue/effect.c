#include "queue/inside.h"

/* What has to be done outside follows from the recipients' states alone: a touched message is
 * looked at, and the first effect that is due is told. */

/* Before another go when memory or the spool had no room. */
enum { EFFECT_PAUSE_MS = 30 * 1000 };

void message_touch(struct queue *q, struct message *m)
{
    if (list_is_empty(&m->effects))
        list_append(&q->effects, &m->effects);
}

/* When the sender is to hear that a recipient waits; INT64_MAX: never. Who said by when it is to be
 * delivered hears of it then (RFC 2852), whatever our own time for delays is. */
static int64_t delay_of(const struct queue *q, const struct message *m, uint32_t i)
{
    const struct recipient_state *s = &m->states[i];
    const struct envelope *e = &m->envelope;
    int64_t at = INT64_MAX;
    if (s->status != RECIPIENT_WAITING || (s->flags & RECIPIENT_DELAY_TOLD))
        return INT64_MAX;
    if (q->options.delay_notice && recipient_wants_notice(m, i, NOTIFY_DELAY))
        at = message_begins(e) + q->options.delay_notice;
    if (e->by_mode == BY_NOTIFY && recipient_wants_by(m, i) && e->deliver_by < at)
        at = e->deliver_by;
    return at;
}

/* When the first delay is to be told; INT64_MAX: no one is left to be told of. */
static int64_t delay_at(const struct queue *q, const struct message *m)
{
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < m->envelope.count; i++) {
        int64_t at = delay_of(q, m, i);
        first = at < first ? at : first;
    }
    return first;
}

static bool has_waiting(const struct message *m)
{
    for (size_t i = 0; i < m->envelope.count; i++)
        if (m->states[i].status == RECIPIENT_WAITING)
            return true;
    return false;
}

void message_wind(struct queue *q, struct message *m)
{
    int64_t at = !m->held && has_waiting(m) ? m->expires : INT64_MAX;
    int64_t next = INT64_MAX; /* effect */
    if (m->pause_until)
        next = m->pause_until;
    else if (!m->held && !m->in_notice && !m->active)
        next = delay_at(q, m);
    if (next < at)
        at = next;
    if (at == INT64_MAX)
        due_unset(&q->timers, &m->timer);
    else
        due_set(&q->timers, &m->timer, at);
}

static void message_pause(struct queue *q, struct message *m, int64_t now)
{
    m->pause_until = now + EFFECT_PAUSE_MS;
    list_remove(&m->effects);
    message_wind(q, m);
}

/* The timer has rung: it is wound again when queue_effect has looked at the message. */
static void message_ring(struct queue *q, struct message *m, int64_t now)
{
    m->pause_until = 0;
    if (!m->held && now >= m->expires) {
        message_expire(q, m);
        message_place(q, m, now);
    }
    message_touch(q, m);
}

void queue_tick(struct queue *q, int64_t now)
{
    struct due *due;
    while ((due = due_take(&q->timers, now)))
        message_ring(q, LIST_ITEM(due, struct message, timer), now);
    while ((due = due_take(&q->waiting, now)))
        job_place(q, LIST_ITEM(due, struct job, due), now);
    while ((due = due_take(&q->pauses, now)))
        site_place(q, LIST_ITEM(due, struct site, pause));
    sites_forget(q, now);
}

static bool is_wanted(const struct queue *q, const struct message *m, uint32_t i,
                      enum notice_kind kind, int64_t now)
{
    const struct recipient_state *s = &m->states[i];
    switch (kind) {
    case NOTICE_FAILURE:
        return s->status == RECIPIENT_FAILED;
    case NOTICE_SUCCESS:
        return s->status == RECIPIENT_DELIVERED && (s->flags & RECIPIENT_SUCCESS_DUE);
    case NOTICE_DELAY:
        return !m->held && now >= delay_of(q, m, i);
    }
    return false;
}

static size_t count_wanted(const struct queue *q, const struct message *m, enum notice_kind kind,
                           int64_t now)
{
    size_t count = 0;
    for (uint32_t i = 0; i < m->envelope.count; i++)
        count += is_wanted(q, m, i, kind, now);
    return count;
}

static bool has_notice_room(struct queue *q, size_t count)
{
    if (count <= q->notice_size)
        return true;
    struct notice_recipient *bigger = mem_take(q->mem, count * sizeof(*bigger));
    if (!bigger)
        return false;
    mem_give(q->mem, q->notice, q->notice_size * sizeof(*q->notice));
    q->notice = bigger;
    q->notice_size = count;
    return true;
}

static void fill_notice(struct queue *q, struct message *m, enum notice_kind kind, int64_t now,
                        struct effect *effect_r)
{
    size_t count = 0;
    for (uint32_t i = 0; i < m->envelope.count; i++) {
        struct recipient_state *s = &m->states[i];
        if (!is_wanted(q, m, i, kind, now))
            continue;
        const struct kept *last = recipient_last(m, i);
        s->flags |= RECIPIENT_IN_NOTICE;
        q->notice[count++] = (struct notice_recipient){
            .recipient = i,
            .attempts = s->attempts,
            .agent = m->jobs[s->job].destination->route.agent,
            .expired = (s->flags & RECIPIENT_EXPIRED) != 0,
            .outcome = last ? &last->outcome : NULL,
        };
    }
    m->in_notice = true;
    m->notice = (uint8_t)kind;
    *effect_r = (struct effect){.kind = EFFECT_NOTICE,
                                .id = m->id,
                                .content = m->content,
                                .envelope = &m->envelope,
                                .notice = kind,
                                .recipients = q->notice,
                                .count = count,
                                .expires_at = m->expires};
}

/* While attempts are under way more may fail: one notice is better than five. */
static bool notice_effect(struct queue *q, struct message *m, int64_t now, struct effect *effect_r)
{
    if (m->in_notice || m->active)
        return false;
    for (enum notice_kind kind = NOTICE_FAILURE; kind <= NOTICE_SUCCESS; kind++) {
        size_t count = count_wanted(q, m, kind, now);
        if (!count)
            continue;
        if (!has_notice_room(q, count)) {
            message_pause(q, m, now);
            return false;
        }
        fill_notice(q, m, kind, now, effect_r);
        return true;
    }
    return false;
}

/* Nothing will be done with it soon: its content need not stay in memory. */
static bool is_resting(const struct message *m)
{
    if (m->active || m->in_notice)
        return false;
    for (uint32_t g = 0; g < m->job_count; g++)
        if (!list_is_empty(&m->jobs[g].ready) && !site_is_pausing(m->jobs[g].destination->site))
            return false;
    for (size_t i = 0; i < m->envelope.count; i++)
        if (m->states[i].status == RECIPIENT_FAILED)
            return false;
    return true;
}

static bool state_effect(struct queue *q, struct message *m, int64_t now, struct effect *effect_r)
{
    if (!m->is_dirty)
        return false;
    buf_clear(&q->state);
    state_encode(&q->state, m->states, m->envelope.count, m->held);
    if (q->state.failed) {
        message_pause(q, m, now);
        return false;
    }
    m->is_dirty = false;
    *effect_r = (struct effect){.kind = EFFECT_STATE, .id = m->id, .state = buf_slice(&q->state)};
    if (is_resting(m)) {
        effect_r->content = m->content;
        m->content = NULL;
    }
    return true;
}

static bool is_over(const struct message *m)
{
    if (m->active || m->in_notice)
        return false;
    for (size_t i = 0; i < m->envelope.count; i++)
        if (!recipient_is_settled(&m->states[i]))
            return false;
    return true;
}

/* The message's first effect; false: none, or it is gone from the list for now. */
static bool message_effect(struct queue *q, struct message *m, int64_t now, struct effect *effect_r)
{
    if (is_over(m)) {
        *effect_r = (struct effect){.kind = EFFECT_END, .id = m->id, .content = m->content};
        id_map_remove(&q->messages, m->id);
        message_free(q, m);
        return true;
    }
    return state_effect(q, m, now, effect_r) || notice_effect(q, m, now, effect_r);
}

bool queue_effect(struct queue *q, int64_t now, struct effect *effect_r)
{
    queue_tick(q, now);
    while (!list_is_empty(&q->effects)) {
        struct message *m = LIST_ITEM(q->effects.next, struct message, effects);
        if (message_effect(q, m, now, effect_r))
            return true;
        list_remove(&m->effects);
        message_wind(q, m);
    }
    return false;
}

void queue_state_lost(struct queue *q, spool_id id)
{
    struct message *m = id_map_get(&q->messages, id);
    if (!m)
        return; /* it ended since then */
    m->is_dirty = true;
    message_touch(q, m);
}

static void notice_written(struct recipient_state *s, enum notice_kind kind)
{
    if (kind == NOTICE_DELAY)
        s->flags |= RECIPIENT_DELAY_TOLD;
    else if (kind == NOTICE_SUCCESS)
        s->flags &= (uint8_t)~RECIPIENT_SUCCESS_DUE;
    else if (s->status == RECIPIENT_FAILED)
        s->status = RECIPIENT_BOUNCED;
}

/* What the notice tells of may not have been written down either. */
static void notice_found(struct recipient_state *s, enum notice_kind kind)
{
    if (s->status == RECIPIENT_WAITING && kind == NOTICE_SUCCESS)
        s->status = RECIPIENT_DELIVERED;
    else if (s->status == RECIPIENT_WAITING && kind == NOTICE_FAILURE)
        s->status = RECIPIENT_FAILED;
    notice_written(s, kind);
}

void queue_notice_found(struct queue *q, const struct envelope_tells *tells, int64_t now)
{
    struct message *m = id_map_get(&q->messages, tells->message);
    if (!m || tells->kind > NOTICE_SUCCESS)
        return;
    for (size_t i = 0; i < tells->count && tells->recipients[i] < m->envelope.count; i++)
        notice_found(&m->states[tells->recipients[i]], (enum notice_kind)tells->kind);
    m->is_dirty = true;
    message_place(q, m, now);
    message_touch(q, m);
}

void queue_notice_done(struct queue *q, spool_id id, bool written, int64_t now)
{
    struct message *m = id_map_get(&q->messages, id);
    if (!m || !m->in_notice)
        return;
    for (size_t i = 0; i < m->envelope.count; i++) {
        struct recipient_state *s = &m->states[i];
        if (written && (s->flags & RECIPIENT_IN_NOTICE))
            notice_written(s, (enum notice_kind)m->notice);
        s->flags &= (uint8_t)~RECIPIENT_IN_NOTICE;
    }
    m->in_notice = false;
    m->is_dirty = m->is_dirty || written;
    if (written)
        message_touch(q, m);
    else
        message_pause(q, m, now);
}
