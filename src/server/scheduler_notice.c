/* Notices to senders: written from the queue's effect into the spool, and from there into the
 * queue. The queue is told only when the notice is durable, so that a crash loses none; and the
 * notice's envelope says what it settles, so that a crash repeats none. */
#include <stdlib.h>

#include "queue/notice.h"
#include "receive/expand.h"
#include "server/scheduler.h"
#include "system/clock.h"
#include "system/heap.h"

enum {
    RETURN_MOST = 64 * 1024, /* larger messages come back as their headers */
    /* fifty thousand recipients, each with a reply as long as is kept, for people and machines: a
     * notice that does not fit would be tried for ever */
    NOTICE_MAX = 512 * 1024 * 1024,
    EXPANDED_MAX = 16 * 1024 * 1024
};

static void finish(struct scheduler *s, spool_id about, bool written)
{
    queue_notice_done(s->queue, about, written, clock_unix_ms());
    scheduler_pump(s);
}

static struct spool_content *content_of(struct scheduler *s, const struct effect *e)
{
    struct spool_content *content = e->content;
    if (content)
        s->spool->ops->hold(content);
    else if (s->spool->ops->open(s->spool, e->id, &content) != ERR_OK)
        return NULL; /* the notice still tells what happened */
    return content;
}

static bool store_notice(struct scheduler *s, const struct effect *e, struct slice text,
                         struct envelope *envelope)
{
    /* the sender may be an alias: its notices go where its mail goes */
    const struct access_table *access = &s->snapshot->places.access;
    struct arena expanded;
    uint32_t *recipients = calloc(e->count, sizeof(*recipients));
    arena_init(&expanded, &heap, EXPANDED_MAX);
    for (size_t i = 0; recipients && i < e->count; i++)
        recipients[i] = e->recipients[i].recipient;
    envelope->size = text.len;
    envelope->tells = (struct envelope_tells){e->id, (uint8_t)e->notice, recipients, e->count};
    bool stored = recipients &&
                  expand_recipients(envelope, access, &heap, access->domains.key, &expanded) &&
                  scheduler_store(s, text, envelope, finish, e->id);
    arena_reset(&expanded);
    free(recipients);
    return stored;
}

static bool write_notice(struct scheduler *s, const struct effect *e, struct slice content,
                         bool is_whole)
{
    char unique[24];
    struct buf name, out;
    struct notice_envelope envelope;
    int64_t now = clock_unix_ms();
    /* a MIME boundary that nobody can foresee, and so nobody can plant in a message */
    buf_init_fixed(&name, unique, sizeof(unique));
    buf_add_u64(&name, (uint64_t)arc4random() << 32 | arc4random());
    const struct config_notices *wanted = &s->snapshot->config->notices;
    struct notice_options o = {.hostname = s->snapshot->config->hostname,
                               .unique = buf_slice(&name),
                               .content = content,
                               .is_whole = is_whole,
                               .rules = s->rules,
                               .words = s->snapshot->words,
                               .preset = &s->snapshot->words[wanted->language],
                               .follows = wanted->follow,
                               .has_html = wanted->html,
                               .return_most = RETURN_MOST};
    buf_init(&out, &heap, NOTICE_MAX);
    bool written = notice_write(&out, e, &o, &heap, now, &envelope);
    bool stored = written && store_notice(s, e, buf_slice(&out), &envelope.envelope);
    buf_free(&out);
    return stored;
}

/* Enough of the content for the notice, in one piece. */
static bool read_start(struct scheduler *s, struct spool_content *content, struct buf *out)
{
    struct slice bytes;
    while (content && out->len < RETURN_MOST &&
           s->spool->ops->read(content, out->len, &bytes) == ERR_OK)
        buf_add(out, slice_head(bytes, RETURN_MOST - out->len));
    return content && out->len == s->spool->ops->size(content);
}

void scheduler_notice(struct scheduler *s, const struct effect *e)
{
    struct buf start;
    struct spool_content *content = content_of(s, e);
    buf_init(&start, &heap, RETURN_MOST);
    bool is_whole = read_start(s, content, &start);
    if (!write_notice(s, e, buf_slice(&start), is_whole))
        finish(s, e->id, false);
    if (content)
        s->spool->ops->drop(content);
    buf_free(&start);
}
