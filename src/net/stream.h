/* A connected TCP socket on a loop: tells its owner of bytes, of room to write, of the end and of
 * the timer. The owner embeds it and frees it after stream_close. */
#ifndef CANDOR_NET_STREAM_H
#define CANDOR_NET_STREAM_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/socket.h>

#include "base/slice.h"
#include "net/address.h"
#include "net/loop.h"

struct stream;
struct tls_context;
struct tls_expect;

/* What `bytes` returns when it closed the stream. */
#define STREAM_GONE SIZE_MAX

/* Each may close (and free) the stream, if it then returns at once. */
struct stream_owner {
    /* Bytes came; how many were taken. If fewer than all, the rest is kept and reading stops until
     * stream_resume. */
    size_t (*bytes)(struct stream *s, struct slice in);
    /* There is room again after stream_send sent less than all, or: connected. */
    void (*writable)(struct stream *s);
    /* No more bytes will come; NULL: the peer closed in order; else static words on what failed. */
    void (*ended)(struct stream *s, const char *failure);
    /* The time set with stream_set_deadline has come. */
    void (*timer)(struct stream *s);
    /* The TLS handshake is done; `ended` says that it failed. NULL for streams without TLS. */
    void (*secured)(struct stream *s);
};

struct stream {
    const struct stream_owner *owner;
    struct loop *loop;
    int fd; /* -1: closed */
    bool is_connecting;
    bool is_paused;
    bool is_peeking;
    bool is_closed;
    bool is_securing;     /* the handshake is under way: nothing else is sent or read */
    struct tls *tls;      /* NULL: in the clear */
    struct tls *prepared; /* for stream_secure; NULL: it makes its own */
    int64_t deadline;     /* as asked for; the event may be set to an earlier time */
    int64_t timer_at;
    struct event reader;
    struct event writer;
    struct event timer;
    char *kept; /* bytes that the owner did not take yet */
    size_t kept_len;
};

/* Takes over a connected descriptor that does not block, and starts to read. */
void stream_open(struct stream *s, struct loop *loop, int fd, const struct stream_owner *owner);
/* Only looks at what comes, until stream_peek(s, false): the bytes stay in the kernel, for whoever
 * reads next. `bytes` has to take some with stream_take, or they come again at once; what it
 * returns does not count. */
void stream_peek(struct stream *s, bool is_on);
/* Takes bytes that were looked at; at most so many. */
void stream_take(struct stream *s, size_t len);
/* Starts to connect, from an address of ours or (NULL) what the system chooses; `writable` says
 * that it worked, `ended` that it did not. NULL, or static words on why it can't even be tried; the
 * stream is closed then. */
const char *stream_connect(struct stream *s, struct loop *loop, const struct net_address *to,
                           const struct net_address *from, const struct stream_owner *owner);
/* Makes what a server's TLS needs, so that stream_secure can't fail for want of it. */
MUST_CHECK bool stream_prepare(struct stream *s, const struct tls_context *context);
/* From here on all is TLS. What was read and not taken yet is forgotten: it came in the clear, from
 * whoever stands between (RFC 3207 4.2). `expect` as for tls_new. False without memory. */
MUST_CHECK bool stream_secure(struct stream *s, const struct tls_context *context,
                              const struct tls_expect *expect);
/* Ends all events; closes. No call to the owner follows. */
void stream_close(struct stream *s);
/* The same, but the descriptor is the caller's from here on. Of a stream without TLS from which
 * nothing was read; -1: it was closed. */
MUST_CHECK int stream_release(struct stream *s);

/* Our end of a connection that is there. */
MUST_CHECK bool stream_own_address(const struct stream *s, struct net_address *a_r);

/* Bytes taken by the network: possibly fewer than all, 0 when there is no room now; `writable` is
 * called when there is again. A broken connection takes all: `ended` tells. */
size_t stream_send(struct stream *s, struct slice out);
/* All is said. True: close now. False: the peer is still sending, and closing would destroy what it
 * has not read yet (RFC 9293 3.10.4); take and forget its bytes until it ends, for a while. */
bool stream_finish(struct stream *s);
/* Goes on with what was kept, then reads again. */
void stream_resume(struct stream *s);
/* Monotonic ms; INT64_MAX: none. Cheap to call often. */
void stream_set_deadline(struct stream *s, int64_t deadline);

#endif
