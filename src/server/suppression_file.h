/* The suppression list on disk: the journal `suppressed` in the spool's folder. A line is written
 * at once and synced by a worker soon after: what a crash loses of the last moment is refused, and
 * so learned, again. */
#ifndef CANDOR_SERVER_SUPPRESSION_FILE_H
#define CANDOR_SERVER_SUPPRESSION_FILE_H

#include <stdatomic.h>

#include "base/log.h"
#include "net/workers.h"
#include "queue/suppression.h"

struct suppression_file {
    struct suppressions list;
    int fd; /* -1: not open */
    struct workers *workers;
    const struct log *log;
    struct task sync;
    atomic_bool is_syncing;
};

/* Reads what is there, without what is over. False with `why` filled. */
MUST_CHECK bool suppression_file_open(struct suppression_file *f, struct slice folder,
                                      struct workers *workers, struct hash_key key,
                                      const struct log *log, struct buf *why);
/* When the workers are done. Also of one that was never opened. */
void suppression_file_close(struct suppression_file *f);

#endif
