/* Threads that explain what one thread reads of one large source. Reading takes a small part of the
 * time, so all processors get work; batches are numbered, so the output keeps its order. */
#ifndef CANDOR_CLI_EXPLAIN_CREW_H
#define CANDOR_CLI_EXPLAIN_CREW_H

#include <pthread.h>

#include "guide/task.h"

enum { CREW_MAX = 64 };

/* Some of what was read, copied. */
struct explain_batch {
    struct explain_batch *next;
    size_t number;
    struct guide_tasks tasks;
};

struct explain_crew {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t threads[CREW_MAX];
    size_t count;                        /* 0: it has not begun, or has ended */
    size_t number;                       /* of the next batch */
    struct explain_batch *filling;       /* the reader's; NULL: it has none at the moment */
    struct explain_batch *spare;         /* empty ones */
    struct explain_batch *first, **last; /* to be explained */
    bool is_over;                        /* nothing more will be read */
};

/* ---- for the thread that reads ---- */

/* Starts `count` threads that run `work`; the first batch has the number `first`. False when there
 * is no thread or no memory to be had: nothing has begun then. */
MUST_CHECK bool explain_crew_begin(struct explain_crew *c, size_t count, size_t first,
                                   void *(*work)(void *ctx), void *ctx);
/* Takes a copy; waits where the crew is far behind. False without memory. */
MUST_CHECK bool explain_crew_add(struct explain_crew *c, const struct guide_task *task);
/* Has explained what was added so far, although there is room for more. */
void explain_crew_pass(struct explain_crew *c);
/* Waits until all is explained. */
void explain_crew_end(struct explain_crew *c);

/* ---- for the crew ---- */

/* Waits for a batch; NULL: there will be none. */
struct explain_batch *explain_crew_next(struct explain_crew *c);
void explain_crew_done(struct explain_crew *c, struct explain_batch *b);

#endif
