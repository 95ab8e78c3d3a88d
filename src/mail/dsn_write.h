/* Writes delivery status notifications (RFC 3461 6, RFC 3464, RFC 6522): a multipart/report whose
 * first part is for a person, whose second is for programs, whose third returns the message or its
 * headers. What peers said is shown whole and made harmless; nothing is invented. */
#ifndef CANDOR_MAIL_DSN_WRITE_H
#define CANDOR_MAIL_DSN_WRITE_H

#include "base/mem.h"
#include "mail/envelope.h"
#include "reply/diagnosis.h"
#include "reply/words.h"

enum dsn_kind { DSN_FAILED, DSN_DELAYED, DSN_DELIVERED };

struct dsn_recipient {
    struct slice address;
    struct slice original;       /* ORCPT as `type;xtext`, or empty */
    bool is_tried;               /* .last holds what came of the last try */
    struct diagnosis_input last; /* .remote empty: no host said so, it is our own finding */
    int64_t at;                  /* of the last try, unix ms */
    uint32_t attempts;
    bool is_expired; /* given up since the message got too old */
    bool is_final;   /* DSN_DELIVERED: it lies in the mailbox; else it was passed on */
};

struct dsn {
    enum dsn_kind kind;
    struct slice hostname;           /* of this server */
    struct slice unique;             /* letters and digits that no other notice has */
    int64_t now;                     /* unix ms */
    int zone;                        /* minutes east of UTC, for the dates */
    const struct envelope *envelope; /* of the message; its sender is not empty */
    const struct dsn_recipient *recipients;
    size_t count;         /* at least one */
    int64_t retry_until;  /* DSN_DELAYED: unix ms */
    struct slice content; /* the message from its first byte, as much of it as there is */
    bool is_whole;        /* that is all of it */
    size_t return_most;   /* bytes: larger messages are returned as headers only */
    const struct rule_tables *rules; /* of our operator's own; NULL: none */
    const struct words *words;       /* the language of the part for a person */
    bool has_html;                   /* that part is there as HTML, too */
};

/* How it has to be sent. */
struct dsn_form {
    enum body_type body;
    bool smtputf8;
};

/* The whole message, lines ended by CR LF, none longer than 998. False when memory ends or `out` is
 * full. */
MUST_CHECK bool dsn_write(struct buf *out, const struct dsn *d, const struct mem *mem,
                          struct dsn_form *form_r);

#endif
