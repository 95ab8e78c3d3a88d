/* Between the files of receive/: one connection, of which each file has its part. */
#ifndef CANDOR_RECEIVE_INSIDE_H
#define CANDOR_RECEIVE_INSIDE_H

#include "net/address.h"
#include "net/stream.h"
#include "receive/connection.h"

struct connection {
    struct list link; /* in receiver->open */
    struct receiver *receiver;
    const struct receiver_options *options; /* its owner is held */
    const struct tls_context *tls;          /* NULL: none */
    struct stream stream;
    struct smtp_server *session;
    struct ip client;
    char client_text[NET_ADDRESS_TEXT];
    char network[IP_TEXT];       /* what the limits take for one client */
    struct spool_writer *writer; /* content under way */
    enum err_code write_result;
    struct slice helo;                     /* allocated */
    char reference[REFUSALS_SESSION_TEXT]; /* what those of its refusals begin with */
    bool never_accepts;                    /* the entrance does not */
    bool is_implicit;                      /* TLS from the first byte */
    const struct cidr *speakers;           /* of the entrance */
    struct buf head; /* the message's first bytes, if somebody wants to read them */
    size_t speaker_count;
    bool is_no_proxy; /* at an entrance that is for proxies alone */
    bool is_extended;
    bool is_secure;            /* in TLS */
    bool wants_tls;            /* TLS begins when the last words in the clear are out */
    bool is_trusted;           /* of the relay networks: not counted */
    bool is_counted;           /* in receiver->clients; else it is one too many */
    bool is_closing;           /* the session is over */
    bool is_half_closed;       /* the client sends no more; it may still wait for answers */
    int64_t patience;          /* ms that a client may take for a command, as the entrance has it */
    int64_t close_until;       /* monotonic ms until the last words must be out */
    bool is_gone;              /* the stream is closed: waits for the commit under way only */
    struct storing *storing;   /* a commit under way */
    struct sasl *sasl;         /* a login under way; allocated */
    struct login_check *login; /* its password is being checked */
    int64_t said_at;           /* monotonic ms: when the client's last response came */
    struct token_login *token; /* it is asked whose a token is */
    struct relayed *relayed;   /* it is Dovecot's to judge */
    char *offered;             /* mechanisms of AUTH, if not those of the entrance; allocated */
    struct greeting *greeting; /* kept back; else NULL */
    struct front *front;       /* who is behind a proxy is not known yet; else NULL */
    struct tarpit *tarpit;     /* an answer that is kept back for a while */
    struct screening *screening; /* NULL: nothing is asked about the client */
    uint32_t sender_checks;      /* look-ups about senders under way */
    uint32_t fetches;            /* questions to the queue under way */
    char *certified;             /* the account of the client's certificate; allocated */
    char *user;                  /* who logged in; allocated */
};

/* connection.c */

/* The session's answer to an event that asked. */
void connection_answer(struct connection *c, uint32_t ticket, struct reply r);
/* A late answer is given: what the session kept back goes on, or the connection is freed if it was
 * gone and nothing else is awaited. May free the connection. */
void connection_go_on(struct connection *c);

/* The answer to a recipient that is not waited for any more. */
void connection_check_recipient(struct connection *c, const struct smtp_event *e);

/* connection.c, for front.c */

/* How long something is waited for which has no setting of its own: at most so many ms, and no
 * longer than for a command. */
int64_t connection_patience(const struct connection *c, int64_t most);

/* It is known who the client is: his session begins. May free the connection. */
void connection_begin(struct connection *c);
/* Among those of his address, if he is not of the relay networks. */
void connection_count(struct connection *c);
void connection_set_client(struct connection *c, struct ip client);
void connection_close(struct connection *c);

/* front.c: from the connection to the client's address */

/* Waits for what the proxy says of him. False: without memory. */
MUST_CHECK bool front_begin(struct connection *c);
/* Bytes from the proxy, which are only looked at: takes those that are its own. */
void front_take(struct connection *c, struct slice in);
/* Time is up. */
void front_give_up(struct connection *c);
void front_end(struct connection *c);

/* content.c: from DATA to the durable message */

void content_begin_storing(struct connection *c, const struct smtp_event *e);
void content_store(struct connection *c, const struct smtp_event *e);
void content_commit(struct connection *c, const struct smtp_event *e);
void content_abort(struct connection *c);

/* proxied.c: a proxy says for whom it speaks */

void proxied_begin(struct connection *c, const struct smtp_event *e);
void proxied_note(struct connection *c, const struct smtp_event *e);

/* fetching.c: ETRN */

void fetching_begin(struct connection *c, const struct smtp_event *e);

/* refused.c: the replies that say no */

/* They carry references from here on, if there is a place to find them. */
void refused_begin(struct connection *c);
/* Those since the last call go into the log. */
void refused_tell(struct connection *c);

/* relayed.c: logins that Dovecot judges */

/* Adds what EHLO lists. */
void relayed_names(struct connection *c, struct buf *out);
/* Whether the mechanism is passed on as it comes. */
bool relayed_takes(const struct connection *c, struct slice mechanism);
void relayed_begin(struct connection *c, const struct smtp_event *e);
void relayed_go_on(struct connection *c, const struct smtp_event *e);
/* A name and a password. */
void relayed_check(struct connection *c, uint32_t ticket, const struct sasl_credentials *who);
void relayed_end(struct connection *c);

/* exchange.c: AUTH */

/* The end of each login on which there is a verdict, so not LOGIN_AWAY: the one place that tells
 * the log, the limits and the client. */
void exchange_conclude(struct connection *c, uint32_t ticket, struct slice name,
                       enum login_verdict verdict);

void exchange_begin(struct connection *c, const struct smtp_event *e);
void exchange_go_on(struct connection *c, const struct smtp_event *e);
/* TLS began: who has a certificate for an account is offered to log in by it. */
void exchange_secured(struct connection *c);
/* It was a proxy's, who speaks for somebody else from here on. */
void exchange_forget_certificate(struct connection *c);
/* Forgets what was said so far. */
void exchange_end(struct connection *c);

#endif
