/* What a mail says about the delivery of another one: the recipients that it names, and what is
 * said about each. Reads delivery status notifications (RFC 3464), also inside a message that
 * forwards one. Nothing is guessed: what the mail does not say is empty. */
#ifndef CANDOR_MAIL_BOUNCE_H
#define CANDOR_MAIL_BOUNCE_H

#include "base/arena.h"
#include "reply/diagnosis.h"

/* Recipients read of one mail; more are passed over. */
enum { BOUNCE_RECIPIENTS_MAX = 1000 };

enum bounce_kind {
    BOUNCE_NONE,
    BOUNCE_FAILURE,
    BOUNCE_DELAY,
    BOUNCE_SUCCESS,
    BOUNCE_AUTO_REPLY, /* vacation and the like: a program answered, the message arrived */
    BOUNCE_COMPLAINT,  /* a feedback report (RFC 5965) */
    BOUNCE_CHALLENGE   /* the sender is to prove that it is a person */
};

struct bounce_recipient {
    struct slice recipient; /* the address as it stands; may be empty */
    enum bounce_kind kind;
    struct diagnosis_input in;
};

struct bounce {
    /* of the message that comes back, as far as it came back */
    struct slice sender;     /* address in From */
    struct slice subject;    /* in one line, as it stands */
    struct slice message_id; /* with its angle brackets */
    struct slice reporter;   /* software that wrote the report; static text, or empty */
    enum bounce_kind kind;   /* of the mail; its recipients' may differ. NONE: it is no report */
    struct bounce_recipient *recipients;
    size_t count; /* may be 0 in a report too: it names nobody */
};

/* `mail` may have any line ends and be cut off anywhere; *bounce_r has views of it and of `arena`.
 * False when the arena has no room, which a few times the size of the mail is. */
MUST_CHECK bool bounce_read(struct slice mail, struct arena *arena, struct bounce *bounce_r);

/* `failure`, `delay`, `success`, `auto-reply`, `complaint`, `challenge`, `none`. */
const char *bounce_kind_name(enum bounce_kind kind);

/* Whether the text begins as mails do: with fields of a header, two of them known ones. */
bool bounce_begins_mail(struct slice text);

#endif
