/* A list of the queue's on disk, as a journal in the spool's folder. A line is written at once, so
 * that it outlives the process, and synced by a worker soon after, so that it outlives a power cut.
 */
#ifndef CANDOR_SERVER_JOURNAL_H
#define CANDOR_SERVER_JOURNAL_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/log.h"
#include "net/workers.h"

/* Which list, and how it reads and writes its lines. */
struct journal_kind {
    const char *file;   /* its name */
    const char *name;   /* of the list, in words */
    const char *failed; /* events of the log */
    const char *damaged;
    bool (*read)(void *list, struct slice line);
    /* All lines that still say something; how many. */
    size_t (*write)(const void *list, int64_t now, struct buf *out);
};

extern const struct journal_kind journal_suppressions, journal_suspensions, journal_sources;

struct journal {
    const struct journal_kind *kind;
    int fd; /* -1: not open */
    struct workers *workers;
    const struct log *log;
    struct task sync;
    atomic_bool is_syncing;
};

/* Fills `list` with what is there. False with `why` filled. `log` and `workers` are set. */
MUST_CHECK bool journal_open(struct journal *j, const struct journal_kind *kind, void *list,
                             struct slice folder, struct buf *why);
/* What the list calls for each of its lines; ctx: the journal. */
void journal_wrote(void *ctx, struct slice line);
/* When the workers are done. Also of one that was never opened. */
void journal_close(struct journal *j);

#endif
