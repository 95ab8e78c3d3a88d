#include "receive/refusals.h"

#include "system/log.h"

struct kept {
    struct list all;
    size_t size; /* of all this, and of the text behind it */
    struct slice reference;
    int64_t at;
    size_t count;
    struct log_field fields[];
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

static size_t bytes_of(struct slice reference, const struct log_field *fields, size_t count)
{
    size_t size = sizeof(struct kept) + count * sizeof(*fields) + reference.len;
    for (size_t i = 0; i < count; i++)
        size += slice_head(fields[i].value, LOG_VALUE_MAX).len;
    return size;
}

static struct slice copy(char **to, struct slice s)
{
    struct slice copied = slice_of(*to, s.len);
    if (s.len)
        memcpy(*to, s.at, s.len);
    *to += s.len;
    return copied;
}

void refusals_keep(struct refusals *r, struct slice reference, int64_t at,
                   const struct log_field *fields, size_t count)
{
    size_t size = bytes_of(reference, fields, count);
    struct kept *k = mem_take(r->mem, size);
    if (!k)
        return;
    char *to = (char *)(k->fields + count);
    *k = (struct kept){.size = size, .at = at, .count = count};
    k->reference = copy(&to, reference);
    for (size_t i = 0; i < count; i++)
        k->fields[i] = (struct log_field){fields[i].key,
                                          copy(&to, slice_head(fields[i].value, LOG_VALUE_MAX))};
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
            log_write_json(out, k->at, LOG_LEVEL_INFO, "refused", k->fields, k->count);
    }
    pthread_mutex_unlock(&r->lock);
    return is_found;
}
