/* What the queue hands to the agents in deliver/, and what they hand back: an attempt and its
 * outcomes. Both are plain data. */
#ifndef CANDOR_QUEUE_ATTEMPT_H
#define CANDOR_QUEUE_ATTEMPT_H

#include "mail/envelope.h"
#include "reply/diagnosis.h"
#include "spool/spool.h"

/* Which agent in deliver/ carries an attempt. */
enum agent { AGENT_SMTP, AGENT_MAILDIR, AGENT_LMTP };

/* Where mail for an address goes. */
struct route {
    enum agent agent;
    struct slice destination; /* a domain in lower case, a smarthost as `host:port`; of LMTP that,
                                 or the path of a socket */
    bool is_smarthost;
    uint64_t account; /* that we have there, as the router knows it; 0: none */
    uint8_t tls;      /* that the operator asks for there, as the router knows it; 0: as usual */
    uint8_t pool;     /* of sources, from 1; 0: the system chooses the address */
    uint8_t source;   /* of that pool, the queue's choice; 0: none */
};

/* One try at delivering one message to some of its recipients, all of the same route. It is the
 * agent's until queue_report; what it points to stays valid and unchanged till then, also from
 * another thread. */
struct attempt {
    spool_id id;
    const struct envelope *envelope;
    struct route route;
    const uint32_t *recipients; /* indexes into envelope->recipients */
    size_t count;
    void *content;     /* what queue_add was given; NULL: open it in the spool. Borrowed. */
    uint32_t attempts; /* how many tries the most tried of these recipients had before */
};

/* As a recipient index: all recipients of the attempt that have no outcome of their own. */
#define OUTCOME_ALL UINT32_MAX

/* What became of a recipient in an attempt: a reply, or the failure that kept one from coming. */
struct outcome {
    uint32_t recipient; /* index into envelope->recipients, or OUTCOME_ALL */
    enum stage stage;   /* where the session stood */
    struct reply reply; /* 2yz: delivered. Code 0: no reply came, `failure` says what happened. */
    struct slice
        host; /* name (or address) of the host that said so; empty: it is our own finding */
    struct slice failure; /* in words: "connection timed out"; empty if there is a reply */
    const char *security; /* of the connection, in a word; static, NULL: there was none */
    bool is_by_passed;    /* the host keeps to the time in which it is to be delivered (RFC 2852) */
    bool is_dsn_passed;   /* the host takes over what the sender wants to hear (RFC 3461 5.2) */
    int64_t at;           /* unix ms; queue_report fills it in */
};

/* Most bytes of a reply's or failure's text, and of a host's name, that are kept. */
enum { OUTCOME_TEXT_MAX = 2048, OUTCOME_HOST_MAX = 255 };

/* An outcome as diagnose wants it. */
static inline struct diagnosis_input outcome_diagnosis_input(const struct outcome *o)
{
    struct diagnosis_input in = {.reply = o->reply, .stage = o->stage, .remote = o->host};
    if (o->reply.code == 0 && o->failure.len)
        in.reply.text = o->failure;
    return in;
}

#endif
