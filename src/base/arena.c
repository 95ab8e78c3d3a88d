#include "base/arena.h"

#include <stdalign.h>

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data */
    alignas(max_align_t) char data[];
};

/* An idle connection's first block: small, since most transactions need a sender and one recipient.
 */
enum { BLOCK_FIRST = 1024 - sizeof(struct arena_block), BLOCK_MOST = 64 * 1024 };

void arena_init(struct arena *a, const struct mem *mem, size_t limit)
{
    *a = (struct arena){.mem = mem, .limit = limit};
}

static bool add_block(struct arena *a, size_t need)
{
    size_t size = a->blocks ? a->blocks->size * 2 : BLOCK_FIRST;
    if (size > BLOCK_MOST)
        size = BLOCK_MOST;
    if (size < need)
        size = need;
    if (size > a->limit - a->total) {
        size = a->limit - a->total; /* the last block may be smaller than usual */
        if (size < need)
            return false;
    }
    struct arena_block *b = mem_take(a->mem, sizeof(*b) + size);
    if (!b)
        return false;
    b->next = a->blocks;
    b->size = size;
    a->blocks = b;
    a->used = 0;
    a->total += size;
    return true;
}

char *arena_text(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > a->limit)
        return NULL;
    size_t need = size ? (size + align - 1) / align * align : align;
    if ((!a->blocks || need > a->blocks->size - a->used) && !add_block(a, need))
        return NULL;
    char *at = a->blocks->data + a->used;
    a->used += need;
    return at;
}

void *arena_take(struct arena *a, size_t size)
{
    char *at = arena_text(a, size);
    return at ? memset(at, 0, size) : NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_take(a, bytes);
}

bool arena_dup(struct arena *a, struct slice s, struct slice *copy_r)
{
    char *at = s.len < a->limit ? arena_text(a, s.len + 1) : NULL;
    if (!at)
        return false;
    if (s.len)
        memcpy(at, s.at, s.len);
    at[s.len] = '\0';
    *copy_r = slice_of(at, s.len);
    return true;
}

static void give_blocks(struct arena *a, struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        mem_give(a->mem, b, sizeof(*b) + b->size);
        b = next;
    }
}

void arena_reset(struct arena *a)
{
    give_blocks(a, a->blocks);
    a->blocks = NULL;
    a->used = 0;
    a->total = 0;
}

void arena_wipe(struct arena *a)
{
    for (struct arena_block *b = a->blocks; b; b = b->next)
        explicit_bzero(b->data, b->size);
    arena_reset(a);
}

void arena_rewind(struct arena *a)
{
    struct arena_block *kept = a->blocks;
    if (!kept || kept->size > BLOCK_MOST) {
        arena_reset(a);
        return;
    }
    give_blocks(a, kept->next);
    kept->next = NULL;
    a->used = 0;
    a->total = kept->size;
}
