/* The control socket: a request a line from whoever may open the file, the answer, and again. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
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
    struct listener *listener;
    struct sockaddr_un address;
    struct stat made; /* the file that is ours */
    struct list clients;
};

struct client {
    struct list link; /* in control_socket->clients */
    struct control_socket *socket;
    struct bufferevent *stream;
    bool is_half_closed; /* it asks no more, and still waits for answers */
};

enum { BACKLOG = 16 };
static const struct timeval client_timeout = {.tv_sec = 60};

static void free_client(struct client *client)
{
    list_remove(&client->link);
    bufferevent_free(client->stream);
    free(client);
}

/* False: there is no answer. */
static bool answer(struct client *client, struct slice line)
{
    struct buf out;
    buf_init(&out, &heap, CONTROL_ANSWER_MAX);
    control_handle(line, CONTROL_OPERATOR, &client->socket->server->backend, clock_unix_ms(), &heap,
                   &out);
    bool is_whole = !out.failed && bufferevent_write(client->stream, out.at, out.len) == 0;
    buf_free(&out);
    return is_whole;
}

/* The next request waits until the answer is out: one answer at most is in memory. */
static void go_on(struct client *client)
{
    struct evbuffer *in = bufferevent_get_input(client->stream);
    size_t len;
    if (evbuffer_get_length(bufferevent_get_output(client->stream)))
        return;
    char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
    bool is_over = line ? !answer(client, slice_of(line, len))
                        : client->is_half_closed || evbuffer_get_length(in) > CONTROL_REQUEST_MAX;
    free(line);
    if (is_over)
        free_client(client);
}

static void on_ready(struct bufferevent *stream, void *ctx)
{
    (void)stream;
    go_on(ctx);
}

static void on_event(struct bufferevent *stream, short what, void *ctx)
{
    struct client *client = ctx;
    if (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
        free_client(client);
    } else if (what & BEV_EVENT_EOF) {
        client->is_half_closed = true;
        bufferevent_disable(stream, EV_READ);
        go_on(client);
    }
}

static void on_accept(void *ctx, int fd, const struct sockaddr *peer)
{
    struct control_socket *c = ctx;
    (void)peer;
    struct client *client = calloc(1, sizeof(*client));
    struct bufferevent *stream =
        client ? bufferevent_socket_new(loop_base(c->server->loop), fd, BEV_OPT_CLOSE_ON_FREE)
               : NULL;
    if (!stream) {
        free(client);
        close(fd);
        return;
    }
    *client = (struct client){.socket = c, .stream = stream};
    list_append(&c->clients, &client->link);
    bufferevent_setcb(stream, on_ready, on_ready, on_event, client);
    bufferevent_set_timeouts(stream, &client_timeout, &client_timeout);
    bufferevent_setwatermark(stream, EV_READ, 0, CONTROL_REQUEST_MAX + 1);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

/* Whether a server answers there; a file left by one that was killed may go. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* EAGAIN: somebody listens who has no time */
    bool alive = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                             errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return alive;
}

/* Takes away what a killed server left, and nothing else: a path that was mistyped may name a file
 * that somebody needs. False: there is such a file. */
static bool make_way(const char *path)
{
    struct stat there;
    if (lstat(path, &there) != 0)
        return true;
    return S_ISSOCK(there.st_mode) && unlink(path) == 0;
}

/* A socket that only our user can open. */
static int bind_private(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
                 listen(fd, BACKLOG) == 0;
    int error = errno;
    umask(mask);
    if (!bound && fd >= 0)
        close(fd);
    errno = error;
    return bound ? fd : -1;
}

/* False with `why` filled. */
static bool is_free(struct control_socket *c)
{
    struct buf *why = c->server->why;
    if (is_alive(&c->address))
        buf_addf(why, "another candor answers at %s already\n", c->address.sun_path);
    else if (!make_way(c->address.sun_path))
        buf_addf(why, "the control socket can't be made: %s is there and no socket, or not ours\n",
                 c->address.sun_path);
    return why->len == 0;
}

static bool listen_at(struct control_socket *c)
{
    int fd = bind_private(&c->address);
    if (fd >= 0 && lstat(c->address.sun_path, &c->made) == 0)
        c->listener = listener_new(c->server->loop, fd, on_accept, c);
    if (!c->listener)
        buf_addf(c->server->why, "can't make the control socket %s: %s\n", c->address.sun_path,
                 strerror(errno));
    return c->listener != NULL;
}

struct control_socket *control_socket_open(struct server *s, struct slice path)
{
    struct control_socket *c = calloc(1, sizeof(*c));
    if (!c) {
        buf_add_str(s->why, "out of memory\n");
        return NULL;
    }
    *c = (struct control_socket){.server = s, .address.sun_family = AF_UNIX};
    list_init(&c->clients);
    bool has_path = slice_cstr(path, c->address.sun_path, sizeof(c->address.sun_path));
    if (!has_path)
        buf_addf(s->why, "the path of the control socket is too long: %.*s\n", SLICE_ARG(path));
    if (has_path && is_free(c) && listen_at(c))
        return c;
    free(c);
    return NULL;
}

/* Not what a successor made in its place. */
static void take_away(const struct control_socket *c)
{
    struct stat there;
    if (lstat(c->address.sun_path, &there) == 0 && there.st_ino == c->made.st_ino &&
        there.st_dev == c->made.st_dev)
        unlink(c->address.sun_path);
}

void control_socket_close(struct control_socket *c)
{
    if (!c)
        return;
    while (!list_is_empty(&c->clients))
        free_client(LIST_ITEM(c->clients.next, struct client, link));
    listener_free(c->listener);
    take_away(c);
    free(c);
}
