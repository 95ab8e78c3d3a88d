/* A client's connection: the server session over a stream, policy's verdicts, content into the
 * spool. Lives on one loop. */
#ifndef CANDOR_RECEIVE_CONNECTION_H
#define CANDOR_RECEIVE_CONNECTION_H

#include <stdatomic.h>

#include "auth/reverse_path.h"
#include "base/conf_item.h"
#include "base/list.h"
#include "base/log.h"
#include "base/shared.h"
#include "net/loop.h"
#include "net/timer.h"
#include "policy/access.h"
#include "receive/clients.h"
#include "receive/full_boxes.h"
#include "receive/login.h"
#include "receive/rates.h"
#include "receive/refusals.h"
#include "receive/screening.h"
#include "smtp/server/server_session.h"
#include "spool/spool.h"

struct sockaddr;

/* A message that is durable: the queue's now. */
struct arrival {
    struct task task; /* for the way to the queue's thread */
    spool_id id;
    struct buf envelope;           /* encoded; the receiver of the arrival frees it */
    struct spool_content *content; /* a reference; may be NULL */
    void *ctx;                     /* the receiver's of the arrival */
};

/* What waits for a domain is asked for (ETRN). `run` is called back on `loop`. */
struct fetch {
    struct task task; /* for the way to the queue's thread and back */
    void (*run)(struct task *task);
    struct loop *loop;
    struct slice domain; /* in ASCII */
    bool has_subdomains;
    bool is_done;   /* else the queue can't now */
    size_t due;     /* messages that are tried from now on */
    size_t active;  /* …already */
    size_t stopped; /* …not, since the operator stopped them */
    void *ctx;      /* the receiver's of it */
};

struct receiver_options {
    struct shared *owner; /* of all that these options point to; NULL: it outlives the receiver */
    struct login_accounts accounts; /* users NULL: nobody can log in */
    bool owns_senders;              /* who logged in sends with addresses of his own */
    struct slice hostname;          /* ours */
    const struct access_table *access;
    const struct reverse_paths *reverse; /* addresses that we made */
    const struct conf_names *campaigns;  /* header fields that name one; NULL: none do */
    struct screening_options screening;
    struct rates *rates;       /* NULL: no limits */
    struct full_boxes *full;   /* NULL: none is known */
    struct refusals *refusals; /* NULL: refusals carry no reference */
    int64_t greeting_delay;    /* ms in which a client has to keep still; 0: none */
    int64_t overload_delay;    /* ms that the loop may be late before clients are put off; 0: any */
    int64_t login_delay;       /* ms until a wrong password is answered */
    uint32_t connections_max;  /* on all loops together */
    const atomic_size_t *held; /* messages that wait for a time that was asked for (FUTURERELEASE);
                                  NULL: not counted */
    size_t held_max;

    /* Takes the arrival over; called on the loop's thread. */
    void (*arrived)(void *ctx, struct arrival *a);
    void (*fetch)(void *ctx, struct fetch *f); /* ditto; NULL: ETRN can't be done */
    void *arrived_ctx;                         /* of both */
};

struct receiver;
struct tls_context;

/* A way in: what clients find at one listening address. May be given other values between two
 * connections: each keeps those that it began with. */
struct receiver_entrance {
    struct receiver *receiver;
    const struct receiver_options *options;
    const struct smtp_server_options *session;
    const struct tls_context *tls; /* NULL: none */
    bool never_accepts;            /* greets with 521 (RFC 7504) */
    bool is_implicit;              /* TLS from the first byte (RFC 8314 3.3) */
    const struct cidr *speakers;   /* who may send XCLIENT and XFORWARD */
    size_t speaker_count;
    const struct cidr *proxies; /* only these connect, with a proxy_header first */
    size_t proxy_count;         /* 0: everybody, without one */
};

enum { RECEIVER_PULSE_MS = 1000 };

/* What the connections of one loop share. */
struct receiver {
    struct loop *loop;
    struct spool *spool;
    const struct log *log;
    struct clients *clients;
    atomic_uint *connections;    /* open now, on all loops */
    struct timer pulse;          /* tells how late the loop is */
    int64_t pulse_at;            /* monotonic ms: when it came last; 0: the loop has not begun */
    int64_t late;                /* ms by which it was late then */
    struct list open;            /* connections of this loop */
    struct token_memory *tokens; /* NULL: nothing is remembered */
    struct list dovecots;        /* where logins are judged: a dovecot_link each */
    bool is_stopping;
    void (*drained)(void *ctx); /* after receiver_stop, when the last connection is gone */
    void *drained_ctx;
};

void receiver_init(struct receiver *r, struct loop *loop, struct spool *spool,
                   const struct log *log, struct clients *clients, atomic_uint *connections);
/* A listener_accepted: takes over the connection `fd`. `ctx` is a receiver_entrance. */
void receiver_accept(void *ctx, int fd, const struct sockaddr *peer);
/* Connects to where logins are judged, so that it is known what EHLO is to list. */
void receiver_prepare(struct receiver *r, const struct receiver_options *options);
/* Once it is drained. */
void receiver_free(struct receiver *r);
/* Says 421 to idle clients, lets the others finish, then calls `drained`. On the loop's thread. */
void receiver_stop(struct receiver *r, void (*drained)(void *ctx), void *ctx);

#endif
