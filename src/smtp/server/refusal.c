/* References: each reply that says no ends in one, by which the operator finds what happened. */
#include "smtp/server/session.h"

void smtp_server_set_reference(struct smtp_server *s, struct slice name)
{
    s->reference = name;
}

static struct refusal *new_refusal(struct smtp_server *s, size_t room)
{
    struct refusal *f = mem_take(s->mem, sizeof(*f) + room);
    if (!f)
        return NULL;
    *f = (struct refusal){.size = sizeof(*f) + room};
    if (s->refusals_last)
        s->refusals_last->next = f;
    else
        s->refusals = f;
    s->refusals_last = f;
    return f;
}

/* What was added since `from`, as a view that stays when more is added. */
static struct slice added(const struct buf *b, size_t from)
{
    return slice_of(b->at + from, b->len - from);
}

static struct slice add(struct buf *b, struct slice s)
{
    size_t from = b->len;
    buf_add(b, s);
    return added(b, from);
}

void refusal_note(struct smtp_server *s, const struct reply *r, struct reply *r_r)
{
    char storage[NUMBER_TEXT];
    struct slice number = session_number(storage, s->refusal_count + 1), reference;
    struct slice recipient = s->settling ? s->settling->recipient.address : SLICE("");
    struct slice sender = s->envelope.sender;
    size_t around = sizeof(" [ref -]") + s->reference.len + number.len;
    if (s->reference.len == 0 || reply_severity(r) < 4)
        return;
    size_t room = r->text.len + around + sender.len + recipient.len;
    struct refusal *f = new_refusal(s, room);
    if (!f)
        return; /* better without a reference than not at all */
    s->refusal_count++;
    struct buf text;
    buf_init_fixed(&text, f->bytes, room);
    f->told.reply = *r;
    f->told.reply.text = add(&text, r->text);
    buf_add_str(&text, " [ref ");
    size_t from = text.len;
    buf_add(&text, s->reference);
    buf_add_char(&text, '-');
    buf_add(&text, number);
    reference = added(&text, from);
    buf_add_char(&text, ']');
    r_r->text = buf_slice(&text);
    f->told.reference = reference;
    f->told.sender = add(&text, sender);
    f->told.recipient = add(&text, recipient);
}

static struct refusal *take_first(struct smtp_server *s)
{
    struct refusal *f = s->refusals;
    if (!f)
        return NULL;
    s->refusals = f->next;
    if (!s->refusals)
        s->refusals_last = NULL;
    return f;
}

static void drop(struct smtp_server *s, struct refusal *f)
{
    if (f)
        mem_give(s->mem, f, f->size);
}

void refusals_drop(struct smtp_server *s)
{
    drop(s, s->refusal_shown);
    s->refusal_shown = NULL;
    while (s->refusals)
        drop(s, take_first(s));
}

bool smtp_server_next_refusal(struct smtp_server *s, struct smtp_refusal *refusal_r)
{
    drop(s, s->refusal_shown);
    s->refusal_shown = take_first(s);
    if (!s->refusal_shown)
        return false;
    *refusal_r = s->refusal_shown->told;
    return true;
}
