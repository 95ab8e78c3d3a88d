/* Goes through a segment's records, reading it a window at a time. */
#ifndef CANDOR_SPOOL_LOG_WALK_H
#define CANDOR_SPOOL_LOG_WALK_H

#include "base/buf.h"
#include "spool/log/segment.h"

struct walk {
    const struct segment *segment;
    uint64_t end; /* bytes to go through */
    uint64_t at;  /* up to here all is gone through */
    struct buf window;
    uint64_t window_at;
    struct record_scan scan;
    bool failed; /* out of memory: this is not the end */
};

/* Its memory is used again by every walk_begin. */
void walk_init(struct walk *w, const struct mem *mem);
void walk_free(struct walk *w);
void walk_begin(struct walk *w, const struct segment *s, uint64_t end);
/* As record_next does, over the whole segment; the record is valid until the next call. Pages that
 * the disk cannot read are damage. */
enum record_found walk_next(struct walk *w, struct record *record_r, uint64_t *offset_r);

#endif
