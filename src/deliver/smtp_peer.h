/* Between the files of the SMTP agent; nobody else includes it. */
#ifndef CANDOR_DELIVER_SMTP_PEER_H
#define CANDOR_DELIVER_SMTP_PEER_H

#include "base/list.h"
#include "deliver/smtp_agent.h"
#include "net/race.h"
#include "net/stream.h"

enum { TLS_TROUBLE_MAX = 256 }; /* bytes; longer words are cut */

/* A connection to a host, with the delivery that it carries, if any. */
struct peer {
    struct smtp_agent *agent;
    struct list link; /* in one of the agent's lists */
    struct stream stream;
    struct race *race; /* of the host's addresses; NULL: connected */
    struct smtp_client *session;
    struct buf token;          /* that the session logs in with */
    struct delivery *delivery; /* NULL: idle */
    const struct targets *targets;
    size_t target; /* index of what is tried: a host's first address, then the one that answered */
    size_t host_end;            /* index behind that host's last */
    struct slice destination;   /* what it was made for; in the arena */
    struct net_address address; /* of the host */
    enum agent kind;
    uint64_t account;  /* of the route */
    uint64_t source;   /* that it comes from; 0: the system chose */
    struct slice host; /* name of the host it is connected to, in host_text */
    char host_text[OUTCOME_HOST_MAX];
    const char *failure;  /* why not even a connection could be begun */
    struct reply finding; /* our own, why the host won't do; code 0: none */
    enum target_tls tls;  /* what holds of the connection: TARGET_TLS_OFF, MUST or more */
    struct arena arena;   /* of the peer: destination */
    struct smtp_client_message message;
    struct slice trace; /* the header that goes in front of the content */
    uint64_t offset;    /* of the content that went out */
    uint32_t messages;  /* carried so far */
    bool has_reply;     /* the peer said something in this transaction */
    bool is_trace_out;  /* the trace header was given */
    bool is_end_given;  /* the content is whole: the peer may take the message any moment */
    bool is_ready;      /* greeting and EHLO are behind us */
    bool wants_tls;     /* the peer said 220 to STARTTLS */
    bool is_one_by_one; /* it got lost among pipelined commands */
    bool is_in_clear;   /* TLS failed with this host, and is not required; why: */
    char tls_trouble[TLS_TROUBLE_MAX];
    bool is_noted;      /* what became of its encryption was told */
    bool is_closing;    /* QUIT was said, or the session is over */
    int64_t idle_until; /* monotonic ms */
};

struct smtp_agent {
    struct loop *loop;
    const struct smtp_agent_options *options;
    bool is_stopping;
    struct list active; /* carry a delivery */
    struct list idle;
    struct list closing; /* QUIT was said, its answer is awaited */
};

/* smtp_connect.c */
/* Begins with the host of p->target, or the first after it to which a connection can be begun; then
 * one of the next two is called. False: there is none, p->failure says why. */
MUST_CHECK bool peer_connect(struct peer *p);
void peer_set_host(struct peer *p, const struct target *t);

/* smtp_agent.c */
void peer_connected(struct peer *p, int fd);
void peer_unreached(struct peer *p, const char *failure);

/* smtp_peer.c */
/* What the session is to do about TLS with a host. */
enum smtp_client_tls peer_session_tls(const struct peer *p, const struct target *t);
/* Mail in the clear is better than none where TLS is not required (RFC 7435). */
bool peer_may_go_in_clear(const struct peer *p);
/* Begins the handshake; after it peer_prove, which tells the session. */
void peer_begin_tls(struct peer *p);
void peer_prove(struct peer *p);
/* What became of the encryption of this connection; once. */
void peer_note_session(struct peer *p, enum tls_report_result result);
/* Whose rule it was that the host did not keep. */
void peer_note_finding(struct peer *p, const struct smtp_client_event *e);
/* From here on without TLS, which came to nothing. */
void peer_leave_tls(struct peer *p, const struct smtp_client_event *e);
/* The same finding where the host itself wants TLS (530, RFC 3207 4), which failed before. */
void peer_note_demand(struct peer *p, const struct reply *reply);
/* It may carry the delivery: its host is one of those that are tried first, or of the destination
 * that it was made for, and it is as safe as it has to be now. */
bool peer_fits(const struct peer *p, const struct delivery *d, const struct targets *targets);

#endif
