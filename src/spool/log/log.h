/* The embedded engine: an append-only log in segments, one thread that writes, one sync for all
 * that waits (group commit). */
#ifndef CANDOR_SPOOL_LOG_LOG_H
#define CANDOR_SPOOL_LOG_LOG_H

#include "base/fault.h"
#include "spool/spool.h"

struct spool_log_options {
    struct slice path;     /* a folder; made if its parent exists */
    uint64_t segment_size; /* bytes */
    uint32_t pool;         /* emptied segments kept for use again */
    uint64_t reserve;      /* bytes of disk space below which begin says ERR_FULL */
    uint64_t memory;       /* bytes of young content kept in memory, in all */
    uint32_t pause_ms;     /* of compaction, after each MiB that it reads */
    spool_damage *damage;  /* NULL: nobody is told */
    void *damage_ctx;
    struct fault *fault; /* tests: fails writes, syncs and creations of files; NULL in service */
    bool skip_sync;      /* tests: the control that must lose messages */
};

struct spool_log_options spool_log_default_options(struct slice path);

/* ERR_OK, or why not, in words for the operator, in err_r->what. `mem` must outlive the spool. */
MUST_CHECK enum err_code spool_log_open(const struct spool_log_options *options,
                                        const struct mem *mem, struct spool **spool_r,
                                        struct err *err_r);

#endif
