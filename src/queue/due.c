#include "queue/due.h"

/* A binary heap, entries[0] unused so that the parent of i is i / 2. */

enum { FIRST_SIZE = 64 };

void due_init(struct due_heap *h, const struct mem *mem)
{
    *h = (struct due_heap){.mem = mem};
}

void due_free(struct due_heap *h)
{
    mem_give(h->mem, h->entries, h->size * sizeof(*h->entries));
    due_init(h, h->mem);
}

bool due_join(struct due_heap *h, size_t count)
{
    size_t size = h->size ? h->size : FIRST_SIZE;
    while (size <= h->joined + count)
        size += size / 2;
    if (size > h->size) {
        struct due_entry *entries = mem_take(h->mem, size * sizeof(*entries));
        if (!entries)
            return false;
        if (h->count)
            memcpy(entries + 1, h->entries + 1, h->count * sizeof(*entries));
        mem_give(h->mem, h->entries, h->size * sizeof(*entries));
        h->entries = entries;
        h->size = size;
    }
    h->joined += count;
    return true;
}

void due_leave(struct due_heap *h, size_t count)
{
    h->joined -= count;
}

static void put(struct due_heap *h, size_t pos, struct due_entry e)
{
    h->entries[pos] = e;
    e.node->pos = pos;
}

/* Moves the hole at `pos` up until `e` fits. */
static void sift_up(struct due_heap *h, size_t pos, struct due_entry e)
{
    for (; pos > 1 && h->entries[pos / 2].at > e.at; pos /= 2)
        put(h, pos, h->entries[pos / 2]);
    put(h, pos, e);
}

/* Moves the hole at `pos` down until `e` fits. */
static void sift_down(struct due_heap *h, size_t pos, struct due_entry e)
{
    for (size_t child; (child = pos * 2) <= h->count; pos = child) {
        if (child < h->count && h->entries[child + 1].at < h->entries[child].at)
            child++;
        if (h->entries[child].at >= e.at)
            break;
        put(h, pos, h->entries[child]);
    }
    put(h, pos, e);
}

static void settle(struct due_heap *h, size_t pos, struct due_entry e)
{
    if (pos > 1 && h->entries[pos / 2].at > e.at)
        sift_up(h, pos, e);
    else
        sift_down(h, pos, e);
}

void due_set(struct due_heap *h, struct due *node, int64_t at)
{
    struct due_entry e = {at, node};
    node->at = at;
    if (node->pos)
        settle(h, node->pos, e);
    else
        sift_up(h, ++h->count, e);
}

void due_unset(struct due_heap *h, struct due *node)
{
    size_t pos = node->pos;
    if (!pos)
        return;
    struct due_entry last = h->entries[h->count--];
    if (last.node != node)
        settle(h, pos, last);
    node->pos = 0;
}

struct due *due_first(const struct due_heap *h)
{
    return h->count ? h->entries[1].node : NULL;
}

int64_t due_first_at(const struct due_heap *h)
{
    return h->count ? h->entries[1].at : INT64_MAX;
}

struct due *due_take(struct due_heap *h, int64_t now)
{
    struct due *first = due_first(h);
    if (!first || first->at > now)
        return NULL;
    due_unset(h, first);
    return first;
}
