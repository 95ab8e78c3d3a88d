/* Where every live message is. Each place keeps a use of its segment. All of it under log->lock,
 * but for the time before the committer runs. */
#ifndef CANDOR_SPOOL_LOG_INDEX_H
#define CANDOR_SPOOL_LOG_INDEX_H

#include "base/map.h"
#include "spool/log/segment.h"
#include "spool/spool.h"

struct place {
    struct segment *segment; /* NULL: none */
    uint32_t offset;
    uint32_t length; /* of the record's body */
};

/* Moves a use from one place to another; either may have no segment. */
void place_set(struct place *at, struct place to);

static inline bool place_is(const struct place *a, const struct place *b)
{
    return a->segment == b->segment && a->offset == b->offset;
}

struct chunk {
    struct place place;
    uint32_t crc;
};

/* The chunks of a large message, shared by the index and the contents. */
struct chunks {
    unsigned long references;
    uint32_t count;
    uint32_t size; /* items there is room for */
    struct chunk items[];
};

/* One more chunk at the end (which takes a use of its segment); may move the list, which must have
 * one reference; NULL when memory ends, and then the old list stays as it was. */
struct chunks *chunks_add(const struct mem *mem, struct chunks *list, struct chunk item);
void chunks_drop(const struct mem *mem, struct chunks *list);

struct message {
    spool_id id;
    struct place record;
    struct place state;
    struct chunks *chunks; /* NULL: all content stands in the record */
};

struct index {
    const struct mem *mem;
    struct id_map messages;
};

void index_init(struct index *index, const struct mem *mem);
void index_free(struct index *index);
struct message *index_find(const struct index *index, spool_id id);
/* NULL when memory ends. */
struct message *index_add(struct index *index, spool_id id);
void index_remove(struct index *index, spool_id id);

#endif
