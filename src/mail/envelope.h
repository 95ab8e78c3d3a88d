/* The envelope: who sends to whom, with what parameters, and how the message came in. */
#ifndef CANDOR_MAIL_ENVELOPE_H
#define CANDOR_MAIL_ENVELOPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum body_type { BODY_7BIT, BODY_8BITMIME, BODY_BINARYMIME };
/* RFC 3461 4.1 as bits; 0 means that the sender said nothing: failures, and delays at our choice.
 */
enum dsn_notify { NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };
enum dsn_return { RETURN_DEFAULT, RETURN_FULL, RETURN_HEADERS };
/* What becomes of a message that was not delivered in time (RFC 2852): it goes back, or its sender
 * is told and it goes on. */
enum by_mode { BY_NONE, BY_RETURN, BY_NOTIFY };

/* An address of its own for each recipient, at the wish of who submits (XVERP): in our own form,
 * which is read when it comes back, or with two delimiters that the sender's program knows. */
enum { VERP_DELIMITERS = 2 };

enum { PRIORITY_LEAST = -9, PRIORITY_MOST = 9 };

/* What a notice of our own tells: that it is there settles those recipients of the message that it
 * is about, also after a crash before that was written down. */
struct envelope_tells {
    uint64_t message;           /* its id in the spool; 0: the envelope is of no notice */
    uint8_t kind;               /* enum notice_kind of queue/queue.h */
    const uint32_t *recipients; /* in rising order */
    size_t count;
};

struct recipient {
    struct slice address;  /* local@domain, without <> */
    struct slice original; /* ORCPT as `type;xtext`, or empty */
    uint8_t notify;        /* enum dsn_notify bits */
};

struct envelope {
    struct slice sender; /* local@domain; empty: the null reverse path */
    struct slice envid;  /* ENVID as sent, xtext, or empty */
    enum dsn_return return_type;
    enum body_type body;
    bool smtputf8;
    bool requires_tls;    /* REQUIRETLS: onwards only to who proves who he is (RFC 8689) */
    bool tls_is_optional; /* TLS-Required: No: no rule of a recipient's domain keeps it (RFC 8689 3)
                           */
    struct slice helo;    /* what the client called itself; empty for a message of our own */
    struct slice client;  /* its address, `192.0.2.1` or `2001:db8::1` */
    struct slice protocol; /* `SMTP`, `ESMTP`, `ESMTPS`, `LMTP`, `local` (RFC 3848) */
    int64_t received_at;   /* ms since 1970 */
    uint64_t size;         /* bytes of content */
    int64_t hold_until;    /* ms since 1970: not sent before (RFC 4865); 0: at once */
    int priority;          /* MT-PRIORITY (RFC 6710) */
    enum by_mode by_mode;  /* DELIVERBY */
    bool by_trace;         /* its sender is told of each step */
    int64_t deliver_by;    /* ms since 1970, unless BY_NONE */
    struct slice campaign; /* what it is part of, as a header field says; or empty */
    bool wants_verp;
    char verp[VERP_DELIMITERS]; /* NUL: our own form */
    struct envelope_tells tells;
    struct recipient *recipients;
    size_t count;
};

/* Two of `-`, `+` and `=`, which may be the same, or none: else false. */
MUST_CHECK bool envelope_set_verp(struct envelope *e, struct slice delimiters);
/* The delimiters; empty: our own form. */
static inline struct slice envelope_verp(const struct envelope *e)
{
    return slice_of(e->verp, e->verp[0] ? VERP_DELIMITERS : 0);
}

/* A versioned, self-describing byte form for the spool. */
void envelope_encode(struct buf *out, const struct envelope *e);
/* Everything in *e_r points into `in` or `arena`. Bytes are not trusted: false with err_r on
 * damage. */
MUST_CHECK bool envelope_decode(struct slice in, struct arena *arena, struct envelope *e_r,
                                struct err *err_r);

#endif
