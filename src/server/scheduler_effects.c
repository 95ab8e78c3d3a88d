/* What the queue wants done: records into the spool, and notices. What the spool can't take for now
 * is tried again, and nothing new begins meanwhile: each delivery whose outcome is not written down
 * is one that a crash repeats. */
#include <stdlib.h>

#include "server/scheduler.h"
#include "system/clock.h"

enum { RETRY_MS = 1000 };

struct scheduler_change {
    struct spool_change base;
    struct scheduler *scheduler;
    enum err_code result;
    struct scheduler_change *next;
    char state[];
};

static void let_go(struct scheduler *s, struct spool_content *content)
{
    if (content)
        s->spool->ops->drop(content);
}

/* ---- what could not be written ---- */

bool scheduler_is_stuck(const struct scheduler *s)
{
    return atomic_load(&s->unwritten.is_stuck);
}

/* Room comes back, and so does a disk; what else is wrong stays so. */
static bool is_passing(enum err_code result)
{
    return result == ERR_IO || result == ERR_FULL || result == ERR_MEMORY;
}

static void tell(const struct scheduler_change *c, const char *event, const char *words)
{
    char id[SPOOL_ID_TEXT + 1];
    spool_id_write(c->base.id, id);
    LOG(c->scheduler->log, LOG_LEVEL_ERROR, event, {"id", slice_str(id)},
        {"reason", slice_str(err_text(c->result))}, {"meaning", slice_str(words)});
}

static void give_up(struct scheduler_change *c)
{
    tell(c, "outcome-lost",
         "what became of the message is not written down: the next start may deliver it once more");
    free(c);
}

static void push(_Atomic(struct scheduler_change *) *list, struct scheduler_change *c)
{
    c->next = atomic_load(list);
    while (!atomic_compare_exchange_weak(list, &c->next, c))
        ;
}

/* On the spool's thread. */
static void on_changed(struct spool_change *base, enum err_code result)
{
    struct scheduler_change *c = LIST_ITEM(base, struct scheduler_change, base);
    struct scheduler *s = c->scheduler;
    struct unwritten *u = &s->unwritten;
    c->result = result;
    if (result == ERR_OK && !atomic_load(&u->is_stuck)) {
        free(c);
    } else if (atomic_load(&u->is_over)) {
        if (result == ERR_OK)
            free(c);
        else
            give_up(c);
    } else {
        push(&u->told, c);
        if (!atomic_exchange(&u->is_posted, true))
            loop_post(s->loop, &u->task);
    }
}

static void submit(struct scheduler_change *c)
{
    struct scheduler *s = c->scheduler;
    s->unwritten.tries++;
    s->spool->ops->submit(s->spool, &c->base);
}

static void submit_change(struct scheduler *s, spool_id id, struct slice state, bool is_end)
{
    struct scheduler_change *c = malloc(sizeof(*c) + state.len);
    if (!c) {
        LOG(s->log, LOG_LEVEL_ERROR, "spool-state-failed",
            {"reason", slice_str(err_text(ERR_MEMORY))});
        return;
    }
    if (state.len)
        memcpy(c->state, state.at, state.len);
    c->scheduler = s;
    c->base = (struct spool_change){
        .id = id, .state = slice_of(c->state, state.len), .is_end = is_end, .done = on_changed};
    submit(c);
}

void scheduler_write_again(struct scheduler *s)
{
    struct scheduler_change *c, *next = s->unwritten.ends;
    s->unwritten.ends = NULL;
    while ((c = next)) {
        next = c->next;
        submit(c);
    }
}

/* A state may have changed since: the queue writes the newest. An end is the last word. */
static void put_back(struct scheduler *s, struct scheduler_change *c)
{
    if (c->base.is_end) {
        c->next = s->unwritten.ends;
        s->unwritten.ends = c;
        return;
    }
    queue_state_lost(s->queue, c->base.id);
    free(c);
}

static void stick(struct scheduler *s, enum err_code result)
{
    if (!atomic_exchange(&s->unwritten.is_stuck, true))
        LOG(s->log, LOG_LEVEL_ERROR, "outcomes-unwritten", {"reason", slice_str(err_text(result))},
            {"meaning", SLICE("what became of messages can't be written to the spool: no delivery "
                              "begins until it can; those that just ended would be repeated if "
                              "the server died now")});
    timer_set(&s->unwritten.timer, RETRY_MS);
}

static void go_on(struct scheduler *s)
{
    if (!atomic_exchange(&s->unwritten.is_stuck, false))
        return;
    LOG(s->log, LOG_LEVEL_INFO, "outcomes-written",
        {"meaning", SLICE("the spool takes what becomes of messages again: deliveries go on")});
    scheduler_write_again(s);
    scheduler_pump(s);
}

static void on_told(struct task *task)
{
    struct unwritten *u = LIST_ITEM(task, struct unwritten, task);
    struct scheduler *s = LIST_ITEM(u, struct scheduler, unwritten);
    enum err_code failed = ERR_OK;
    atomic_store(&u->is_posted, false);
    struct scheduler_change *c, *next = atomic_exchange(&u->told, NULL);
    while ((c = next)) {
        next = c->next;
        if (is_passing(c->result)) {
            failed = c->result;
            put_back(s, c);
        } else if (c->result != ERR_OK) {
            give_up(c);
        } else {
            free(c);
        }
    }
    if (failed != ERR_OK)
        stick(s, failed);
    else
        go_on(s);
}

static void on_retry(void *ctx)
{
    struct scheduler *s = ctx;
    uint64_t before = s->unwritten.tries;
    scheduler_write_again(s);
    scheduler_apply_all(s);
    if (s->unwritten.tries == before)
        go_on(s); /* nothing is left to be written */
}

void unwritten_init(struct scheduler *s)
{
    s->unwritten.task.run = on_told;
    timer_init(&s->unwritten.timer, s->loop, on_retry, s);
}

static void give_up_all(struct scheduler_change *next)
{
    struct scheduler_change *c;
    while ((c = next)) {
        next = c->next;
        if (c->result == ERR_OK)
            free(c);
        else
            give_up(c);
    }
}

void unwritten_end(struct scheduler *s)
{
    struct unwritten *u = &s->unwritten;
    atomic_store(&u->is_over, true);
    if (u->task.run)
        timer_stop(&u->timer);
    give_up_all(atomic_exchange(&u->told, NULL));
    give_up_all(u->ends);
    u->ends = NULL;
}

/* ---- effects ---- */

static void apply(struct scheduler *s, const struct effect *e)
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

void scheduler_apply_all(struct scheduler *s)
{
    int64_t now = clock_unix_ms();
    struct effect effect;
    while (queue_effect(s->queue, now, &effect))
        apply(s, &effect);
}
