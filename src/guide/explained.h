/* One explained item: what was read, why it failed, and what to do. */
#ifndef CANDOR_GUIDE_EXPLAINED_H
#define CANDOR_GUIDE_EXPLAINED_H

#include "base/json.h"
#include "logs/log.h"
#include "mail/bounce.h"
#include "reply/catalogue.h"

#define EXPLAINED_NO_TIME INT64_MIN

struct explained {
    struct slice source; /* `argument`, `-`, a file's name, an mbox's with the mail's number */
    size_t line;         /* in the source, from 1; 0: it has no lines */
    int64_t time;        /* unix ms; EXPLAINED_NO_TIME */
    struct diagnosis_input in;
    struct diagnosis diagnosis;
    struct explanation explanation;
    const struct bounce *bounce;              /* the mail it stands in; NULL: a reply by itself */
    const struct bounce_recipient *recipient; /* of the bounce; NULL: it is no report */
    const struct log_event *event;            /* of a log or a transcript; NULL: it is of neither */
};

/* `failure`, `delay`, `success`, `none`: what a report says of itself counts more than its codes.
 */
const char *explained_kind(const struct explained *x);
/* `reply`, `bounce`, `log`, `transcript`: what was read. */
const char *explained_input(const struct explained *x);
/* Empty where nobody is named. */
struct slice explained_recipient(const struct explained *x);
/* Empty where they are not known. */
struct slice explained_sender(const struct explained *x);
struct slice explained_subject(const struct explained *x);
struct slice explained_message_id(const struct explained *x);
struct slice explained_queue_id(const struct explained *x);
/* Software that wrote the report or the log. */
struct slice explained_reporter(const struct explained *x);
/* `outgoing`, `incoming` of logs; else empty. */
struct slice explained_direction(const struct explained *x);
/* RFC 3339; nothing when it is not known. */
void explained_write_time(struct buf *out, const struct explained *x);

/* Whether a code alone was asked for: what the catalogue says of it is the answer then. */
bool explained_is_code(const struct explained *x);
/* The RFC that defines a code, "RFC 5321", or who else names it. `e` is of the catalogue. */
void explained_write_origin(struct buf *out, const struct catalogue_entry *e);
/* Of the code that stands alone; NULL: it is in no table. */
const struct catalogue_entry *explained_code(const struct explained *x);

/* Adds its members to the object that is open. */
void explained_put_json(struct json *j, const struct explained *x);

#endif
