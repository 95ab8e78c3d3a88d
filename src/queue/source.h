/* The addresses that mail leaves from, in pools, and what their warm-up allows in a day. What each
 * sent today outlives a restart as lines of a journal that the owner keeps in a file:
 *
 *   day sent name     (separated by tabs; the day since 1970, in UTC)
 *
 * The last line about a source counts. */
#ifndef CANDOR_QUEUE_SOURCE_H
#define CANDOR_QUEUE_SOURCE_H

#include "base/buf.h"

/* Receivers distrust a new address that begins with thousands: a day's number grows from `first` by
 * `growth` percent, until it reaches `last`; then it ends. */
struct warm_up {
    int64_t begins; /* day since 1970; 0: it needs none */
    uint64_t first, growth, last;
};

struct source {
    struct slice name; /* borrowed */
    uint64_t weight;
    struct warm_up warm_up;
    int64_t day; /* of `sent` */
    uint64_t sent;
    uint64_t noted; /* of that in the journal */
    bool is_gone;   /* a reload took it away: only its number is left */
};

/* Sources and pools are numbered from 1 where they are named in a route; 0 is none. */
struct source_pool {
    struct slice name; /* borrowed */
    const uint8_t *members;
    size_t count;
    bool is_gone; /* as of a source */
};

struct sources {
    struct source *list;
    size_t count;
    const struct source_pool *pools;
    size_t pool_count;
    /* Told of each line for the journal, with its end; may be NULL. */
    void (*wrote)(void *ctx, struct slice line);
    void *ctx;
};

/* Messages on the day of `now`, unix ms; UINT64_MAX: any number. */
uint64_t source_limit(const struct source *s, int64_t now);
/* What it sent on that day. */
uint64_t source_sent(const struct source *s, int64_t now);
/* Where its warm-up stands on that day. */
enum warm_up_stage { WARM_UP_NONE, WARM_UP_BEFORE, WARM_UP_UNDER_WAY, WARM_UP_OVER };
enum warm_up_stage source_stage(const struct source *s, int64_t now);
/* The how manieth day of it that is, from 1; only while it is under way. */
int64_t source_warm_up_day(const struct source *s, int64_t now);
/* Whether a pool, from 1, has it. */
bool source_is_in(const struct sources *all, uint8_t pool, uint8_t source);
bool source_may_send(const struct sources *all, uint8_t source, int64_t now);
/* One of the pool that may send now, by weight; the same for the same seed, and over consecutive
 * seeds each its share. When none may: the one that it would be. */
uint8_t source_pick(const struct sources *all, uint8_t pool, uint64_t seed, int64_t now);
/* A message leaves from it; `source_uncount`: it did not after all. */
void source_count(struct sources *all, uint8_t source, int64_t now);
void source_uncount(struct sources *all, uint8_t source, int64_t now);
/* When the next day begins, unix ms. */
int64_t source_next_day(int64_t now);

/* Takes a line of the journal, without its end. False: that is no such line. One about a source
 * that is gone is fine. */
MUST_CHECK bool sources_read_line(struct sources *all, struct slice line);
/* The line, with its end. */
void source_write_line(struct buf *out, const struct source *s);

#endif
