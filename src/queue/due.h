/* Heaps of due times: a node lies in the thing that is due, so that moving and removing it needs no
 * search. Room is reserved when a node joins, so that setting a time never fails. */
#ifndef CANDOR_QUEUE_DUE_H
#define CANDOR_QUEUE_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/slice.h"

/* Zeroed: not set. */
struct due {
    int64_t at;
    size_t pos; /* in the heap, from 1; 0: not set */
};

struct due_entry {
    int64_t at; /* the node's, kept here too so that comparing touches no other memory */
    struct due *node;
};

struct due_heap {
    const struct mem *mem;
    struct due_entry *entries;
    size_t count;  /* nodes that are set */
    size_t joined; /* nodes that may be set */
    size_t size;
};

void due_init(struct due_heap *h, const struct mem *mem);
void due_free(struct due_heap *h);
/* Reserves room for `count` more nodes; false when memory ends. */
MUST_CHECK bool due_join(struct due_heap *h, size_t count);
/* Gives it up; the nodes must not be set. */
void due_leave(struct due_heap *h, size_t count);

/* Sets the node's time, or changes it. */
void due_set(struct due_heap *h, struct due *node, int64_t at);
/* Also fine for a node that is not set. */
void due_unset(struct due_heap *h, struct due *node);
/* The node with the earliest time, or NULL. */
struct due *due_first(const struct due_heap *h);
/* Its time; INT64_MAX if there is none. */
int64_t due_first_at(const struct due_heap *h);
/* Takes off and returns the earliest node if its time has come, else NULL. */
struct due *due_take(struct due_heap *h, int64_t now);

static inline bool due_is_set(const struct due *node)
{
    return node->pos != 0;
}

#endif
