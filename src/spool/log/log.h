/* The embedded engine: an append-only log in segments, one thread that writes, one sync for all
 * that waits (group commit). */
#ifndef CANDOR_SPOOL_LOG_LOG_H
#define CANDOR_SPOOL_LOG_LOG_H

#include "base/fault.h"
#include "spool/spool.h"

/* Bytes that were gone through, and in all. */
typedef void spool_progress(void *ctx, uint64_t done, uint64_t all);

struct spool_log_options {
    struct slice path;     /* a folder; made if its parent exists */
    uint64_t segment_size; /* bytes */
    uint32_t pool;         /* emptied segments kept for use again */
    uint64_t reserve;      /* bytes of disk space below which begin says ERR_FULL */
    uint64_t memory;       /* bytes of young content kept in memory, in all */
    uint32_t pause_ms;     /* of compaction, after each MiB that it reads */
    spool_damage *damage;  /* NULL: nobody is told */
    void *damage_ctx;
    bool only_look;           /* see below */
    bool read_all;            /* hints are not believed: all damage shows when it opens */
    spool_progress *progress; /* while it opens; NULL: nobody is told */
    void *progress_ctx;
    struct fault *fault; /* tests: fails writes, syncs and creations of files; NULL in service */
    bool skip_sync;      /* tests: the control that must lose messages */
};

struct spool_log_options spool_log_default_options(struct slice path);

/* ERR_OK, or why not, in words for the operator, in err_r->what. `mem` must outlive the spool. */
MUST_CHECK enum err_code spool_log_open(const struct spool_log_options *options,
                                        const struct mem *mem, struct spool **spool_r,
                                        struct err *err_r);

/* With `only_look` the spool is seen as it was at a moment: nothing in its folder is changed, and
 * it may be in use by a server. begin and submit say ERR_STATE; what the server has taken away
 * since is ERR_NOT_FOUND. The following are for such a spool. */

struct spool_log_figures {
    uint64_t segments;
    uint64_t bytes; /* of segments, as far as they are written */
    uint64_t messages;
    uint64_t live_bytes; /* of messages and their states */
};

struct spool_log_figures spool_log_figures(const struct spool *s);

struct spool_log_record {
    const char *file;
    uint64_t offset;
    const char *type;
    spool_id id;
    uint64_t length;       /* of the body */
    uint64_t size;         /* message: of the whole content */
    struct slice envelope; /* message */
    struct slice state;    /* state */
};

/* Each whole record, in the order of the files, and between them what is `damaged`. ERR_NOT_FOUND:
 * the server has taken a file away meanwhile. */
enum err_code spool_log_records(struct spool *s,
                                void (*visit)(void *ctx, const struct spool_log_record *r),
                                void *ctx);
/* Reads again what messages have outside of their record; `broken` hears of those that cannot be
 * read whole. */
enum err_code spool_log_check_parts(struct spool *s, void (*broken)(void *ctx, spool_id id),
                                    void *ctx);

#endif
