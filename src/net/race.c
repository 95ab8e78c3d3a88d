#include "net/race.h"

#include <stdlib.h>

#include "base/list.h"
#include "net/stream.h"
#include "net/timer.h"

/* ms, the "Connection Attempt Delay" that RFC 8305 5 recommends: longer than most hosts take to
 * answer, so that few are asked twice, and short enough to be no loss where one is dead. */
enum { NEXT_AFTER = 250 };

struct contender {
    struct stream stream;
    struct race *race;
    struct race_way way;
};

struct race {
    struct loop *loop;
    const struct race_owner *owner;
    void *ctx;
    int64_t patience;
    struct timer timer; /* for the next one */
    const char *failure;
    size_t count, begun, running;
    struct contender contenders[];
};

void race_stop(struct race *r)
{
    if (!r)
        return;
    timer_stop(&r->timer);
    for (size_t i = 0; i < r->begun; i++)
        stream_close(&r->contenders[i].stream);
    free(r);
}

static void fall(struct contender *c, const char *failure)
{
    struct race *r = c->race;
    r->failure = failure;
    r->owner->fell(r->ctx, (size_t)(c - r->contenders), failure);
}

static const char *begin(struct contender *c);

/* Begins with the next that can be begun, if there is one. */
static void begin_next(struct race *r)
{
    timer_stop(&r->timer);
    while (r->begun < r->count) {
        struct contender *c = &r->contenders[r->begun++];
        const char *failure = begin(c);
        if (failure) {
            fall(c, failure);
            continue;
        }
        r->running++;
        if (r->begun < r->count)
            timer_set(&r->timer, NEXT_AFTER);
        return;
    }
}

static void on_delay(void *ctx)
{
    begin_next(ctx);
}

static void drop(struct contender *c, const char *failure)
{
    struct race *r = c->race;
    stream_close(&c->stream);
    r->running--;
    fall(c, failure);
    begin_next(r);
    if (r->running)
        return;
    const struct race_owner *owner = r->owner;
    void *ctx = r->ctx;
    const char *last = r->failure;
    race_stop(r);
    owner->lost(ctx, last);
}

static struct contender *contender_of(struct stream *s)
{
    return LIST_ITEM(s, struct contender, stream);
}

static void on_writable(struct stream *s)
{
    struct contender *c = contender_of(s);
    struct race *r = c->race;
    const struct race_owner *owner = r->owner;
    void *ctx = r->ctx;
    size_t way = (size_t)(c - r->contenders);
    int fd = stream_release(s);
    race_stop(r);
    owner->won(ctx, way, fd);
}

static void on_ended(struct stream *s, const char *failure)
{
    drop(contender_of(s), failure);
}

static void on_timer(struct stream *s)
{
    drop(contender_of(s), "connection timed out");
}

/* NULL, or why it can't be begun. Nothing is read before it is the owner's. */
static const char *begin(struct contender *c)
{
    static const struct stream_owner owner = {
        .writable = on_writable, .ended = on_ended, .timer = on_timer};
    struct race *r = c->race;
    c->stream = (struct stream){.fd = -1, .is_closed = true};
    if (c->way.flaw)
        return c->way.flaw;
    const char *failure = stream_connect(&c->stream, r->loop, c->way.to, c->way.from, &owner);
    if (!failure)
        stream_set_deadline(&c->stream, loop_now(r->loop) + r->patience);
    return failure;
}

struct race *race_begin(struct loop *loop, const struct race_way *ways, size_t count,
                        int64_t patience, const struct race_owner *owner, void *ctx,
                        const char **failure_r)
{
    struct race *r = calloc(1, sizeof(*r) + count * sizeof(*r->contenders));
    *failure_r = "out of memory";
    if (!r)
        return NULL;
    r->loop = loop;
    r->owner = owner;
    r->ctx = ctx;
    r->patience = patience;
    r->count = count;
    timer_init(&r->timer, loop, on_delay, r);
    for (size_t i = 0; i < count; i++) {
        r->contenders[i].race = r;
        r->contenders[i].way = ways[i];
    }
    begin_next(r);
    if (r->running)
        return r;
    *failure_r = r->failure;
    race_stop(r);
    return NULL;
}
