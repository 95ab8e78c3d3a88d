#include "base/utf8.h"
#include "queue/inside.h"

/* Looking at the queue: what a filter chooses, and why it waits. */

bool queue_address_fits(struct slice address, struct slice wanted)
{
    if (wanted.len == 0)
        return true;
    if (slice_eq(wanted, SLICE("<>")))
        return address.len == 0;
    bool is_end = wanted.at[0] == '@' || wanted.at[0] == '.';
    return is_end ? slice_iends(address, wanted) : slice_ieq(address, wanted);
}

bool message_fits(const struct message *m, const struct queue_filter *f)
{
    const struct envelope *e = &m->envelope;
    return (f->id == 0 || f->id == m->id) && queue_address_fits(e->sender, f->sender) &&
           (f->campaign.len == 0 || slice_ieq(f->campaign, e->campaign)) &&
           (f->came_before == 0 || e->received_at < f->came_before) &&
           (f->came_after == 0 || e->received_at > f->came_after);
}

struct kept *recipient_reason(const struct recipient_state *s, const struct site *site)
{
    bool waits_for_site =
        site_is_pausing(site) && s->status == RECIPIENT_WAITING && s->due <= site->pause.at;
    return waits_for_site && site->last ? site->last : s->last;
}

bool recipient_fits(const struct queue *q, const struct message *m, uint32_t i,
                    const struct queue_filter *f)
{
    const struct recipient_state *s = &m->states[i];
    if (recipient_is_settled(s) ||
        !queue_address_fits(m->envelope.recipients[i].address, f->recipient))
        return false;
    const struct destination *d = m->jobs[s->job].destination;
    if (f->destination.len && !slice_ieq(d->route.destination, f->destination) &&
        !site_is_named(d->site, f->destination))
        return false;
    struct kept *why = recipient_reason(s, d->site);
    return !f->by_cause || (why && kept_cause(why, q->options.rules) == f->cause);
}

int64_t recipient_next_try(const struct queue *q, const struct message *m,
                           const struct recipient_state *s, int64_t now)
{
    const struct job *j = &m->jobs[s->job];
    if (m->held)
        return INT64_MAX;
    if (s->status != RECIPIENT_WAITING)
        return now;
    if (job_suspension(q, j))
        return INT64_MAX;
    int64_t due = s->due > now ? s->due : now;
    if (job_is_used_up(q, j, now) && due < source_next_day(now))
        due = source_next_day(now);
    return site_due(j->destination->site, due);
}

/* The first line of a peer's words, without what could harm a terminal, cut where it gets long. */
static void add_words(struct buf *out, struct slice words)
{
    enum { WORDS_MAX = 160 };
    struct slice line = words;
    slice_line(&words, &line);
    size_t len = line.len;
    if (len > WORDS_MAX)
        for (len = WORDS_MAX; len && ((unsigned char)line.at[len] & 0xc0) == 0x80;)
            len--; /* not in the middle of a character */
    utf8_add_harmless(out, slice_head(line, len));
    buf_add_str(out, len < line.len ? "…" : "");
}

static void add_outcome(struct buf *out, const struct outcome *o)
{
    buf_add_str(out, " (");
    if (o->host.len)
        add_words(out, o->host);
    if (o->stage != STAGE_NONE)
        buf_addf(out, "%sat %s", o->host.len ? " " : "", stage_name(o->stage));
    buf_add_str(out, ": ");
    if (o->reply.code) {
        buf_add_u64(out, o->reply.code);
        buf_add_char(out, ' ');
    }
    if (o->reply.enhanced.class) {
        enhanced_write(out, o->reply.enhanced);
        buf_add_char(out, ' ');
    }
    add_words(out, o->reply.code ? o->reply.text : o->failure);
    buf_add_char(out, ')');
}

static void add_why(struct buf *out, const struct queue_view *v, const char *pausing)
{
    if (v->held) {
        buf_add_str(out, "Held until you release it");
    } else if (v->status == RECIPIENT_ACTIVE) {
        buf_addf(out, "Being delivered to %.*s now", SLICE_ARG(v->route.destination));
    } else if (v->status == RECIPIENT_FAILED) {
        buf_add_str(out, "Failed for good; the notice to the sender is being written");
    } else if (v->status == RECIPIENT_DELIVERED) {
        buf_add_str(out, "Delivered; the notice that the sender asked for is being written");
    } else if (v->suspension) {
        suspension_write_words(out, v->suspension);
    } else if (v->is_used_up) {
        buf_addf(out,
                 "Waits for tomorrow: %.*s and the others of its pool sent what their warm-up "
                 "allows for today",
                 SLICE_ARG(v->source));
    } else if (!v->outcome && v->envelope->hold_until && v->until == v->envelope->hold_until) {
        buf_add_str(out, "Waits for the time that its sender set");
    } else if (!v->outcome) {
        buf_addf(out, "Waits for its turn at %.*s", SLICE_ARG(v->route.destination));
    } else {
        if (pausing)
            buf_addf(out, "All mail for %.*s %s: ", SLICE_ARG(v->route.destination), pausing);
        buf_add_str(out, cause_title(v->diagnosis.cause));
        add_outcome(out, v->outcome);
    }
}

/* In words; NULL: it does not. */
static const char *pausing(const struct site *d)
{
    if (!site_is_pausing(d))
        return NULL;
    return d->is_suspended ? "is suspended, and you have to mend something" : "waits";
}

static struct slice source_name(const struct queue *q, const struct route *r)
{
    return r->source ? q->options.sources->list[r->source - 1].name : SLICE("");
}

static void fill_view(struct queue *q, const struct message *m, uint32_t i, int64_t now,
                      struct queue_view *v_r)
{
    const struct recipient_state *s = &m->states[i];
    const struct destination *d = m->jobs[s->job].destination;
    const struct kept *why = recipient_reason(s, d->site);
    *v_r = (struct queue_view){.id = m->id,
                               .envelope = &m->envelope,
                               .recipient = i,
                               .route = d->route,
                               .site = d->site->own ? d->route.destination : site_name(d->site),
                               .status = (enum recipient_status)s->status,
                               .source = source_name(q, &d->route),
                               .is_used_up = job_is_used_up(q, &m->jobs[s->job], now),
                               .held = m->held,
                               .suspension = job_suspension(q, &m->jobs[s->job]),
                               .attempts = s->attempts,
                               .until = recipient_next_try(q, m, s, now),
                               .expires = m->expires,
                               .outcome = why ? &why->outcome : NULL};
    if (why) {
        struct diagnosis_input in = outcome_diagnosis_input(&why->outcome);
        diagnose_with(q->options.rules, &in, &v_r->diagnosis);
    }
    buf_clear(&q->state);
    add_why(&q->state, v_r, why && why == d->site->last ? pausing(d->site) : NULL);
    v_r->why = buf_slice(&q->state);
}

struct list *messages_first(struct queue *q, const struct queue_filter *f)
{
    struct message *m = f->id ? id_map_get(&q->messages, f->id) : NULL;
    return m ? &m->all : f->id ? &q->all : q->all.next;
}

struct list *messages_next(struct queue *q, const struct queue_filter *f, const struct list *l)
{
    return f->id ? &q->all : l->next;
}

static bool visit_message(struct queue *q, const struct message *m, const struct queue_filter *f,
                          queue_visitor *visit, void *ctx, int64_t now)
{
    for (uint32_t i = 0; i < m->envelope.count; i++) {
        struct queue_view v;
        if (!recipient_fits(q, m, i, f))
            continue;
        fill_view(q, m, i, now, &v);
        if (!visit(ctx, &v))
            return false;
    }
    return true;
}

void queue_visit(struct queue *q, const struct queue_filter *filter, queue_visitor *visit,
                 void *ctx, int64_t now)
{
    for (struct list *l = messages_first(q, filter); l != &q->all;
         l = messages_next(q, filter, l)) {
        const struct message *m = LIST_ITEM(l, struct message, all);
        if (message_fits(m, filter) && !visit_message(q, m, filter, visit, ctx, now))
            return;
    }
}
