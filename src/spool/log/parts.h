/* What the files of the engine share. The thread rules:
 * - queue_lock: the lists of what waits, `is_closing`, writers' counts of chunks under way;
 * - lock: the index, the uses of segments, references, memory in use;
 * - everything else belongs to the committer while it runs. No lock is held during I/O or a call to
 *   the outside, and the two are never held together. */
#ifndef CANDOR_SPOOL_LOG_PARTS_H
#define CANDOR_SPOOL_LOG_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "spool/log/hint.h"
#include "spool/log/index.h"
#include "spool/log/log.h"

struct spool_content {
    struct log *log;
    spool_id id;
    unsigned references; /* under log->lock */
    uint64_t size;
    struct place record;
    struct chunks *chunks; /* NULL: none */
    struct buf young;      /* the record, if it is kept in memory; else never filled */
    uint64_t counted;      /* bytes of `young` in log->memory_used */
    struct buf piece;      /* what was read last */
    uint32_t piece_number; /* the chunk it is; chunk count: the message record */
};

enum request_kind { REQUEST_MESSAGE, REQUEST_CHUNK, REQUEST_ABORT };

struct request {
    enum request_kind kind;
    struct spool_writer *writer;
    struct buf record; /* header, prefix, content, …: as it will stand in the file */
    struct request *next;
};

struct spool_writer {
    struct log *log;
    struct request request;        /* what fills now, and in the end the message */
    struct spool_content *content; /* of commit */
    spool_id id;                   /* given by the committer */
    uint32_t body_crc;             /* of a message without chunks */
    uint64_t size;                 /* bytes of content so far */
    uint32_t chunk_count;          /* handed to the committer */
    unsigned under_way;            /* of them, not yet written; under queue_lock */
    _Atomic enum err_code result;  /* the first error */
    struct chunks *chunks;         /* the committer's */
    spool_committed *done;
    void *ctx;
};

enum {
    BATCH_ITEMS = 1024,
    BATCH_BYTES = 16 << 20,
    POOL_MOST = 64,
    CHUNKS_UNDER_WAY = 2, /* a writer waits for the disk beyond it */
};

/* One record on its way: a request, a change, or (neither) a record that moves. */
struct item {
    struct request *request;
    struct spool_change *change;
    enum record_type type;
    spool_id id;
    struct slice body; /* until the batch is settled */
    struct place from; /* of a record that moves */
    struct place place;
    uint32_t crc;
};

struct batch {
    struct item items[BATCH_ITEMS];
    char headers[BATCH_ITEMS][RECORD_HEADER];
    struct iovec iov[3 * BATCH_ITEMS];
    int count;
    int iov_count;
    uint64_t bytes;
    bool needs_sync;
};

/* A mostly dead segment being emptied: what lives in it is written again at the log's end. */
struct compaction {
    struct segment *segment; /* NULL: none */
    uint64_t at;             /* where to go on reading */
    uint64_t due;            /* monotonic ms of the next step */
    struct buf window;       /* what was read; records are written out of it */
    struct buf states;       /* of messages that move, read from elsewhere */
};

/* A hint on its way to its file. */
struct hint_writing {
    uint64_t number; /* of its segment; 0: none is on its way */
    int fd;
    size_t done; /* bytes of the file */
    char head[HINT_HEAD];
    struct hint hint;
};

enum { HINT_MOST = 1 << 30 }; /* bytes of either part */

struct log {
    struct spool base;
    const struct mem *mem;
    uint64_t segment_size;
    uint64_t reserve;
    uint64_t memory;
    uint32_t pause_ms;
    spool_damage *damage;
    void *damage_ctx;
    spool_progress *progress;
    void *progress_ctx;
    bool read_all;
    bool is_stale; /* only looking: a file went while we read */
    struct segment_folder folder;
    int lock_file;

    pthread_t committer;
    pthread_mutex_t queue_lock;
    pthread_cond_t work;    /* for the committer */
    pthread_cond_t settled; /* for writers whose chunks are under way */
    struct request *requests, **requests_tail;
    struct spool_change *changes, **changes_tail;
    bool is_closing;
    uint64_t space_checked_at; /* monotonic ms, 0 never */
    uint64_t space_begun;      /* bytes expected since */
    bool is_full;
    atomic_bool has_failed;  /* no segment can be written */
    atomic_bool may_be_dead; /* a use ended: look for dead segments */

    pthread_mutex_t lock;
    struct index index;
    uint64_t memory_used;

    struct segment *segments; /* oldest first */
    uint64_t pool[POOL_MOST]; /* numbers of old files to be written over */
    uint32_t pool_count;
    uint32_t pool_size;      /* as many are kept */
    struct segment *current; /* the newest, written to; NULL: none yet */
    uint64_t salt;
    uint64_t last_number;
    spool_id last_id;
    spool_id newest_id; /* of a record that was read while opening */
    struct compaction compaction;
    struct hint building; /* of the segment with this number, 0 none */
    uint64_t building_number;
    struct hint_writing writing;
    struct batch batch;
};

/* content.c: takes no reference but the caller's; NULL when memory ends. */
struct spool_content *content_new(struct log *log);
enum err_code content_read(struct spool_content *c, uint64_t offset, struct slice *bytes_r);
void content_hold(struct spool_content *c);
void content_drop(struct spool_content *c);
/* Keeps the record in memory if there is room for it, or lets it go. Under log->lock. */
void content_keep(struct spool_content *c, struct buf *record);
/* Reads a whole record and checks it; damage is reported. The body is a view of *into. */
enum err_code place_read(struct log *log, struct place place, struct buf *into,
                         struct record *record_r);

/* commit.c: the committer thread. */
void *commit_run(void *log);
void commit_request(struct log *log, struct request *request);
void commit_change(struct log *log, struct spool_change *change);

/* writer.c */
enum err_code writer_begin(struct spool *s, uint64_t expected, struct spool_writer **writer_r);
enum err_code writer_write(struct spool_writer *w, struct slice bytes);
void writer_commit(struct spool_writer *w, struct slice envelope, spool_committed *done, void *ctx);
void writer_abort(struct spool_writer *w);
/* Ends a writer's life, with all it still has. */
void writer_free(struct spool_writer *w);

/* segments.c: the list of segments. */
struct segment *segments_find(const struct log *log, uint64_t number);
/* A new current segment; the one before is synced and sealed. */
enum err_code segments_next(struct log *log);
/* Removes those that nobody needs any more. */
void segments_sweep(struct log *log);
void segments_free(struct log *log);

/* A message record with this id stands in the segment. */
void segments_widen(struct segment *s, spool_id id);

/* hints.c. While the committer runs, all but hints_load are its own. */
/* From here on what is found or written is of this segment. */
void hints_begin(struct log *log, uint64_t number);
/* The segment will not be written to again, and is durable: its hint, if it is the one that was
 * built, gets a file. */
void hints_seal(struct log *log, const struct segment *s);
bool hints_are_pending(const struct log *log);
void hints_step(struct log *log);
void hints_finish(struct log *log);
/* The segment goes: so does what is being written beside it. */
void hints_cancel(struct log *log, const struct segment *s);
void hints_free(struct log *log);
/* Reads the file; false when there is none that may be believed. */
MUST_CHECK bool hints_load(const struct log *log, const struct segment *s, struct hint *into,
                           struct hint_head *head_r);

/* list.c */
enum err_code list_each(struct spool *s, spool_visit *visit, void *ctx);

/* compact.c: a step reads and writes little, and there is a pause after each. */
void compact_choose(struct log *log);
void compact_step(struct log *log);
bool compact_is_due(const struct log *log);
void compact_free(struct log *log);

/* writer.c */
uint64_t log_now_ms(void);

/* recover.c: fills the index from the files. */
MUST_CHECK bool recover(struct log *log, struct err *err_r);

/* Says where damage is, if somebody wants to know; d->file is filled in. */
void log_damage(const struct log *log, uint64_t segment, struct spool_damaged *d);
/* The same of one record. */
void log_damaged_record(const struct log *log, struct place place, const char *what);
/* Only looking: the segment's file was taken away. */
bool log_has_lost(struct log *log, const struct segment *s);

#endif
