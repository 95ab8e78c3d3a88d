#include "system/heap.h"

#include <stdlib.h>

static void *heap_take(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size ? size : 1);
}

static void heap_give(void *ctx, void *at, size_t size)
{
    (void)ctx;
    (void)size;
    free(at);
}

const struct mem heap = {.take = heap_take, .give = heap_give};
