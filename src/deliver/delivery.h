/* One attempt being carried out by an agent: what it needs, and the outcomes it collects. Begun on
 * the scheduler's thread, handed to one agent, finished there; `done` takes it back. */
#ifndef CANDOR_DELIVER_DELIVERY_H
#define CANDOR_DELIVER_DELIVERY_H

#include "base/arena.h"
#include "deliver/transcript.h"
#include "mail/tls_report.h"
#include "net/address.h"
#include "net/loop.h"
#include "queue/attempt.h"

struct delivery;
typedef void delivery_done(struct delivery *d);

/* What became of the encryption of a connection that was made. */
struct delivery_session {
    enum tls_policy_type policy;
    enum tls_report_result result;
    struct slice host;
};

enum { DELIVERY_SESSIONS_MAX = 16 };

/* An address of ours that mail leaves from, and what it calls itself. */
struct delivery_source {
    uint64_t id; /* the same as long as nothing of it changes */
    struct slice name;
    struct slice helo;
    struct net_address ipv4, ipv6; /* len 0: it has none; neither: the system chooses */
};

/* An account that the operator has at a smarthost. Borrowed of whoever keeps the delivery. */
struct delivery_login {
    uint64_t id; /* of the route */
    struct slice user, password;
    struct slice token_file; /* NUL-terminated, read anew for each login, since whoever renews it
                                does so by the hour; empty: a password */
    struct slice mechanism;  /* the only one to take; empty: the best */
    bool is_shared;          /* with all that goes there, so that trouble with it is the host's */
};

struct delivery {
    struct task task;              /* for the way to the agent and back: its owner's at each time */
    struct attempt *attempt;       /* the queue's; unchanged while the delivery lives */
    struct spool *spool;           /* to read the content from */
    struct spool_content *content; /* a reference of its own; NULL: not opened yet */
    const struct delivery_source *source; /* NULL: the system chooses */
    const struct delivery_login *login;   /* NULL: none */
    struct slice hostname;                /* ours: for the trace header */
    struct slice reverse_path;            /* in place of the envelope's sender; or empty */
    struct slice signature;               /* fields that go in front of the content, or empty */
    struct arena arena;                   /* texts of outcomes, and of the agent's own */
    struct outcome *outcomes;             /* room for each recipient and one for OUTCOME_ALL */
    size_t count;
    struct transcript transcript;
    struct delivery_session sessions[DELIVERY_SESSIONS_MAX];
    size_t session_count;
    delivery_done *done; /* called on the agent's thread, last of all */
    void *ctx;
};

static inline uint64_t delivery_source_id(const struct delivery *d)
{
    return d->source ? d->source->id : 0;
}

/* NULL when memory ends. The attempt's content, if any, is held once more. */
struct delivery *delivery_new(struct attempt *attempt, struct spool *spool, struct slice hostname,
                              delivery_done *done, void *ctx);
void delivery_free(struct delivery *d);

/* Notes an outcome; texts are copied, and cut to what the queue keeps. */
void delivery_settle(struct delivery *d, const struct outcome *o);
/* Notes a connection; `host` is copied. Further ones than there is room for are forgotten. */
void delivery_note_session(struct delivery *d, enum tls_policy_type policy,
                           enum tls_report_result result, struct slice host);
/* For the transcript; NULL: what is said is about no delivery. */
static inline void delivery_sent(struct delivery *d, struct slice bytes)
{
    if (d)
        transcript_sent(&d->transcript, bytes);
}
static inline void delivery_received(struct delivery *d, struct slice bytes)
{
    if (d)
        transcript_received(&d->transcript, bytes);
}
/* Opens the content if it is not there; false (and OUTCOME_ALL settled) when it can't be read. */
MUST_CHECK bool delivery_open(struct delivery *d);
/* The trace header that goes in front of the content (RFC 5321 4.4), in the delivery's arena. */
struct slice delivery_trace(struct delivery *d);

#endif
