#include "queue/state.h"

#include "base/wire.h"

/* A version, a byte for the message, the number of recipients, then one record each. A record that
 * shares what is kept with the one before it says so instead of repeating it: a thousand recipients
 * behind one dead host cost a thousand times four bytes. */

enum { VERSION = 1, MESSAGE_HELD = 1 };

/* What follows a record. */
enum last { LAST_NONE, LAST_OWN, LAST_SHARED, LAST_COUNT };

static uint8_t stored_status(const struct recipient_state *s)
{
    return s->status == RECIPIENT_ACTIVE ? RECIPIENT_WAITING : s->status;
}

static void encode_outcome(struct buf *out, const struct outcome *o)
{
    wire_add_u64(out, o->stage);
    wire_add_u64(out, o->reply.code);
    wire_add_u64(out, o->reply.enhanced.class);
    wire_add_u64(out, o->reply.enhanced.subject);
    wire_add_u64(out, o->reply.enhanced.detail);
    wire_add_slice(out, o->reply.text);
    wire_add_slice(out, o->failure);
    wire_add_slice(out, o->host);
    wire_add_u64(out, (uint64_t)o->at);
}

static void encode_recipient(struct buf *out, const struct recipient_state *s,
                             const struct kept *shared)
{
    enum last last = !s->last ? LAST_NONE : s->last == shared ? LAST_SHARED : LAST_OWN;
    wire_add_u64(out, stored_status(s));
    wire_add_u64(out, s->flags & RECIPIENT_FLAGS_STORED);
    wire_add_u64(out, s->attempts);
    wire_add_u64(out, s->repeats);
    wire_add_u64(out, s->due > 0 ? (uint64_t)s->due : 0);
    wire_add_u64(out, last);
    if (last == LAST_OWN)
        encode_outcome(out, &s->last->outcome);
}

void state_encode(struct buf *out, const struct recipient_state *states, size_t count, bool held)
{
    wire_add_u64(out, VERSION);
    wire_add_u64(out, held ? MESSAGE_HELD : 0);
    wire_add_u64(out, count);
    for (size_t i = 0; i < count; i++)
        encode_recipient(out, &states[i], i ? states[i - 1].last : NULL);
}

static void decode_outcome(struct wire *w, struct outcome *o_r)
{
    *o_r = (struct outcome){0};
    o_r->stage = (enum stage)wire_u64(w, STAGE_QUEUE);
    o_r->reply.code = (uint16_t)wire_u64(w, 999);
    o_r->reply.enhanced.class = (uint8_t)wire_u64(w, 5);
    o_r->reply.enhanced.subject = (uint16_t)wire_u64(w, UINT16_MAX);
    o_r->reply.enhanced.detail = (uint16_t)wire_u64(w, UINT16_MAX);
    o_r->reply.text = wire_slice(w, OUTCOME_TEXT_MAX);
    o_r->failure = wire_slice(w, OUTCOME_TEXT_MAX);
    o_r->host = wire_slice(w, OUTCOME_HOST_MAX);
    o_r->at = (int64_t)wire_u64(w, INT64_MAX);
}

static struct kept *decode_kept(struct wire *w, const struct mem *mem, struct err *err_r)
{
    struct outcome o;
    decode_outcome(w, &o);
    if (w->bad)
        return NULL;
    struct kept *k = kept_new(mem, &o);
    if (!k)
        err_set(err_r, ERR_MEMORY, 0, "no memory for what is known of a recipient");
    return k;
}

/* False only when memory ends. */
static bool decode_recipient(struct wire *w, const struct mem *mem, struct recipient_state *s,
                             struct kept *shared, struct err *err_r)
{
    s->status = (uint8_t)wire_u64(w, RECIPIENT_REMOVED);
    s->flags = (uint8_t)(wire_u64(w, RECIPIENT_FLAGS_STORED) & RECIPIENT_FLAGS_STORED);
    s->attempts = (uint32_t)wire_u64(w, UINT32_MAX);
    s->repeats = (uint8_t)wire_u64(w, UINT8_MAX);
    s->due = (int64_t)wire_u64(w, INT64_MAX);
    enum last last = (enum last)wire_u64(w, LAST_COUNT - 1);
    if (s->status == RECIPIENT_ACTIVE || (last == LAST_SHARED && !shared))
        w->bad = true;
    if (w->bad || last == LAST_NONE)
        return true;
    s->last = last == LAST_SHARED ? kept_hold(shared) : decode_kept(w, mem, err_r);
    return s->last || w->bad;
}

bool state_decode(struct slice in, const struct mem *mem, struct recipient_state *states,
                  size_t count, bool *held_r, struct err *err_r)
{
    struct wire w = {.rest = in};
    if (wire_u64(&w, UINT64_MAX) != VERSION)
        w.bad = true;
    *held_r = wire_u64(&w, MESSAGE_HELD) == MESSAGE_HELD;
    if (wire_u64(&w, UINT32_MAX) != count)
        w.bad = true;
    bool has_memory = true;
    for (size_t i = 0; i < count && !w.bad && has_memory; i++)
        has_memory = decode_recipient(&w, mem, &states[i], i ? states[i - 1].last : NULL, err_r);
    if (has_memory && wire_is_done(&w))
        return true;
    state_forget(mem, states, count);
    *held_r = false;
    if (!has_memory)
        return false;
    return err_set(err_r, ERR_CORRUPT, in.len - w.rest.len,
                   "the state record of a message can't be read");
}

void state_forget(const struct mem *mem, struct recipient_state *states, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kept_drop(mem, states[i].last);
        states[i] = (struct recipient_state){0};
    }
}
