/* What the queue wants done: records into the spool, and notices. */
#include <stdlib.h>

#include "server/scheduler.h"

struct change {
    struct spool_change base;
    const struct log *log;
    char state[];
};

static void let_go(struct scheduler *s, struct spool_content *content)
{
    if (content)
        s->spool->ops->drop(content);
}

/* On the spool's thread. A change that could not be written is not lost on a crash before the next
 * one only: the message may then be delivered once more. */
static void on_changed(struct spool_change *base, enum err_code result)
{
    struct change *c = LIST_ITEM(base, struct change, base);
    if (result != ERR_OK)
        LOG(c->log, LOG_LEVEL_ERROR, "spool-state-failed", {"reason", slice_str(err_text(result))});
    free(c);
}

static void submit_change(struct scheduler *s, spool_id id, struct slice state, bool is_end)
{
    struct change *c = malloc(sizeof(*c) + state.len);
    if (!c) {
        LOG(s->log, LOG_LEVEL_ERROR, "spool-state-failed",
            {"reason", slice_str(err_text(ERR_MEMORY))});
        return;
    }
    if (state.len)
        memcpy(c->state, state.at, state.len);
    c->log = s->log;
    c->base = (struct spool_change){
        .id = id, .state = slice_of(c->state, state.len), .is_end = is_end, .done = on_changed};
    s->spool->ops->submit(s->spool, &c->base);
}

void scheduler_apply(struct scheduler *s, const struct effect *e)
{
    switch (e->kind) {
    case EFFECT_STATE:
        submit_change(s, e->id, e->state, false);
        let_go(s, e->content);
        return;
    case EFFECT_NOTICE:
        scheduler_notice(s, e);
        return;
    case EFFECT_END:
        submit_change(s, e->id, SLICE(""), true);
        let_go(s, e->content);
        return;
    }
}
