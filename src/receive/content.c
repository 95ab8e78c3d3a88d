/* Content on its way into the spool, and the envelope with it. */
#include <stdlib.h>

#include "mail/campaign.h"
#include "mail/header.h"
#include "receive/expand.h"
#include "receive/inside.h"
#include "receive/international.h"
#include "receive/returned.h"
#include "receive/verdict.h"
#include "system/clock.h"
#include "system/heap.h"

/* A commit on its way through the spool's thread and back to the loop. */
struct storing {
    struct task task;
    struct connection *connection;
    struct arrival *arrival;
    enum err_code result;
    uint32_t ticket;
};

/* An envelope of a thousand recipients is 100 KiB. */
enum { ENVELOPE_MAX = 4 * 1024 * 1024, EXPANDED_MAX = 16 * 1024 * 1024 };

void content_abort(struct connection *c)
{
    if (c->writer)
        c->receiver->spool->ops->abort(c->writer);
    c->writer = NULL;
    buf_free(&c->head);
}

void content_begin_storing(struct connection *c, const struct smtp_event *e)
{
    enum err_code code = spool_begin(c->receiver->spool, e->envelope->size, &c->writer);
    c->write_result = code;
    buf_free(&c->head);
    buf_init(&c->head, &heap, CAMPAIGN_HEAD_MAX * 2);
    if (code == ERR_OK) {
        connection_answer(c, e->ticket, reply_plain(SITUATION_DATA_GO_AHEAD));
        return;
    }
    c->writer = NULL;
    connection_answer(c, e->ticket, verdict_of_spool(code));
}

void content_store(struct connection *c, const struct smtp_event *e)
{
    if (c->writer && c->write_result == ERR_OK)
        c->write_result = c->receiver->spool->ops->write(c->writer, e->text);
    if (c->options->campaigns && c->head.len < CAMPAIGN_HEAD_MAX)
        buf_add(&c->head, slice_head(e->text, CAMPAIGN_HEAD_MAX - c->head.len));
}

static void free_storing(struct storing *s)
{
    buf_free(&s->arrival->envelope);
    free(s->arrival);
    free(s);
}

static void on_stored(struct task *task)
{
    struct storing *s = LIST_ITEM(task, struct storing, task);
    struct connection *c = s->connection;
    uint32_t ticket = s->ticket;
    struct reply reply = verdict_of_spool(s->result);
    c->storing = NULL;
    if (s->result == ERR_OK) {
        char id[SPOOL_ID_TEXT + 1];
        spool_id_write(s->arrival->id, id);
        reply = REPLY_MAKE(SITUATION_ACCEPTED, smtp_server_arena(c->session), slice_str(id));
        c->options->arrived(c->options->arrived_ctx, s->arrival);
        free(s);
    } else {
        free_storing(s);
    }
    connection_answer(c, ticket, reply);
    connection_go_on(c);
}

/* On the spool's thread. */
static void on_committed(void *ctx, enum err_code result, spool_id id,
                         struct spool_content *content)
{
    struct storing *s = ctx;
    s->result = result;
    s->arrival->id = id;
    s->arrival->content = content;
    loop_post(s->connection->receiver->loop, &s->task);
}

/* RFC 3848, RFC 6531 3.7.3. */
static struct slice protocol_of(const struct connection *c, bool smtputf8)
{
    if (!c->is_extended)
        return SLICE("SMTP");
    if (smtputf8) /* RFC 6531 4.3; a login is in TLS only */
        return c->user        ? SLICE("UTF8SMTPSA")
               : c->is_secure ? SLICE("UTF8SMTPS")
                              : SLICE("UTF8SMTP");
    if (c->user)
        return SLICE("ESMTPSA");
    return c->is_secure ? SLICE("ESMTPS") : SLICE("ESMTP");
}

static struct slice campaign_of(const struct connection *c, char storage[CAMPAIGN_MAX])
{
    struct buf name;
    buf_init_fixed(&name, storage, CAMPAIGN_MAX);
    if (c->options->campaigns)
        campaign_find(&name, buf_slice(&c->head), c->options->campaigns);
    return buf_slice(&name);
}

/* The sender would rather have it arrive in the clear than not; REQUIRETLS goes before that (RFC
 * 8689 3). */
static bool is_tls_optional(const struct connection *c, const struct envelope *e)
{
    struct slice body;
    return !e->requires_tls && header_find(buf_slice(&c->head), SLICE("TLS-Required"), &body) &&
           slice_ieq(slice_trim(body), SLICE("No"));
}

/* The envelope as it is kept, with aliases resolved. */
static bool encode_envelope(const struct connection *c, const struct smtp_event *e, struct buf *out)
{
    const struct receiver *r = c->receiver;
    struct envelope envelope = *e->envelope;
    char storage[CAMPAIGN_MAX];
    struct arena arena;
    arena_init(&arena, &heap, EXPANDED_MAX);
    bool done =
        international_envelope(&envelope, e->has_utf8_header, &arena) &&
        returned_decode(&envelope, c->options->reverse, &arena) &&
        expand_recipients(&envelope, c->options->access, &heap, r->clients->counts.key, &arena);
    envelope.helo = c->helo;
    envelope.client = slice_str(c->client_text);
    envelope.protocol = protocol_of(c, e->envelope->smtputf8);
    envelope.received_at = clock_unix_ms();
    envelope.campaign = campaign_of(c, storage);
    envelope.tls_is_optional = is_tls_optional(c, e->envelope);
    if (done)
        envelope_encode(out, &envelope);
    arena_reset(&arena);
    return done && !out->failed;
}

static struct storing *new_storing(struct connection *c, const struct smtp_event *e)
{
    struct storing *s = calloc(1, sizeof(*s));
    struct arrival *a = calloc(1, sizeof(*a));
    if (!s || !a) {
        free(s);
        free(a);
        return NULL;
    }
    *s =
        (struct storing){.task.run = on_stored, .connection = c, .arrival = a, .ticket = e->ticket};
    buf_init(&a->envelope, &heap, ENVELOPE_MAX);
    if (encode_envelope(c, e, &a->envelope))
        return s;
    free_storing(s);
    return NULL;
}

void content_commit(struct connection *c, const struct smtp_event *e)
{
    struct spool_writer *writer = c->writer;
    struct storing *s = writer && c->write_result == ERR_OK ? new_storing(c, e) : NULL;
    if (!s) {
        content_abort(c);
        connection_answer(c, e->ticket,
                          verdict_of_spool(c->write_result ? c->write_result : ERR_MEMORY));
        return;
    }
    c->writer = NULL;
    buf_free(&c->head);
    c->storing = s;
    c->receiver->spool->ops->commit(writer, buf_slice(&s->arrival->envelope), on_committed, s);
}
