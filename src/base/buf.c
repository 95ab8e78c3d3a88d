#include "base/buf.h"

#include <stdio.h>

enum { FIRST_SIZE = 256 };

void buf_init(struct buf *b, const struct mem *mem, size_t limit)
{
    *b = (struct buf){.mem = mem, .limit = limit};
}

void buf_init_fixed(struct buf *b, char *storage, size_t size)
{
    *b = (struct buf){.at = storage, .size = size, .limit = size};
}

void buf_free(struct buf *b)
{
    if (b->mem) {
        mem_give(b->mem, b->at, b->size);
        b->at = NULL;
        b->size = 0;
    }
    buf_clear(b);
}

static bool grow(struct buf *b, size_t need)
{
    size_t size = b->size ? b->size * 2 : FIRST_SIZE;
    while (size < need)
        size *= 2;
    if (size > b->limit)
        size = b->limit;
    char *at = mem_take(b->mem, size);
    if (!at)
        return false;
    if (b->len)
        memcpy(at, b->at, b->len);
    mem_give(b->mem, b->at, b->size);
    b->at = at;
    b->size = size;
    return true;
}

char *buf_reserve(struct buf *b, size_t size)
{
    if (b->failed)
        return NULL;
    if (size > b->limit - b->len ||
        (size > b->size - b->len && (!b->mem || !grow(b, b->len + size)))) {
        b->failed = true;
        return NULL;
    }
    return b->at + b->len;
}

void buf_add_grown(struct buf *b, struct slice s)
{
    char *to = s.len ? buf_reserve(b, s.len) : NULL;
    if (!to)
        return;
    memcpy(to, s.at, s.len);
    b->len += s.len;
}

void buf_add_str(struct buf *b, const char *text)
{
    buf_add(b, slice_str(text));
}

void buf_add_u64(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    buf_add(b, slice_of(digits + at, sizeof(digits) - at));
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *to = len < 0 ? NULL : buf_reserve(b, (size_t)len + 1);
    if (!to) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(to, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void buf_drop(struct buf *b, size_t len)
{
    if (len > b->len)
        len = b->len;
    b->len -= len;
    if (b->len)
        memmove(b->at, b->at + len, b->len);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}
