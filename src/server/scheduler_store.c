/* Messages of our own: into the spool, and when they are durable into the queue. */
#include <stdlib.h>

#include "server/scheduler.h"
#include "system/heap.h"

enum { ENVELOPE_MAX = 4 * 1024 * 1024 };

struct storing {
    struct task task;
    struct scheduler *scheduler;
    scheduler_stored *stored; /* or NULL */
    spool_id about;
    spool_id id;
    enum err_code result;
    struct buf envelope;
    struct spool_content *content;
};

static void on_stored(struct task *task)
{
    struct storing *n = LIST_ITEM(task, struct storing, task);
    struct scheduler *s = n->scheduler;
    if (n->result == ERR_OK && !scheduler_add(s, n->id, buf_slice(&n->envelope), &n->content, task))
        return;
    s->writing--;
    if (n->stored)
        n->stored(s, n->about, n->result == ERR_OK);
    else
        scheduler_check_drained(s);
    buf_free(&n->envelope);
    free(n);
}

/* On the spool's thread. */
static void on_committed(void *ctx, enum err_code result, spool_id id,
                         struct spool_content *content)
{
    struct storing *n = ctx;
    n->result = result;
    n->id = id;
    n->content = content;
    n->task.run = on_stored;
    loop_post(n->scheduler->loop, &n->task);
}

bool scheduler_store(struct scheduler *s, struct slice content, const struct envelope *envelope,
                     scheduler_stored *stored, spool_id about)
{
    struct spool_writer *writer;
    struct storing *n = calloc(1, sizeof(*n));
    if (!n)
        return false;
    n->scheduler = s;
    n->stored = stored;
    n->about = about;
    buf_init(&n->envelope, &heap, ENVELOPE_MAX);
    envelope_encode(&n->envelope, envelope);
    if (n->envelope.failed || spool_begin(s->spool, content.len, &writer) != ERR_OK) {
        buf_free(&n->envelope);
        free(n);
        return false;
    }
    s->writing++;
    /* an error is kept by the writer and comes back with the commit */
    (void)s->spool->ops->write(writer, content);
    s->spool->ops->commit(writer, buf_slice(&n->envelope), on_committed, n);
    return true;
}
