#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net/tls.h"

enum { RECORDS_AT_ONCE = 16 };

/* Static words for what connect, recv and send report (strerror_r's would need storage). */
static const char *failure_text(int error)
{
    static const struct {
        int error;
        const char *text;
    } table[] = {
        {ECONNREFUSED, "connection refused"},
        {ETIMEDOUT, "connection timed out"},
        {EHOSTUNREACH, "no route to host"},
        {ENETUNREACH, "network is unreachable"},
        {ECONNRESET, "connection reset by peer"},
        {EPIPE, "connection closed by peer"},
        {EADDRNOTAVAIL, "no local address is free"},
        {EMFILE, "too many open files"},
        {ENFILE, "too many open files"},
        {EAFNOSUPPORT, "address family not supported"},
        {EACCES, "not permitted by the firewall"},
        {EPERM, "not permitted by the firewall"},
        {ENOENT, "connection refused: the socket is not there"},
        {EAGAIN, "connection refused: too many others wait for it"},
        {ENOBUFS, "no network buffers left"},
        {ENOMEM, "out of memory"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].error == error)
            return table[i].text;
    return "network error";
}

static void arm_timer(struct stream *s, int64_t at)
{
    int64_t wait = at - loop_now(s->loop);
    if (wait < 0)
        wait = 0;
    struct timeval tv = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    event_add(&s->timer, &tv);
    s->timer_at = at;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct stream *s = ctx;
    (void)fd;
    (void)what;
    s->timer_at = INT64_MAX;
    if (s->deadline == INT64_MAX)
        return;
    if (s->deadline > loop_now(s->loop))
        arm_timer(s, s->deadline);
    else
        s->owner->timer(s);
}

void stream_set_deadline(struct stream *s, int64_t deadline)
{
    s->deadline = deadline;
    /* A deadline that moves away costs nothing: the event fires early and is set again. */
    if (deadline < s->timer_at)
        arm_timer(s, deadline);
}

static void drop_kept(char *kept, size_t len)
{
    if (kept)
        explicit_bzero(kept, len);
    free(kept);
}

/* Hands bytes to the owner; false when the stream was closed by it. */
static bool hand_over(struct stream *s, struct slice in)
{
    size_t taken = s->owner->bytes(s, in);
    if (taken == STREAM_GONE)
        return false;
    if (taken < in.len) {
        char *kept = malloc(in.len - taken);
        if (!kept) {
            s->owner->ended(s, "out of memory");
            return false;
        }
        memcpy(kept, in.at + taken, in.len - taken);
        drop_kept(s->kept, s->kept_len);
        s->kept = kept;
        s->kept_len = in.len - taken;
        s->is_paused = true;
        event_del(&s->reader);
    }
    return true;
}

static void end(struct stream *s, const char *failure)
{
    event_del(&s->reader);
    s->owner->ended(s, failure);
}

void stream_peek(struct stream *s, bool is_on)
{
    s->is_peeking = is_on;
}

void stream_take(struct stream *s, size_t len)
{
    char bytes[512];
    ssize_t got;
    while (len && (got = recv(s->fd, bytes, len < sizeof(bytes) ? len : sizeof(bytes), 0)) > 0)
        len -= (size_t)got;
}

static void read_plain(struct stream *s)
{
    char *buffer = loop_read_buffer(s->loop);
    bool is_peeking = s->is_peeking;
    ssize_t got = recv(s->fd, buffer, LOOP_READ_SIZE, is_peeking ? MSG_PEEK : 0);
    if (got > 0 && is_peeking)
        s->owner->bytes(s, slice_of(buffer, (size_t)got));
    else if (got > 0)
        hand_over(s, slice_of(buffer, (size_t)got));
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        end(s, got == 0 ? NULL : failure_text(errno));
}

/* One record; true: there may be another, which no event would tell of. */
static bool read_secure(struct stream *s)
{
    char *buffer = loop_read_buffer(s->loop);
    size_t got;
    switch (tls_read(s->tls, buffer, LOOP_READ_SIZE, &got)) {
    case TLS_DONE: {
        bool is_there = hand_over(s, slice_of(buffer, got));
        explicit_bzero(buffer, got); /* it may have been a password */
        return is_there && !s->is_paused;
    }
    case TLS_WANTS_READ:
        return false;
    case TLS_WANTS_WRITE:
        event_add(&s->writer, NULL);
        return false;
    case TLS_ENDED:
        end(s, NULL);
        return false;
    case TLS_FAILED:
        end(s, tls_failure(s->tls));
        return false;
    }
    return false;
}

static void shake_hands(struct stream *s)
{
    switch (tls_handshake(s->tls)) {
    case TLS_DONE:
        s->is_securing = false;
        s->owner->secured(s);
        return;
    case TLS_WANTS_WRITE:
        event_add(&s->writer, NULL);
        return;
    case TLS_WANTS_READ:
        return;
    case TLS_ENDED:
    case TLS_FAILED:
        end(s, tls_failure(s->tls));
        return;
    }
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
    struct stream *s = ctx;
    (void)fd;
    (void)what;
    if (s->is_securing) {
        shake_hands(s);
        return;
    }
    if (!s->tls) {
        read_plain(s);
        return;
    }
    for (int records = 0; records < RECORDS_AT_ONCE; records++)
        if (!read_secure(s))
            return;
    event_active(&s->reader, EV_READ, 0); /* the others' turn */
}

static void finish_connect(struct stream *s)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    s->is_connecting = false;
    if (error) {
        s->owner->ended(s, failure_text(error));
        return;
    }
    event_add(&s->reader, NULL);
    s->owner->writable(s);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
    struct stream *s = ctx;
    (void)fd;
    (void)what;
    if (s->is_connecting)
        finish_connect(s);
    else if (s->is_securing)
        shake_hands(s);
    else
        s->owner->writable(s);
}

static void set_up(struct stream *s, struct loop *loop, int fd, const struct stream_owner *owner)
{
    *s = (struct stream){
        .owner = owner, .loop = loop, .fd = fd, .deadline = INT64_MAX, .timer_at = INT64_MAX};
    event_assign(&s->reader, loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, s);
    event_assign(&s->writer, loop_base(loop), fd, EV_WRITE, on_writable, s);
    event_assign(&s->timer, loop_base(loop), -1, 0, on_timer, s);
}

void stream_open(struct stream *s, struct loop *loop, int fd, const struct stream_owner *owner)
{
    set_up(s, loop, fd, owner);
    event_add(&s->reader, NULL);
}

bool stream_own_address(const struct stream *s, struct net_address *a_r)
{
    a_r->len = sizeof(a_r->storage);
    return getsockname(s->fd, (struct sockaddr *)&a_r->storage, &a_r->len) == 0;
}

/* The port is chosen with the connection, so that one address can have as many as there are pairs
 * of ports and hosts (ip(7)). */
static bool come_from(int fd, const struct net_address *from)
{
    int on = 1;
    if (!from)
        return true;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    return bind(fd, (const struct sockaddr *)&from->storage, from->len) == 0;
}

const char *stream_connect(struct stream *s, struct loop *loop, const struct net_address *to,
                           const struct net_address *from, const struct stream_owner *owner)
{
    *s = (struct stream){.fd = -1, .is_closed = true};
    int fd = socket(to->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return failure_text(errno);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (!come_from(fd, from) || (connect(fd, (const struct sockaddr *)&to->storage, to->len) != 0 &&
                                 errno != EINPROGRESS)) {
        bool is_forbidden = to->storage.ss_family == AF_UNIX && errno == EACCES;
        const char *failure = is_forbidden
                                  ? "connection refused: this user may not write to that socket"
                                  : failure_text(errno);
        close(fd);
        return failure;
    }
    set_up(s, loop, fd, owner);
    s->is_connecting = true;
    event_add(&s->writer, NULL);
    return NULL;
}

int stream_release(struct stream *s)
{
    int fd = s->fd;
    if (s->is_closed)
        return -1;
    s->is_closed = true;
    event_del(&s->reader);
    event_del(&s->writer);
    event_del(&s->timer);
    s->fd = -1;
    return fd;
}

void stream_close(struct stream *s)
{
    int fd = stream_release(s);
    if (fd < 0)
        return;
    tls_free(s->tls);
    tls_free(s->prepared);
    s->tls = s->prepared = NULL;
    close(fd);
    drop_kept(s->kept, s->kept_len);
    s->kept = NULL;
    s->kept_len = 0;
}

/* Bytes sent; 0: there is no room now. */
static size_t send_plain(struct stream *s, struct slice out)
{
    ssize_t sent = send(s->fd, out.at, out.len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return out.len; /* the reader sees the end, or the error, next */
    return sent < 0 ? 0 : (size_t)sent;
}

static size_t send_secure(struct stream *s, struct slice out)
{
    size_t sent;
    switch (tls_write(s->tls, out, &sent)) {
    case TLS_DONE:
        return sent;
    case TLS_WANTS_READ:
    case TLS_WANTS_WRITE:
        return 0;
    case TLS_ENDED:
    case TLS_FAILED:
        event_active(&s->reader, EV_READ, 0); /* which tells of it */
        return out.len;
    }
    return 0;
}

size_t stream_send(struct stream *s, struct slice out)
{
    if (s->is_closed || s->is_connecting || s->is_securing || out.len == 0)
        return 0;
    size_t sent = s->tls ? send_secure(s, out) : send_plain(s, out);
    if (sent < out.len)
        event_add(&s->writer, NULL);
    return sent;
}

static void forget_kept(struct stream *s)
{
    drop_kept(s->kept, s->kept_len);
    s->kept = NULL;
    s->kept_len = 0;
    s->is_paused = false;
}

bool stream_prepare(struct stream *s, const struct tls_context *context)
{
    if (!s->prepared)
        s->prepared = tls_new(context, s->fd, NULL);
    return s->prepared != NULL;
}

bool stream_secure(struct stream *s, const struct tls_context *context,
                   const struct tls_expect *expect)
{
    forget_kept(s);
    s->tls = s->prepared ? s->prepared : tls_new(context, s->fd, expect);
    s->prepared = NULL;
    if (!s->tls)
        return false;
    s->is_securing = true;
    event_add(&s->reader, NULL);
    event_add(&s->writer, NULL); /* the client speaks first */
    return true;
}

void stream_resume(struct stream *s)
{
    if (s->is_closed || !s->is_paused)
        return;
    char *kept = s->kept;
    size_t len = s->kept_len;
    s->kept = NULL;
    s->kept_len = 0;
    s->is_paused = false;
    bool alive = hand_over(s, slice_of(kept, len));
    drop_kept(kept, len);
    if (!alive || s->is_paused)
        return;
    event_add(&s->reader, NULL);
    if (s->tls) /* it may hold bytes that no event tells of */
        event_active(&s->reader, EV_READ, 0);
}

bool stream_finish(struct stream *s)
{
    int unread = 0;
    if (s->is_closed || (s->kept_len == 0 && ioctl(s->fd, FIONREAD, &unread) == 0 && unread == 0))
        return true;
    if (s->tls)
        tls_finish(s->tls);
    shutdown(s->fd, SHUT_WR);
    return false;
}
