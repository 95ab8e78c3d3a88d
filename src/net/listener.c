#include "net/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

struct listener {
    struct loop *loop;
    int fd;
    listener_accepted *accepted;
    void *ctx;
    struct event *readable;
    struct event *pause;
};

/* Fairness: one burst of new connections must not starve those that are being served. */
enum { ACCEPT_AT_ONCE = 64 };
static const struct timeval pause_time = {.tv_usec = 100000};

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct listener *l = ctx;
    (void)what;
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof(peer);
        int got = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (got >= 0) {
            l->accepted(l->ctx, got, (const struct sockaddr *)&peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            event_del(l->readable);
            event_add(l->pause, &pause_time);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void on_pause_over(evutil_socket_t fd, short what, void *ctx)
{
    struct listener *l = ctx;
    (void)fd;
    (void)what;
    event_add(l->readable, NULL);
}

struct listener *listener_new(struct loop *loop, int fd, listener_accepted *accepted, void *ctx)
{
    struct listener *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    /* what it accepts inherits that, and takes no call of its own (tcp(7)) */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    *l = (struct listener){.loop = loop, .fd = fd, .accepted = accepted, .ctx = ctx};
    l->readable = event_new(loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, l);
    l->pause = evtimer_new(loop_base(loop), on_pause_over, l);
    if (!l->readable || !l->pause || event_add(l->readable, NULL) != 0) {
        listener_free(l);
        return NULL;
    }
    return l;
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    if (l->readable)
        event_free(l->readable);
    if (l->pause)
        event_free(l->pause);
    close(l->fd);
    free(l);
}
