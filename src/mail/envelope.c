#include "mail/envelope.h"

#include "base/wire.h"

/* The first number of every envelope; a later form gets the next one. */
enum { VERSION = 1 };
/* Far above what a session takes, low enough that damage is seen as such. */
enum { TEXT_MOST = 8192, RECIPIENTS_MOST = 1 << 20 };
enum { NOTIFY_ALL = NOTIFY_NEVER | NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY };

/* TERMS: when and how urgently it is to be sent stands behind the recipients; then its CAMPAIGN, BY
 * when it is to be delivered, what it TELLS, and the delimiters of VERP. */
enum {
    FLAG_UTF8 = 1,
    FLAG_REQUIRES_TLS = 2,
    FLAG_TERMS = 4,
    FLAG_CAMPAIGN = 8,
    FLAG_TLS_OPTIONAL = 16,
    FLAG_BY = 32,
    FLAG_TELLS = 64,
    FLAG_VERP = 128,
    FLAG_ALL = 255
};
enum { KIND_MOST = 15 };

/* In one number: the mode, and whether there is a trace. */
enum { BY_TRACE = 4, BY_MOST = BY_NOTIFY | BY_TRACE };

/* The least bytes that a recipient takes: two lengths and the bits. */
enum { RECIPIENT_LEAST = 3 };

static bool has_terms(const struct envelope *e)
{
    return e->hold_until || e->priority;
}

static uint64_t flags_of(const struct envelope *e)
{
    return (e->smtputf8 ? FLAG_UTF8 : 0) | (e->requires_tls ? FLAG_REQUIRES_TLS : 0) |
           (e->tls_is_optional ? FLAG_TLS_OPTIONAL : 0) | (has_terms(e) ? FLAG_TERMS : 0) |
           (e->campaign.len ? FLAG_CAMPAIGN : 0) | (e->by_mode ? FLAG_BY : 0) |
           (e->tells.message ? FLAG_TELLS : 0) | (e->wants_verp ? FLAG_VERP : 0);
}

bool envelope_set_verp(struct envelope *e, struct slice delimiters)
{
    bool is_right = delimiters.len == 0 || delimiters.len == VERP_DELIMITERS;
    for (size_t i = 0; is_right && i < delimiters.len; i++) {
        e->verp[i] = delimiters.at[i];
        is_right = slice_find(SLICE("-+="), delimiters.at[i], 0) != SLICE_NONE;
    }
    e->wants_verp = true;
    return is_right;
}

/* Each recipient's distance from the one before it. */
static void encode_tells(struct buf *out, const struct envelope_tells *t)
{
    uint32_t before = 0;
    wire_add_u64(out, t->message);
    wire_add_u64(out, t->kind);
    wire_add_u64(out, t->count);
    for (size_t i = 0; i < t->count; before = t->recipients[i++])
        wire_add_u64(out, t->recipients[i] - before);
}

void envelope_encode(struct buf *out, const struct envelope *e)
{
    wire_add_u64(out, VERSION);
    wire_add_slice(out, e->sender);
    wire_add_slice(out, e->envid);
    wire_add_u64(out, e->return_type);
    wire_add_u64(out, e->body);
    wire_add_u64(out, flags_of(e));
    wire_add_slice(out, e->helo);
    wire_add_slice(out, e->client);
    wire_add_slice(out, e->protocol);
    wire_add_u64(out, (uint64_t)e->received_at);
    wire_add_u64(out, e->size);
    wire_add_u64(out, e->count);
    for (size_t i = 0; i < e->count; i++) {
        wire_add_slice(out, e->recipients[i].address);
        wire_add_slice(out, e->recipients[i].original);
        wire_add_u64(out, e->recipients[i].notify);
    }
    if (has_terms(e)) {
        wire_add_u64(out, (uint64_t)e->hold_until);
        wire_add_u64(out, (uint64_t)(e->priority - PRIORITY_LEAST));
    }
    if (e->campaign.len)
        wire_add_slice(out, e->campaign);
    if (e->by_mode) {
        wire_add_u64(out, e->by_mode | (e->by_trace ? BY_TRACE : 0U));
        wire_add_u64(out, (uint64_t)e->deliver_by);
    }
    if (e->tells.message)
        encode_tells(out, &e->tells);
    if (e->wants_verp)
        wire_add_slice(out, envelope_verp(e));
}

static bool decode_recipients(struct wire *w, struct arena *arena, struct envelope *e,
                              struct err *err_r)
{
    e->count = (size_t)wire_u64(w, RECIPIENTS_MOST);
    if (e->count > w->rest.len / RECIPIENT_LEAST)
        return err_set(err_r, ERR_CORRUPT, 0, "the envelope names more recipients than it holds");
    e->recipients = arena_array(arena, e->count, sizeof(*e->recipients));
    if (!e->recipients)
        return err_set(err_r, ERR_MEMORY, 0, "no room for the envelope's recipients");
    for (size_t i = 0; i < e->count; i++) {
        e->recipients[i].address = wire_slice(w, TEXT_MOST);
        e->recipients[i].original = wire_slice(w, TEXT_MOST);
        e->recipients[i].notify = (uint8_t)wire_u64(w, NOTIFY_ALL);
    }
    return true;
}

static bool decode_tells(struct wire *w, struct arena *arena, struct envelope_tells *t,
                         struct err *err_r)
{
    t->message = wire_u64(w, UINT64_MAX);
    t->kind = (uint8_t)wire_u64(w, KIND_MOST);
    t->count = (size_t)wire_u64(w, RECIPIENTS_MOST);
    if (t->message == 0 || t->count > w->rest.len)
        return err_set(err_r, ERR_CORRUPT, 0, "the envelope tells of more than it holds");
    uint32_t *recipients = arena_array(arena, t->count, sizeof(*recipients));
    if (!recipients)
        return err_set(err_r, ERR_MEMORY, 0, "no room for what the envelope tells of");
    uint32_t before = 0;
    for (size_t i = 0; i < t->count; i++)
        before = recipients[i] = before + (uint32_t)wire_u64(w, RECIPIENTS_MOST - before);
    t->recipients = recipients;
    return true;
}

bool envelope_decode(struct slice in, struct arena *arena, struct envelope *e_r, struct err *err_r)
{
    struct wire w = {.rest = in};
    *e_r = (struct envelope){0};
    if (wire_u64(&w, UINT64_MAX) != VERSION)
        return err_set(err_r, ERR_CORRUPT, 0, "the envelope has a version that is not known");
    e_r->sender = wire_slice(&w, TEXT_MOST);
    e_r->envid = wire_slice(&w, TEXT_MOST);
    e_r->return_type = (enum dsn_return)wire_u64(&w, RETURN_HEADERS);
    e_r->body = (enum body_type)wire_u64(&w, BODY_BINARYMIME);
    uint64_t flags = wire_u64(&w, FLAG_ALL);
    e_r->smtputf8 = (flags & FLAG_UTF8) != 0;
    e_r->requires_tls = (flags & FLAG_REQUIRES_TLS) != 0;
    e_r->tls_is_optional = (flags & FLAG_TLS_OPTIONAL) != 0;
    e_r->helo = wire_slice(&w, TEXT_MOST);
    e_r->client = wire_slice(&w, TEXT_MOST);
    e_r->protocol = wire_slice(&w, TEXT_MOST);
    e_r->received_at = (int64_t)wire_u64(&w, INT64_MAX);
    e_r->size = wire_u64(&w, UINT64_MAX);
    if (!decode_recipients(&w, arena, e_r, err_r))
        return false;
    if (flags & FLAG_TERMS) {
        e_r->hold_until = (int64_t)wire_u64(&w, INT64_MAX);
        e_r->priority = (int)wire_u64(&w, PRIORITY_MOST - PRIORITY_LEAST) + PRIORITY_LEAST;
    }
    if (flags & FLAG_CAMPAIGN)
        e_r->campaign = wire_slice(&w, TEXT_MOST);
    if (flags & FLAG_BY) {
        uint64_t by = wire_u64(&w, BY_MOST);
        e_r->by_mode = (enum by_mode)(by & (BY_TRACE - 1));
        e_r->by_trace = (by & BY_TRACE) != 0;
        e_r->deliver_by = (int64_t)wire_u64(&w, INT64_MAX);
        if (e_r->by_mode != BY_RETURN && e_r->by_mode != BY_NOTIFY)
            return err_set(err_r, ERR_CORRUPT, 0,
                           "the envelope is to be delivered in no known way");
    }
    if ((flags & FLAG_TELLS) && !decode_tells(&w, arena, &e_r->tells, err_r))
        return false;
    e_r->wants_verp = (flags & FLAG_VERP) != 0;
    if (e_r->wants_verp && !envelope_set_verp(e_r, wire_slice(&w, VERP_DELIMITERS)))
        return err_set(err_r, ERR_CORRUPT, 0, "the envelope has delimiters that are none");
    if (!wire_is_done(&w))
        return err_set(err_r, ERR_CORRUPT, in.len - w.rest.len, "the envelope is damaged");
    return true;
}
