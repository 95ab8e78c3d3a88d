#include "base/map.h"

/* Linear probing; a table is at most 3/4 full; removal shifts the run back, so there are no
 * tombstones and look-ups stay short after any number of removals. */

enum { FIRST_SIZE = 16 };

static size_t grown_size(size_t size, size_t count)
{
    if ((count + 1) * 4 <= size * 3)
        return size;
    return size ? size * 2 : FIRST_SIZE;
}

/* True when the entry whose home is `home` may move from `at` into the hole before it. */
static bool may_fill(size_t home, size_t hole, size_t at, size_t mask)
{
    return ((at - home) & mask) >= ((at - hole) & mask);
}

static size_t id_home(uint64_t id, size_t mask)
{
    uint64_t h = id * 0x9e3779b97f4a7c15U; /* 2^64 / golden ratio: spreads neighbouring ids */
    return (size_t)(h ^ h >> 32) & mask;
}

void id_map_init(struct id_map *m, const struct mem *mem)
{
    *m = (struct id_map){.mem = mem};
}

void id_map_free(struct id_map *m)
{
    mem_give(m->mem, m->entries, m->size * sizeof(*m->entries));
    id_map_init(m, m->mem);
}

static struct id_map_entry *id_slot(const struct id_map *m, uint64_t id)
{
    size_t mask = m->size - 1;
    size_t i = id_home(id, mask);
    while (m->entries[i].value && m->entries[i].id != id)
        i = (i + 1) & mask;
    return &m->entries[i];
}

void *id_map_get(const struct id_map *m, uint64_t id)
{
    return m->size ? id_slot(m, id)->value : NULL;
}

static bool id_map_resize(struct id_map *m, size_t size)
{
    struct id_map bigger = *m;
    bigger.entries = mem_take(m->mem, size * sizeof(*bigger.entries));
    if (!bigger.entries)
        return false;
    memset(bigger.entries, 0, size * sizeof(*bigger.entries));
    bigger.size = size;
    for (size_t i = 0; i < m->size; i++)
        if (m->entries[i].value)
            *id_slot(&bigger, m->entries[i].id) = m->entries[i];
    mem_give(m->mem, m->entries, m->size * sizeof(*m->entries));
    *m = bigger;
    return true;
}

bool id_map_put(struct id_map *m, uint64_t id, void *value)
{
    size_t size = grown_size(m->size, m->count);
    if (size != m->size && !id_map_resize(m, size))
        return false;
    struct id_map_entry *e = id_slot(m, id);
    m->count += !e->value;
    *e = (struct id_map_entry){id, value};
    return true;
}

void *id_map_remove(struct id_map *m, uint64_t id)
{
    struct id_map_entry *e = m->size ? id_slot(m, id) : NULL;
    if (!e || !e->value)
        return NULL;
    void *value = e->value;
    size_t mask = m->size - 1;
    size_t hole = (size_t)(e - m->entries);
    for (size_t i = (hole + 1) & mask; m->entries[i].value; i = (i + 1) & mask)
        if (may_fill(id_home(m->entries[i].id, mask), hole, i, mask)) {
            m->entries[hole] = m->entries[i];
            hole = i;
        }
    m->entries[hole].value = NULL;
    m->count--;
    return value;
}

void *id_map_next(const struct id_map *m, size_t *at)
{
    while (*at < m->size) {
        void *value = m->entries[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}

void name_map_init(struct name_map *m, const struct mem *mem, struct hash_key key)
{
    *m = (struct name_map){.mem = mem, .key = key};
}

void name_map_free(struct name_map *m)
{
    mem_give(m->mem, m->entries, m->size * sizeof(*m->entries));
    name_map_init(m, m->mem, m->key);
}

static struct name_map_entry *name_slot(const struct name_map *m, struct slice name, uint64_t hash)
{
    size_t mask = m->size - 1;
    size_t i = (size_t)hash & mask;
    while (m->entries[i].value &&
           !(m->entries[i].hash == hash && slice_ieq(m->entries[i].name, name)))
        i = (i + 1) & mask;
    return &m->entries[i];
}

uint64_t name_map_hash(const struct name_map *m, struct slice name)
{
    return hash_slice_nocase(&m->key, name);
}

void *name_map_find(const struct name_map *m, struct slice name, uint64_t hash)
{
    return m->size ? name_slot(m, name, hash)->value : NULL;
}

void *name_map_get(const struct name_map *m, struct slice name)
{
    return m->size ? name_map_find(m, name, name_map_hash(m, name)) : NULL;
}

static bool name_map_resize(struct name_map *m, size_t size)
{
    struct name_map bigger = *m;
    bigger.entries = mem_take(m->mem, size * sizeof(*bigger.entries));
    if (!bigger.entries)
        return false;
    memset(bigger.entries, 0, size * sizeof(*bigger.entries));
    bigger.size = size;
    for (size_t i = 0; i < m->size; i++)
        if (m->entries[i].value)
            *name_slot(&bigger, m->entries[i].name, m->entries[i].hash) = m->entries[i];
    mem_give(m->mem, m->entries, m->size * sizeof(*m->entries));
    *m = bigger;
    return true;
}

bool name_map_put(struct name_map *m, struct slice name, void *value)
{
    size_t size = grown_size(m->size, m->count);
    if (size != m->size && !name_map_resize(m, size))
        return false;
    uint64_t hash = name_map_hash(m, name);
    struct name_map_entry *e = name_slot(m, name, hash);
    m->count += !e->value;
    *e = (struct name_map_entry){name, hash, value};
    return true;
}

void *name_map_remove(struct name_map *m, struct slice name)
{
    struct name_map_entry *e = m->size ? name_slot(m, name, name_map_hash(m, name)) : NULL;
    if (!e || !e->value)
        return NULL;
    void *value = e->value;
    size_t mask = m->size - 1;
    size_t hole = (size_t)(e - m->entries);
    for (size_t i = (hole + 1) & mask; m->entries[i].value; i = (i + 1) & mask)
        if (may_fill((size_t)m->entries[i].hash & mask, hole, i, mask)) {
            m->entries[hole] = m->entries[i];
            hole = i;
        }
    m->entries[hole].value = NULL;
    m->count--;
    return value;
}

void *name_map_next(const struct name_map *m, size_t *at)
{
    while (*at < m->size) {
        void *value = m->entries[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
