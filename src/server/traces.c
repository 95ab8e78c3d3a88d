#include "server/traces.h"

#include <stdlib.h>

#include "system/heap.h"

enum { BYTES_MAX = 32 * 1024 * 1024 };

struct kept_trace {
    struct list all;
    spool_id id;
    int64_t at;
    size_t len;
    char text[];
};

void traces_init(struct traces *t)
{
    *t = (struct traces){.bytes = 0};
    id_map_init(&t->by_id, &heap);
    list_init(&t->all);
}

static size_t bytes_of(const struct kept_trace *k)
{
    return sizeof(*k) + k->len;
}

static void forget(struct traces *t, struct kept_trace *k)
{
    id_map_remove(&t->by_id, k->id);
    list_remove(&k->all);
    t->bytes -= bytes_of(k);
    free(k);
}

void traces_free(struct traces *t)
{
    while (!list_is_empty(&t->all))
        forget(t, LIST_ITEM(t->all.next, struct kept_trace, all));
    id_map_free(&t->by_id);
}

void traces_keep(struct traces *t, spool_id id, struct slice text, int64_t now)
{
    struct kept_trace *before = id_map_get(&t->by_id, id);
    if (before)
        forget(t, before);
    struct kept_trace *k = malloc(sizeof(*k) + text.len);
    if (!k)
        return;
    k->id = id;
    k->at = now;
    k->len = text.len;
    if (text.len)
        memcpy(k->text, text.at, text.len);
    if (!id_map_put(&t->by_id, id, k)) {
        free(k);
        return;
    }
    list_append(&t->all, &k->all);
    t->bytes += bytes_of(k);
    while (t->bytes > BYTES_MAX)
        forget(t, LIST_ITEM(t->all.next, struct kept_trace, all));
}

bool traces_find(const struct traces *t, spool_id id, struct trace_view *view_r)
{
    const struct kept_trace *k = id_map_get(&t->by_id, id);
    if (k)
        *view_r = (struct trace_view){k->at, slice_of(k->text, k->len)};
    return k != NULL;
}
