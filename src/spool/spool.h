/* The spool: the durable store of accepted messages. This header is the contract, the engines are
 * log/ (segment log, for service), ram/ (tests) and failing/ (fails where a test says).
 *
 * A message is put in by a writer: content streams in, commit makes it durable together with
 * whatever else waits (group commit). What happens to its recipients is recorded as opaque state
 * records, the last of which is given back at start; `done` ends the message's life.
 *
 * Threads: writers and submissions may be used from any thread (a single writer by one at a time);
 * completions are called on the engine's own thread and must be quick: they pass a word to a loop.
 */
#ifndef CANDOR_SPOOL_SPOOL_H
#define CANDOR_SPOOL_SPOOL_H

#include "base/err.h"
#include "base/mem.h"
#include "base/slice.h"

/* Never 0, never used twice in the life of a spool. Shown to people by spool_id_write. */
typedef uint64_t spool_id;

struct spool;
struct spool_writer;
struct spool_content; /* counted reference to the content of one message, in memory or on disk */

/* A change to be made durable; the caller's memory, untouchable until `done`. */
struct spool_change {
    spool_id id;
    struct slice state; /* the message's new state, replacing the one before */
    bool is_end;        /* the message is finished: forget it, `state` is not looked at */
    void (*done)(struct spool_change *change, enum err_code result);
    struct spool_change *next; /* the engine's, while in flight */
};

/* What commit reports: `content` is the caller's reference (drop it), NULL unless result is ERR_OK.
 */
typedef void spool_committed(void *ctx, enum err_code result, spool_id id,
                             struct spool_content *content);

/* One live message found at start. All slices are valid during the call only. */
typedef void spool_visit(void *ctx, spool_id id, struct slice envelope, struct slice state);

/* Damage found while reading: the place and what it may cost, for the operator. */
struct spool_damaged {
    const char *file;
    uint64_t offset;
    uint64_t length; /* bytes that cannot be read; 0: a record's */
    const char *what;
    spool_id lost_after, lost_before; /* what may be lost has its id between these; 0: not known */
};
typedef void spool_damage(void *ctx, const struct spool_damaged *damage);

struct spool_ops {
    /* ERR_FULL: answer 452 4.3.1. ERR_IO: the store has failed, 451 4.3.0. `expected` bytes, 0 if
     * unknown. */
    enum err_code (*begin)(struct spool *s, uint64_t expected, struct spool_writer **writer_r);
    /* Copies. After an error every further write fails and commit reports the same. */
    enum err_code (*write)(struct spool_writer *w, struct slice bytes);
    /* Ends the writer. The message is durable when `done` says ERR_OK. The bytes of `envelope` are
     * copied. */
    void (*commit)(struct spool_writer *w, struct slice envelope, spool_committed *done, void *ctx);
    /* Ends the writer; nothing of it stays. */
    void (*abort)(struct spool_writer *w);

    void (*submit)(struct spool *s, struct spool_change *change);

    /* Each live message once, oldest first. Before any other use, from one thread. */
    enum err_code (*each)(struct spool *s, spool_visit *visit, void *ctx);
    /* A message's content again (after a restart, or when memory was let go); drop it when done. */
    enum err_code (*open)(struct spool *s, spool_id id, struct spool_content **content_r);
    /* The bytes at `offset`, as many as lie together, at least one; ERR_NOT_FOUND at the end. Valid
     * until the next call with the same content or the drop. Reads from disk if need be. */
    enum err_code (*read)(struct spool_content *c, uint64_t offset, struct slice *bytes_r);
    uint64_t (*size)(const struct spool_content *c);
    /* The whole content lies in memory: several threads may read it at once. Otherwise each reader
     * needs a content of its own, from open. */
    bool (*is_in_memory)(const struct spool_content *c);
    void (*hold)(struct spool_content *c);
    void (*drop)(struct spool_content *c);

    /* Waits until everything submitted so far is settled, then closes and frees. */
    void (*close)(struct spool *s);
};

struct spool {
    const struct spool_ops *ops;
};

enum { SPOOL_ID_TEXT = 13 };
/* Crockford's base 32, fixed width: sorts as the ids do, no letter is mistaken for a digit. */
void spool_id_write(spool_id id, char out[SPOOL_ID_TEXT + 1]);
MUST_CHECK bool spool_id_parse(struct slice text, spool_id *id_r);

static inline enum err_code spool_begin(struct spool *s, uint64_t expected,
                                        struct spool_writer **writer_r)
{
    return s->ops->begin(s, expected, writer_r);
}

#endif
