#include "receive/unique.h"

#include "base/map.h"

/* Mailboxes of ours are the same in any case of letters; elsewhere that is not for us to say (RFC
 * 5321 2.4). */
static bool is_same(const struct access_table *t, struct slice a, struct slice b)
{
    size_t at = slice_rfind(a, '@');
    struct address parts = {.text = a, .local = slice_head(a, at)};
    if (at != SLICE_NONE)
        parts.domain = slice_from(a, at + 1);
    return slice_eq(a, b) || access_local_domain(t, &parts);
}

static size_t keep_first(struct name_map *seen, const struct access_table *t,
                         const struct envelope *e, struct recipient *kept)
{
    size_t count = 0;
    for (size_t i = 0; i < e->count; i++) {
        const struct recipient *first = name_map_get(seen, e->recipients[i].address);
        if (first && is_same(t, first->address, e->recipients[i].address))
            continue;
        kept[count] = e->recipients[i];
        if (!first && !name_map_put(seen, kept[count].address, &kept[count]))
            return 0;
        count++;
    }
    return count;
}

void unique_recipients(struct envelope *e, const struct access_table *t, const struct mem *mem,
                       struct hash_key key, struct arena *arena)
{
    struct name_map seen;
    struct recipient *kept = e->count > 1 ? arena_array(arena, e->count, sizeof(*kept)) : NULL;
    if (!kept)
        return;
    name_map_init(&seen, mem, key);
    size_t count = keep_first(&seen, t, e, kept);
    if (count) {
        e->recipients = kept;
        e->count = count;
    }
    name_map_free(&seen);
}
