/* A client of Dovecot's login service, as its protocol has it (version 1, "Dovecot Authentication
 * Protocol"): many logins side by side over one connection, each with a number. Opens nothing: it
 * is fed what comes and writes what is to be sent. */
#ifndef CANDOR_AUTH_DOVECOT_AUTH_H
#define CANDOR_AUTH_DOVECOT_AUTH_H

#include "base/buf.h"

enum {
    DOVECOT_LINE_MAX = 8192,     /* with its LF; Dovecot's own limit for a client's lines */
    DOVECOT_RESPONSE_MAX = 6000, /* of a client's response in base64: leaves room for the rest */
    DOVECOT_NAMES_MAX = 96       /* for all mechanisms, as EHLO lists them */
};

struct dovecot_auth {
    struct buf line; /* one that has not ended yet */
    bool is_used;    /* it was read, and goes with the next bytes */
    bool has_version;
    bool is_ready;
    unsigned mechanisms; /* a bit for each that we know */
};

enum dovecot_event_kind {
    DOVECOT_NOTHING,
    DOVECOT_READY,     /* it said what it can: logins may begin */
    DOVECOT_CHALLENGE, /* .text is in base64 */
    DOVECOT_RIGHT,     /* .text: who it is */
    DOVECOT_WRONG,     /* .text: who it claimed to be; empty: not said */
    DOVECOT_EXPIRED,   /* ditto: the password is right, and has to be changed first */
    DOVECOT_DISABLED,  /* ditto: it is right, but nobody may log in by this account */
    DOVECOT_AWAY,      /* Dovecot can't tell now */
    DOVECOT_BROKEN     /* .text: why no more of it can be understood */
};

struct dovecot_event {
    enum dovecot_event_kind kind;
    uint32_t id; /* of the login */
    struct slice text;
};

struct dovecot_question {
    struct slice mechanism;
    struct slice client;          /* address */
    const struct slice *response; /* in base64; NULL: none came with AUTH */
};

/* Lines are kept in memory from `mem`. */
void dovecot_auth_init(struct dovecot_auth *d, const struct mem *mem);
void dovecot_auth_free(struct dovecot_auth *d);
/* Takes bytes up to the end of a line at most; how many. The event is valid until the next call. */
size_t dovecot_auth_take(struct dovecot_auth *d, struct slice in, struct dovecot_event *event_r);
/* `SCRAM-SHA-256 PLAIN`: those that it offers and that we can pass on, the best first. */
void dovecot_auth_names(const struct dovecot_auth *d, struct buf *out);
bool dovecot_auth_offers(const struct dovecot_auth *d, struct slice mechanism);

/* What is sent: first of all, then for each login. `id` is never 0. */
void dovecot_auth_greet(struct buf *out, uint32_t pid);
/* False: a response that is not base64, or too long. Nothing was written then. */
MUST_CHECK bool dovecot_auth_ask(struct buf *out, uint32_t id, const struct dovecot_question *q);
MUST_CHECK bool dovecot_auth_respond(struct buf *out, uint32_t id, struct slice response);
void dovecot_auth_cancel(struct buf *out, uint32_t id);

#endif
