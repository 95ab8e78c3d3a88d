#include "deliver/delivery.h"

#include <stdlib.h>

#include "mail/trace.h"
#include "system/heap.h"

/* Texts of outcomes are cut to OUTCOME_TEXT_MAX each; a transaction has at most some hundred. */
enum { ARENA_LIMIT = 4 * 1024 * 1024 };

struct delivery *delivery_new(struct attempt *attempt, struct spool *spool, struct slice hostname,
                              delivery_done *done, void *ctx)
{
    struct delivery *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    *d = (struct delivery){
        .attempt = attempt, .spool = spool, .hostname = hostname, .done = done, .ctx = ctx};
    arena_init(&d->arena, &heap, ARENA_LIMIT);
    d->outcomes = arena_array(&d->arena, attempt->count + 1, sizeof(*d->outcomes));
    if (!d->outcomes) {
        free(d);
        return NULL;
    }
    transcript_init(&d->transcript, &heap);
    transcript_note(&d->transcript, "For ", attempt->route.destination);
    if (attempt->content) {
        d->content = attempt->content;
        spool->ops->hold(d->content);
    }
    return d;
}

void delivery_free(struct delivery *d)
{
    if (!d)
        return;
    if (d->content)
        d->spool->ops->drop(d->content);
    transcript_free(&d->transcript);
    arena_reset(&d->arena);
    free(d);
}

static void keep_text(struct delivery *d, struct slice *s, size_t most)
{
    if (!arena_dup(&d->arena, slice_head(*s, most), s))
        *s = SLICE("");
}

void delivery_settle(struct delivery *d, const struct outcome *o)
{
    if (d->count > d->attempt->count)
        return; /* an agent that says more than there are recipients */
    struct outcome *kept = &d->outcomes[d->count++];
    *kept = *o;
    keep_text(d, &kept->reply.text, OUTCOME_TEXT_MAX);
    keep_text(d, &kept->failure, OUTCOME_TEXT_MAX);
    keep_text(d, &kept->host, OUTCOME_HOST_MAX);
}

void delivery_note_session(struct delivery *d, enum tls_policy_type policy,
                           enum tls_report_result result, struct slice host)
{
    if (d->session_count == DELIVERY_SESSIONS_MAX)
        return;
    struct delivery_session *kept = &d->sessions[d->session_count++];
    *kept = (struct delivery_session){policy, result, host};
    keep_text(d, &kept->host, OUTCOME_HOST_MAX);
}

bool delivery_open(struct delivery *d)
{
    if (d->content)
        return true;
    enum err_code code = d->spool->ops->open(d->spool, d->attempt->id, &d->content);
    if (code == ERR_OK)
        return true;
    struct outcome o = {
        .recipient = OUTCOME_ALL,
        .stage = STAGE_QUEUE,
        .reply = REPLY_MAKE(SITUATION_CONTENT_UNREADABLE, &d->arena, slice_str(err_text(code)))};
    d->content = NULL;
    delivery_settle(d, &o);
    return false;
}

struct slice delivery_trace(struct delivery *d)
{
    struct buf out;
    char id[SPOOL_ID_TEXT + 1];
    spool_id_write(d->attempt->id, id);
    char *storage = arena_take(&d->arena, TRACE_MAX);
    if (!storage)
        return SLICE("");
    buf_init_fixed(&out, storage, TRACE_MAX);
    trace_write(&out, d->attempt->envelope, d->hostname, slice_str(id));
    return out.failed ? SLICE("") : buf_slice(&out);
}
