#include "mail/date.h"
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

bool recipient_wants_by(const struct message *m, uint32_t i)
{
    return m->envelope.by_mode && m->envelope.sender.len &&
           m->envelope.recipients[i].notify != NOTIFY_NEVER;
}

/* RFC 2852: of each step where a trace was asked for, and of the last one that knows the time. */
static bool wants_step(const struct message *m, uint32_t i, bool is_by_passed)
{
    bool goes_on = m->jobs[m->states[i].job].destination->route.agent == AGENT_SMTP;
    return goes_on && recipient_wants_by(m, i) && (m->envelope.by_trace || !is_by_passed);
}

void recipient_deliver(struct message *m, uint32_t i, bool is_dsn_passed, bool is_by_passed)
{
    m->states[i].status = RECIPIENT_DELIVERED;
    if ((!is_dsn_passed && recipient_wants_notice(m, i, NOTIFY_SUCCESS)) ||
        wants_step(m, i, is_by_passed))
        m->states[i].flags |= RECIPIENT_SUCCESS_DUE;
    m->is_dirty = true;
}

void recipient_fail(struct message *m, uint32_t i)
{
    m->states[i].status =
        recipient_wants_notice(m, i, NOTIFY_FAILURE) ? RECIPIENT_FAILED : RECIPIENT_BOUNCED;
    m->is_dirty = true;
}

/* What is told of it: the reply that we would have given. NULL when memory ends. */
static struct kept *keep_suppression(struct queue *q, const struct suppression *s, int64_t now)
{
    enum { REPLY_MEMORY = 8 * 1024, DATE_BYTES = 40 };
    char storage[DATE_BYTES];
    struct buf since;
    struct arena arena;
    buf_init_fixed(&since, storage, sizeof(storage));
    date_write_3339(&since, s->since, 0);
    arena_init(&arena, q->mem, REPLY_MEMORY);
    struct outcome o = {.stage = STAGE_QUEUE, .at = now};
    o.reply = REPLY_MAKE(SITUATION_SUPPRESSED, &arena, s->address, buf_slice(&since),
                         suppression_source_words(s->source),
                         s->reason.len ? s->reason : SLICE("no reason was given"));
    struct kept *kept = kept_new(q->mem, &o);
    arena_reset(&arena);
    return kept;
}

void message_drop_suppressed(struct queue *q, struct message *m, int64_t now)
{
    for (uint32_t i = 0; q->options.suppressions && i < m->envelope.count; i++) {
        struct recipient_state *r = &m->states[i];
        if (r->status != RECIPIENT_WAITING ||
            m->jobs[r->job].destination->route.agent != AGENT_SMTP)
            continue;
        const struct suppression *s = suppressions_find(q->options.suppressions, m->envelope.sender,
                                                        m->envelope.recipients[i].address, now);
        if (!s)
            continue;
        kept_drop(q->mem, r->last);
        r->last = keep_suppression(q, s, now);
        recipient_fail(m, i);
        message_touch(q, m);
    }
}

/* "550 5.1.1 User unknown" */
static void write_words(struct buf *out, const struct outcome *o)
{
    if (o->reply.code)
        buf_addf(out, "%u ", o->reply.code);
    if (o->reply.enhanced.class) {
        enhanced_write(out, o->reply.enhanced);
        buf_add_char(out, ' ');
    }
    buf_add(out, slice_head(o->reply.code ? o->reply.text : o->failure, SUPPRESSION_REASON_MAX));
}

void recipient_suppress(struct queue *q, const struct message *m, uint32_t i,
                        const struct outcome *o, enum cause cause)
{
    enum { WORDS_BYTES = SUPPRESSION_REASON_MAX + 32 };
    char storage[WORDS_BYTES];
    struct buf words;
    if (!q->options.suppressions || !q->options.suppress_for ||
        m->jobs[m->states[i].job].destination->route.agent != AGENT_SMTP)
        return;
    buf_init_fixed(&words, storage, sizeof(storage));
    write_words(&words, o);
    /* without memory it is learned from the next refusal */
    (void)!suppressions_put(q->options.suppressions,
                            &(struct suppression){.address = m->envelope.recipients[i].address,
                                                  .since = o->at,
                                                  .until = o->at + q->options.suppress_for,
                                                  .source = SUPPRESSED_BY_REPLY,
                                                  .cause = cause,
                                                  .reason = buf_slice(&words)});
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
