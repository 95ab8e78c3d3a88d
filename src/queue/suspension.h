/* What the operator stopped: mail for a site, from a sender, of a campaign, or what all that is
 * given fits. It stays in the queue untried until it is resumed. In memory, and as lines of a
 * journal that its owner keeps in a file:
 *
 *   + since site sender campaign reason     (separated by tabs; the time in unix ms)
 *   - site sender campaign */
#ifndef CANDOR_QUEUE_SUSPENSION_H
#define CANDOR_QUEUE_SUSPENSION_H

#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"

/* Empty fields choose everything; one at least is set. */
struct suspension {
    struct slice site;     /* a destination, or the name of a site; any case */
    struct slice sender;   /* whole address or `@domain`, any case; `<>`: the null sender */
    struct slice campaign; /* any case */
    struct slice reason;   /* the operator's words, on one line; may be empty */
    int64_t since;         /* unix ms */
};

/* Most bytes of a field; a longer reason is cut. */
enum { SUSPENSION_FIELD_MAX = 1024 };

struct suspensions {
    const struct mem *mem;
    struct list all; /* oldest first */
    /* Told of each line for the journal, with its end; may be NULL. */
    void (*wrote)(void *ctx, struct slice line);
    void *ctx;
};

/* What a suspension may be about. */
struct suspension_subject {
    struct slice destination;
    struct slice site;  /* its name, with the source of ours; empty while it is not known */
    struct slice hosts; /* the name without that */
    struct slice sender;
    struct slice campaign;
};

void suspensions_init(struct suspensions *l, const struct mem *mem);
void suspensions_free(struct suspensions *l);

/* The oldest that stops it, or NULL. Valid until the list changes. */
const struct suspension *suspensions_find(const struct suspensions *l,
                                          const struct suspension_subject *about);
/* Copies it, in place of one with the same choice. False when memory ends, when nothing is chosen,
 * or when a field could not stand in a line. */
MUST_CHECK bool suspensions_put(struct suspensions *l, const struct suspension *s);
/* Ends all that have the fields which are given in `like`; how many. With `dry_run` only counts. */
size_t suspensions_end(struct suspensions *l, const struct suspension *like, bool dry_run);
/* NULL first, NULL at the end. */
const struct suspension *suspensions_next(const struct suspensions *l, const struct suspension *s);

/* Takes a line of the journal, without its end, and tells nobody. False: that is no such line, or
 * memory ended. */
MUST_CHECK bool suspensions_read_line(struct suspensions *l, struct slice line);
/* The line, with its end. */
void suspension_write_line(struct buf *out, const struct suspension *s);
/* `Suspended by the operator since 2026-11-27T20:15:00Z (site mx.x.example): why`. */
void suspension_write_words(struct buf *out, const struct suspension *s);

#endif
