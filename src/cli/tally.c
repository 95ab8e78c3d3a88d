#include "cli/tally.h"

#include "system/heap.h"

void tally_init(struct tally *t, struct arena *arena, struct hash_key key, size_t most)
{
    *t = (struct tally){.arena = arena, .most = most};
    name_map_init(&t->rows, &heap, key);
}

void tally_free(struct tally *t)
{
    name_map_free(&t->rows);
}

static struct tally_row *add(struct tally *t, struct slice name)
{
    struct tally_row *row = t->rows.count < t->most ? arena_take(t->arena, sizeof(*row)) : NULL;
    if (row && arena_dup(t->arena, name, &row->name) && name_map_put(&t->rows, row->name, row))
        return row;
    t->others++;
    return NULL;
}

struct tally_row *tally_count(struct tally *t, struct slice name)
{
    struct tally_row *row = name_map_get(&t->rows, name);
    if (!row)
        row = add(t, name);
    if (row)
        row->count++;
    return row;
}

static bool comes_before(const struct tally_row *a, const struct tally_row *b)
{
    return a->count != b->count ? a->count > b->count : slice_cmp(a->name, b->name) < 0;
}

size_t tally_top(const struct tally *t, const struct tally_row **top, size_t most)
{
    size_t count = 0, at = 0;
    for (const struct tally_row *row; (row = name_map_next(&t->rows, &at));) {
        size_t place = count;
        while (place > 0 && comes_before(row, top[place - 1]))
            place--;
        if (place == most)
            continue;
        if (count < most)
            count++;
        for (size_t i = count - 1; i > place; i--)
            top[i] = top[i - 1];
        top[place] = row;
    }
    return count;
}
