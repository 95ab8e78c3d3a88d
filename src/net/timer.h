/* One moment on a loop at which something is to be done. */
#ifndef CANDOR_NET_TIMER_H
#define CANDOR_NET_TIMER_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "net/loop.h"

struct timer {
    struct loop *loop;
    struct event event;
    void (*fired)(void *ctx);
    void *ctx;
};

/* `fired` may set the timer again. */
void timer_init(struct timer *t, struct loop *loop, void (*fired)(void *ctx), void *ctx);
/* In `wait` ms from now (at once if it is negative), instead of what was set before. */
void timer_set(struct timer *t, int64_t wait);
void timer_stop(struct timer *t);

#endif
