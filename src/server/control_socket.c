/* The control socket: a request a line from whoever may open the file, the answer, and again. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/inside.h"
#include "system/clock.h"
#include "system/heap.h"

struct control_socket {
    struct server *server;
    struct evconnlistener *listener;
    struct sockaddr_un address;
};

static const struct timeval client_timeout = {.tv_sec = 60};

static void handle_line(struct control_socket *c, struct bufferevent *client, struct slice line)
{
    struct buf out;
    buf_init(&out, &heap, CONTROL_ANSWER_MAX);
    control_handle(line, CONTROL_OPERATOR, &c->server->backend, clock_unix_ms(), &heap, &out);
    if (out.failed)
        bufferevent_free(client);
    else
        bufferevent_write(client, out.at, out.len);
    buf_free(&out);
}

static void on_readable(struct bufferevent *client, void *ctx)
{
    struct evbuffer *in = bufferevent_get_input(client);
    size_t len;
    char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
    if (line)
        handle_line(ctx, client, slice_of(line, len));
    else if (evbuffer_get_length(in) > CONTROL_REQUEST_MAX)
        bufferevent_free(client);
    free(line);
}

/* The next request waits until the answer is out: one answer at most is in memory. */
static void on_written(struct bufferevent *client, void *ctx)
{
    if (evbuffer_get_length(bufferevent_get_input(client)))
        on_readable(client, ctx);
}

static void on_event(struct bufferevent *client, short what, void *ctx)
{
    (void)ctx;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
        bufferevent_free(client);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int len, void *ctx)
{
    (void)peer;
    (void)len;
    struct bufferevent *client =
        bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    if (!client) {
        close(fd);
        return;
    }
    bufferevent_setcb(client, on_readable, on_written, on_event, ctx);
    bufferevent_set_timeouts(client, &client_timeout, &client_timeout);
    bufferevent_setwatermark(client, EV_READ, 0, CONTROL_REQUEST_MAX + 1);
    bufferevent_enable(client, EV_READ | EV_WRITE);
}

/* Whether a server answers there; a file left by one that was killed may go. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (fd >= 0)
        close(fd);
    return alive;
}

/* A socket that only our user can open. */
static int bind_private(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    int error = errno;
    umask(mask);
    if (!bound && fd >= 0)
        close(fd);
    errno = error;
    return bound ? fd : -1;
}

struct control_socket *control_socket_open(struct server *s, struct slice path)
{
    struct control_socket *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->server = s;
    c->address.sun_family = AF_UNIX;
    if (!slice_cstr(path, c->address.sun_path, sizeof(c->address.sun_path))) {
        buf_addf(s->why, "the path of the control socket is too long: %.*s\n", SLICE_ARG(path));
        free(c);
        return NULL;
    }
    if (is_alive(&c->address)) {
        buf_addf(s->why, "another candor answers at %s already\n", c->address.sun_path);
        free(c);
        return NULL;
    }
    unlink(c->address.sun_path);
    int fd = bind_private(&c->address);
    if (fd >= 0)
        c->listener =
            evconnlistener_new(loop_base(s->loop), on_accept, c, LEV_OPT_CLOSE_ON_FREE, 16, fd);
    if (!c->listener) {
        buf_addf(s->why, "can't make the control socket %s: %s\n", c->address.sun_path,
                 strerror(errno));
        free(c);
        return NULL;
    }
    return c;
}

void control_socket_close(struct control_socket *c)
{
    if (!c)
        return;
    evconnlistener_free(c->listener);
    unlink(c->address.sun_path);
    free(c);
}
