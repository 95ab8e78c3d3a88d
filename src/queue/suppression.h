/* The suppression list: addresses that failed for good, or that the operator named. Mail to them is
 * given up at once. In memory, and as lines of a journal that its owner keeps in a file:
 *
 *   + since until source cause address reason          (separated by tabs; times in unix ms)
 *   - address
 *   * since until source cause sender address reason   (for mail from that sender alone)
 *   / sender address
 *
 * The last line about an address counts. */
#ifndef CANDOR_QUEUE_SUPPRESSION_H
#define CANDOR_QUEUE_SUPPRESSION_H

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "reply/diagnosis.h"

enum suppression_source {
    SUPPRESSED_BY_OPERATOR,
    SUPPRESSED_BY_REPLY,
    SUPPRESSED_BY_BOUNCE,
    SUPPRESSED_BY_COMPLAINT,
    SUPPRESSION_SOURCES
};

/* Most bytes of a reason; longer ones are cut. */
enum { SUPPRESSION_REASON_MAX = 512 };

struct suppression {
    struct slice sender; /* whose mail is meant: whole address or `@domain`, any case; empty: any */
    struct slice address; /* any case */
    int64_t since;        /* unix ms */
    int64_t until;        /* unix ms; INT64_MAX: until it is removed */
    enum suppression_source source;
    enum cause cause;    /* CAUSE_UNKNOWN when the operator did it */
    struct slice reason; /* the server's or the operator's words, on one line; may be empty */
};

struct suppressions {
    const struct mem *mem;
    struct name_map map;
    struct list all; /* oldest first */
    /* Told of each line for the journal, with its end; may be NULL. */
    void (*wrote)(void *ctx, struct slice line);
    void *ctx;
};

void suppressions_init(struct suppressions *l, const struct mem *mem, struct hash_key key);
void suppressions_free(struct suppressions *l);

/* For mail from `sender`. NULL: it is not listed, or was until a time that is over. Valid until the
 * list changes. */
const struct suppression *suppressions_find(const struct suppressions *l, struct slice sender,
                                            struct slice address, int64_t now);
/* Copies it, in place of what was there. False when memory ends, or the address could not stand in
 * a line. */
MUST_CHECK bool suppressions_put(struct suppressions *l, const struct suppression *s);
/* The one for mail from that sender, or (empty) from any. False: it was not there. */
bool suppressions_remove(struct suppressions *l, struct slice sender, struct slice address);
/* The next that is not over; NULL first, NULL at the end. */
const struct suppression *suppressions_next(const struct suppressions *l,
                                            const struct suppression *s, int64_t now);

/* Takes a line of the journal, without its end, and tells nobody. False: that is no such line, or
 * memory ended. */
MUST_CHECK bool suppressions_read_line(struct suppressions *l, struct slice line);
/* The line, with its end. */
void suppression_write_line(struct buf *out, const struct suppression *s);

/* Static text: "operator", "reply", "bounce", "complaint". */
const char *suppression_source_name(enum suppression_source s);
MUST_CHECK bool suppression_source_parse(struct slice name, enum suppression_source *source_r);
/* Who it was that put it there, in words that may follow "by". */
struct slice suppression_source_words(enum suppression_source s);

#endif
