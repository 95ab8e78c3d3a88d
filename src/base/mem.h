/* Where memory comes from: handed in by the caller, so that the library parts never allocate on
 * their own and tests can make every allocation fail in turn. The heap's implementation is
 * system/heap.h. */
#ifndef CANDOR_BASE_MEM_H
#define CANDOR_BASE_MEM_H

#include <stddef.h>

struct mem {
    /* `size` bytes aligned for any type, not zeroed; NULL when there are none. */
    void *(*take)(void *ctx, size_t size);
    /* Gives back what take returned, with the size that was asked for; `at` may be NULL. */
    void (*give)(void *ctx, void *at, size_t size);
    void *ctx;
};

static inline void *mem_take(const struct mem *m, size_t size)
{
    return m->take(m->ctx, size);
}

static inline void mem_give(const struct mem *m, void *at, size_t size)
{
    if (at)
        m->give(m->ctx, at, size);
}

#endif
