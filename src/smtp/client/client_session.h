/* The client's half of SMTP without I/O: carries messages over one connection, one transaction
 * after the other, with pipelining where the peer offers it (RFC 2920). Every reply is kept whole,
 * with the stage at which it came. One thread at a time per session.
 *
 *   smtp_client_feed(c, bytes, now);            // all bytes are taken
 *   while (smtp_client_next(c, &event)) {…}
 *   out = smtp_client_output(c); … smtp_client_sent(c, n);
 *
 * Every call may make events: ask smtp_client_next after each, also after smtp_client_sent, which
 * may make room for content. Output has all that may be sent when next said false.
 */
#ifndef CANDOR_SMTP_CLIENT_SESSION_H
#define CANDOR_SMTP_CLIENT_SESSION_H

#include "auth/sasl_client.h"
#include "base/mem.h"
#include "mail/envelope.h"
#include "reply/diagnosis.h"
#include "reply/reply.h"

/* STARTTLS (RFC 3207): MAY takes it where it is offered, MUST sends nothing without it. */
enum smtp_client_tls { SMTP_CLIENT_TLS_NEVER, SMTP_CLIENT_TLS_MAY, SMTP_CLIENT_TLS_MUST };

struct smtp_client_options {
    struct slice helo; /* borrowed */
    enum smtp_client_tls tls;
    struct sasl_secret login; /* its name empty: no login */
    bool lmtp;                /* LHLO, and one answer per recipient after the content (RFC 2033) */
    bool tells_all;           /* SMTP_CLIENT_SAID comes, for each reply */
    bool one_by_one;          /* no pipelining, even where it is offered */
    /* ms, RFC 5321 4.5.3.2 */
    int64_t greeting_timeout, helo_timeout, mail_timeout, rcpt_timeout, data_timeout, block_timeout,
        end_timeout;
};

/* One transaction: must stay valid until its SMTP_CLIENT_DONE. */
struct smtp_client_message {
    const struct envelope *envelope;
    const uint32_t *recipients; /* indexes into envelope->recipients that are to go in this one */
    size_t count;
    struct slice sender; /* in place of the envelope's; empty: as that says */
    bool only_asks;      /* would it be taken? RSET follows in place of DATA */
    int64_t by_left;     /* seconds until the envelope's deliver_by */
    uint64_t size;       /* bytes of all that smtp_client_body will be given: of binary content
                            (BODY_BINARYMIME), which goes in one BDAT (RFC 3030) */
};

enum smtp_client_event_kind {
    SMTP_CLIENT_SAID,   /* what was said, before what follows from it; only with tells_all */
    SMTP_CLIENT_SECURE, /* the peer is ready for TLS: begin it, then smtp_client_secured */
    SMTP_CLIENT_READY,  /* greeting and EHLO are done: a message can be given */
    SMTP_CLIENT_REPLY,  /* told: a reply that settles .recipient, or all left if it is UINT32_MAX */
    SMTP_CLIENT_NEEDS_BODY, /* give some content with smtp_client_body, in one call or more */
    SMTP_CLIENT_DONE,       /* the transaction is over; READY follows if another can be given */
    /* Without a DONE before it, the recipients that no REPLY settled are left to the caller. */
    SMTP_CLIENT_CLOSE /* last: the session is over; .stage says where, .reply why, if the peer
                         said so; send what output is left, then close */
};

struct smtp_client_event {
    enum smtp_client_event_kind kind;
    enum stage stage;
    uint32_t recipient; /* index into envelope->recipients */
    struct reply reply; /* a view until the next call */
    /* What went wrong, in words: CLOSE without a reply, and what settles recipients without the
     * peer's word. The peer's reply may have text then, but has no code: it does not fit where it
     * came, and its digits are not to be believed. CLOSE after QUIT has neither. */
    const char *failure;
};

struct smtp_client;

struct smtp_client *smtp_client_new(const struct mem *mem,
                                    const struct smtp_client_options *options, int64_t now);
void smtp_client_free(struct smtp_client **c);

void smtp_client_feed(struct smtp_client *c, struct slice in, int64_t now);
/* The peer closed, or the network failed: `what` is static text. */
void smtp_client_lost(struct smtp_client *c, const char *what, int64_t now);
/* After SMTP_CLIENT_SECURE the connection is TLS now: the session says EHLO anew (RFC 3207 4.2). */
void smtp_client_secured(struct smtp_client *c, int64_t now);
/* Before it: by which a login can be bound to the TLS connection (RFC 9266). */
void smtp_client_bind(struct smtp_client *c, const char binding[SCRAM_BINDING]);
bool smtp_client_next(struct smtp_client *c, struct smtp_client_event *event_r);

/* Starts a transaction; after READY, or before it when DONE was there: then READY is left out. */
void smtp_client_send(struct smtp_client *c, const struct smtp_client_message *m, int64_t now);
/* Content as it lies in the spool (CR LF lines, no dots stuffed; or binary), after NEEDS_BODY,
 * which comes again as long as output is short (below 64 KiB). All of it is taken: what is given at
 * once bounds the memory. `last`: the content ends here; the session adds the end. */
void smtp_client_body(struct smtp_client *c, struct slice content, bool last, int64_t now);
/* Says QUIT when nothing is under way: now, or instead of the next READY. */
void smtp_client_quit(struct smtp_client *c, int64_t now);

struct slice smtp_client_output(const struct smtp_client *c);
void smtp_client_sent(struct smtp_client *c, size_t len, int64_t now);
int64_t smtp_client_deadline(const struct smtp_client *c);
void smtp_client_tick(struct smtp_client *c, int64_t now);

/* After CLOSE: its answers did not come, or not in order, with commands sent ahead of them, and it
 * has nothing of the content. One that can't keep up may get on with .one_by_one. */
bool smtp_client_fell_behind(const struct smtp_client *c);

/* What EHLO offered. */
bool smtp_client_offers_dsn(const struct smtp_client *c);
bool smtp_client_offers_by(const struct smtp_client *c);
/* Transactions that the peer takes over this connection (RFC 9422); 0: it did not say. */
uint64_t smtp_client_mails_max(const struct smtp_client *c);
bool smtp_client_offers_size(const struct smtp_client *c, uint64_t *size_max_r);

#endif
