/* From EFFECT_NOTICE to the message that goes into the spool. */
#ifndef CANDOR_QUEUE_NOTICE_H
#define CANDOR_QUEUE_NOTICE_H

#include "mail/dsn_write.h"
#include "queue/queue.h"
#include "reply/words.h"

struct notice_options {
    struct slice hostname;
    struct slice unique;  /* letters and digits that no other notice has */
    int zone;             /* minutes east of UTC */
    struct slice content; /* of the message, from its first byte, as much as could be read */
    bool is_whole;        /* that is all of it */
    const struct rule_tables *rules; /* as queue_options.rules */
    const struct words *words;       /* the languages that there are, as many as words_all */
    const struct words *preset;      /* the one of them that is taken otherwise */
    bool follows;                    /* first that is taken which the message names */
    bool has_html;                   /* as HTML, too */
    size_t return_most;              /* bytes: larger messages are returned as headers only */
};

/* An envelope with room for its one recipient. */
struct notice_envelope {
    struct envelope envelope;
    struct recipient recipient;
};

/* Writes the notice and fills in its envelope: the null sender, to the sender of the message; its
 * slices are those of the effect. envelope.size is left at 0. False when memory ends or `out` is
 * full. */
MUST_CHECK bool notice_write(struct buf *out, const struct effect *e,
                             const struct notice_options *options, const struct mem *mem,
                             int64_t now, struct notice_envelope *envelope_r);

#endif
