/* Memory that dies together: what a transaction allocates goes in one call. An arena has a limit,
 * so that a peer can't make a transaction grow without bound. Not thread-safe: one owner. */
#ifndef CANDOR_BASE_ARENA_H
#define CANDOR_BASE_ARENA_H

#include "base/mem.h"
#include "base/slice.h"

struct arena_block;

struct arena {
    const struct mem *mem;
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out of the newest block */
    size_t total;               /* bytes of all blocks */
    size_t limit;               /* total never grows past it */
};

/* Costs nothing until the first take. `limit` in bytes. `mem` must outlive the arena. */
void arena_init(struct arena *a, const struct mem *mem, size_t limit);
/* `size` zeroed bytes, aligned for any type; NULL past the limit or when memory ends. */
void *arena_take(struct arena *a, size_t size);
/* The same for text that is written before it is read: not zeroed. */
char *arena_text(struct arena *a, size_t size);
/* `count` zeroed items; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy that lives as long as the arena; false when there is no room. A NUL follows the copy, so
 * that it can be handed to system calls if it holds none itself. */
MUST_CHECK bool arena_dup(struct arena *a, struct slice s, struct slice *copy_r);
/* Frees everything; the arena can be used again. */
void arena_reset(struct arena *a);
/* The same of an arena that held secrets: nothing of them stays in memory. */
void arena_wipe(struct arena *a);
/* The same for what comes again and again, one item after the other: one block of the usual size
 * stays for the next. */
void arena_rewind(struct arena *a);

#endif
