#include "queue/inside.h"

/* RFC 3461 4.1: nothing said means failures, and delays at our choice. A notice never follows a
 * notice (RFC 5321 6.1). */
bool recipient_wants_notice(const struct message *m, uint32_t i, enum dsn_notify of)
{
    uint8_t notify = m->envelope.recipients[i].notify;
    if (m->envelope.sender.len == 0)
        return false;
    return notify ? (notify & of) != 0 : of != NOTIFY_SUCCESS;
}

void recipient_deliver(struct message *m, uint32_t i, bool is_dsn_passed)
{
    m->states[i].status = RECIPIENT_DELIVERED;
    if (!is_dsn_passed && recipient_wants_notice(m, i, NOTIFY_SUCCESS))
        m->states[i].flags |= RECIPIENT_SUCCESS_DUE;
    m->is_dirty = true;
}

void recipient_fail(struct message *m, uint32_t i)
{
    m->states[i].status =
        recipient_wants_notice(m, i, NOTIFY_FAILURE) ? RECIPIENT_FAILED : RECIPIENT_BOUNCED;
    m->is_dirty = true;
}

void message_expire(struct queue *q, struct message *m)
{
    for (uint32_t i = 0; i < m->envelope.count; i++) {
        if (m->states[i].status != RECIPIENT_WAITING)
            continue;
        m->states[i].flags |= RECIPIENT_EXPIRED;
        recipient_fail(m, i);
    }
    message_touch(q, m);
}

static void remove_recipient(struct recipient_state *s)
{
    s->flags &= (uint8_t)~RECIPIENT_SUCCESS_DUE;
    if (s->status == RECIPIENT_WAITING || s->status == RECIPIENT_FAILED)
        s->status = RECIPIENT_REMOVED;
}

void message_end(struct queue *q, struct message *m, enum ending ending)
{
    if (m->ending != ENDING_REMOVE)
        m->ending = (uint8_t)ending;
    for (uint32_t i = 0; i < m->envelope.count; i++) {
        struct recipient_state *s = &m->states[i];
        if (ending == ENDING_REMOVE)
            remove_recipient(s);
        else if (s->status == RECIPIENT_WAITING)
            recipient_fail(m, i);
    }
    m->is_dirty = true;
    message_touch(q, m);
}
