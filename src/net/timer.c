#include "net/timer.h"

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct timer *t = ctx;
    (void)fd;
    (void)what;
    t->fired(t->ctx);
}

void timer_init(struct timer *t, struct loop *loop, void (*fired)(void *ctx), void *ctx)
{
    *t = (struct timer){.loop = loop, .fired = fired, .ctx = ctx};
    event_assign(&t->event, loop_base(loop), -1, 0, on_timer, t);
}

void timer_set(struct timer *t, int64_t wait)
{
    if (wait < 0)
        wait = 0;
    struct timeval tv = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    event_add(&t->event, &tv);
}

void timer_stop(struct timer *t)
{
    event_del(&t->event);
}
