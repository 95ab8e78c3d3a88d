/* Compact byte forms for records that we write and read back: numbers as LEB128 varints, text with
 * its length before it. Reading trusts nothing, and its error sticks: read ten fields, check once.
 */
#ifndef CANDOR_BASE_WIRE_H
#define CANDOR_BASE_WIRE_H

#include "base/buf.h"

void wire_add_u64(struct buf *out, uint64_t value);
void wire_add_slice(struct buf *out, struct slice s);

struct wire {
    struct slice rest; /* what has not been read yet */
    bool bad;          /* something did not fit; everything after it reads as 0 and empty */
};

/* A number of at most `most`. */
uint64_t wire_u64(struct wire *w, uint64_t most);
/* A view of the input, of at most `most` bytes. */
struct slice wire_slice(struct wire *w, size_t most);
/* Nothing bad, and nothing left. */
bool wire_is_done(const struct wire *w);

#endif
