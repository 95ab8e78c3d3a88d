/* The end of a process that has a successor: new clients wait in the parent's sockets for that one,
 * and sessions that are open get a moment to come to their own end, so that an upgrade is nothing
 * that a client sees. Who is still there then is told 421, as at any stop. */
#include "server/inside.h"
#include "system/clock.h"

enum { DRAIN_MOST = 3000, LOOK_EVERY = 20 }; /* ms */

static void look(void *ctx)
{
    struct server *s = ctx;
    if (atomic_load(&s->connections) == 0 || clock_monotonic_ms() >= s->drain_until)
        server_stop(s);
    else
        timer_set(&s->drain_timer, LOOK_EVERY);
}

void server_drain(struct server *s)
{
    if (s->is_stopping || s->drain_until)
        return;
    LOG(s->log, LOG_LEVEL_INFO, "draining", {"hostname", s->config->hostname});
    timer_init(&s->drain_timer, s->loop, look, s);
    s->drain_until = clock_monotonic_ms() + DRAIN_MOST;
    lanes_close(s);
    timer_set(&s->drain_timer, LOOK_EVERY);
}
