#include "receive/refusals.h"

struct kept {
    struct list all;
    size_t size; /* of all this */
    struct slice reference, event;
    char bytes[];
};

/* More sessions than this in a millisecond, all the time, would use up names of the next run. */
enum { NAMES_PER_MS_BITS = 4 };

void refusals_init(struct refusals *r, const struct mem *mem, int64_t now, size_t bytes_max)
{
    *r = (struct refusals){.mem = mem, .bytes_max = bytes_max};
    list_init(&r->all);
    pthread_mutex_init(&r->lock, NULL);
    atomic_init(&r->sessions, (uint64_t)now << NAMES_PER_MS_BITS);
}

static void forget_oldest(struct refusals *r)
{
    struct kept *k = LIST_ITEM(r->all.next, struct kept, all);
    list_remove(&k->all);
    r->bytes -= k->size;
    mem_give(r->mem, k, k->size);
}

void refusals_free(struct refusals *r)
{
    while (!list_is_empty(&r->all))
        forget_oldest(r);
    pthread_mutex_destroy(&r->lock);
}

void refusals_name_session(struct refusals *r, char name[REFUSALS_SESSION_TEXT])
{
    char digits[SPOOL_ID_TEXT + 1];
    size_t zeros = 0;
    spool_id_write(atomic_fetch_add(&r->sessions, 1), digits);
    while (zeros < SPOOL_ID_TEXT - 1 && digits[zeros] == '0')
        zeros++;
    memcpy(name, digits + zeros, sizeof(digits) - zeros);
}

void refusals_keep(struct refusals *r, struct slice reference, struct slice event)
{
    size_t size = sizeof(struct kept) + reference.len + event.len;
    struct kept *k = mem_take(r->mem, size);
    if (!k)
        return;
    struct buf text;
    k->size = size;
    buf_init_fixed(&text, k->bytes, reference.len + event.len);
    buf_add(&text, reference);
    buf_add(&text, event);
    k->reference = slice_of(k->bytes, reference.len);
    k->event = slice_of(k->bytes + reference.len, event.len);
    pthread_mutex_lock(&r->lock);
    list_append(&r->all, &k->all);
    r->bytes += size;
    while (r->bytes > r->bytes_max)
        forget_oldest(r);
    pthread_mutex_unlock(&r->lock);
}

bool refusals_find(struct refusals *r, struct slice reference, struct buf *out)
{
    bool is_found = false;
    pthread_mutex_lock(&r->lock);
    for (struct list *at = r->all.prev; at != &r->all && !is_found; at = at->prev) {
        const struct kept *k = LIST_ITEM(at, struct kept, all);
        is_found = slice_ieq(k->reference, reference);
        if (is_found)
            buf_add(out, k->event);
    }
    pthread_mutex_unlock(&r->lock);
    return is_found;
}
