/* Reads the part of a delivery status notification that is for programs, message/delivery-status
 * (RFC 3464 2). Values are trimmed views of the text; folded ones are put in one line in the arena.
 * A field that is not there is empty. Of fields that stand twice the first counts. */
#ifndef CANDOR_MAIL_DSN_READ_H
#define CANDOR_MAIL_DSN_READ_H

#include "base/arena.h"
#include "reply/reply.h"

enum dsn_action {
    DSN_ACTION_NONE, /* not there, or none of those that the RFC has */
    DSN_ACTION_FAILED,
    DSN_ACTION_DELAYED,
    DSN_ACTION_DELIVERED,
    DSN_ACTION_RELAYED,
    DSN_ACTION_EXPANDED
};

/* RFC 3464 2.2: about the message. */
struct dsn_message_fields {
    struct slice original_envelope_id;
    struct slice reporting_mta;
    struct slice arrival_date;
};

/* RFC 3464 2.3: about one recipient; `type; value` where the field has that form. */
struct dsn_recipient_fields {
    struct slice original_recipient;
    struct slice final_recipient;
    struct slice actual_recipient; /* X-Actual-Recipient, of Sendmail */
    struct slice action;
    struct slice status;
    struct slice remote_mta;
    struct slice diagnostic_code;
    struct slice last_attempt_date;
};

struct dsn_reader {
    struct slice rest; /* lines ended by LF or CR LF */
    bool is_cut;       /* the text may end before its end */
    struct arena *arena;
    struct dsn_message_fields message; /* as far as it was read */
    bool is_short;                     /* the arena had no room for a folded value, now empty */
};

/* `is_cut`: the text may end anywhere, so an address at its very end is not taken. */
void dsn_read_begin(struct dsn_reader *r, struct slice text, bool is_cut, struct arena *arena);
/* The next recipient's fields; false when no more are there. Groups are parted by empty lines, or
 * by a second recipient where the empty line was forgotten. */
bool dsn_read_next(struct dsn_reader *r, struct dsn_recipient_fields *fields_r);

/* The value of `type; value` without its type, or all of a value that has none. */
struct slice dsn_value(struct slice field);
/* The mailbox in Final-Recipient or Original-Recipient, without angle brackets. Without a type it
 * has to look like an address to be one. */
struct slice dsn_address(struct slice field);
enum dsn_action dsn_action_of(struct slice field);
/* The code in front of a comment, as in `5.0.0 (permanent failure)`. */
MUST_CHECK bool dsn_status_of(struct slice field, struct enhanced *status_r);

#endif
