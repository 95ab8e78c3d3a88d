/* A growing byte buffer with a limit from birth and a sticky error: write ten fields, check once.
 * After the first write that does not fit, later writes do nothing, so there are no half lines. */
#ifndef CANDOR_BASE_BUF_H
#define CANDOR_BASE_BUF_H

#include <stdarg.h>

#include "base/mem.h"
#include "base/slice.h"

struct buf {
    const struct mem *mem; /* NULL: fixed storage, never grows */
    char *at;
    size_t len;
    size_t size;
    size_t limit;
    bool failed;
};

/* Costs nothing until the first byte. `limit` in bytes. */
void buf_init(struct buf *b, const struct mem *mem, size_t limit);
/* Writes into storage of the caller's. */
void buf_init_fixed(struct buf *b, char *storage, size_t size);
void buf_free(struct buf *b);

/* The way for bytes that there is no room for yet. */
void buf_add_grown(struct buf *b, struct slice s);

/* Small writes are many: where there is room they cost no call. */
static inline void buf_add(struct buf *b, struct slice s)
{
    if (s.len > b->size - b->len || b->failed) {
        buf_add_grown(b, s);
    } else if (s.len) {
        memcpy(b->at + b->len, s.at, s.len);
        b->len += s.len;
    }
}

static inline void buf_add_char(struct buf *b, char c)
{
    if (b->len == b->size || b->failed)
        buf_add_grown(b, slice_of(&c, 1));
    else
        b->at[b->len++] = c;
}

void buf_add_str(struct buf *b, const char *text);
void buf_add_u64(struct buf *b, uint64_t value);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for at least `size` more bytes, to be filled at the returned place and then counted with
 * b->len += n; NULL when there is none. */
char *buf_reserve(struct buf *b, size_t size);
/* Takes the first `len` bytes away. */
void buf_drop(struct buf *b, size_t len);
/* Empty, error forgotten, storage kept. */
void buf_clear(struct buf *b);

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->at ? b->at : "", b->len);
}

#endif
