/* Hash tables with open addressing, one for ids and one for names. Values are pointers of the
 * caller's, never NULL; keys of a name map are borrowed and must live as long as their entry. */
#ifndef CANDOR_BASE_MAP_H
#define CANDOR_BASE_MAP_H

#include "base/hash.h"
#include "base/mem.h"
#include "base/slice.h"

struct id_map_entry {
    uint64_t id;
    void *value; /* NULL: free */
};

struct id_map {
    const struct mem *mem;
    struct id_map_entry *entries;
    size_t size; /* a power of two, or 0 */
    size_t count;
};

void id_map_init(struct id_map *m, const struct mem *mem);
void id_map_free(struct id_map *m);
void *id_map_get(const struct id_map *m, uint64_t id);
/* Adds or replaces; false when memory ends. */
MUST_CHECK bool id_map_put(struct id_map *m, uint64_t id, void *value);
/* The value that was there, or NULL. */
void *id_map_remove(struct id_map *m, uint64_t id);
/* Walks all values in no order: start with *at = 0; NULL at the end. The map must not change. */
void *id_map_next(const struct id_map *m, size_t *at);

struct name_map_entry {
    struct slice name;
    uint64_t hash;
    void *value; /* NULL: free */
};

struct name_map {
    const struct mem *mem;
    struct hash_key key;
    struct name_map_entry *entries;
    size_t size;
    size_t count;
};

/* Names are compared without regard to the case of ASCII letters. `key` should be random. */
void name_map_init(struct name_map *m, const struct mem *mem, struct hash_key key);
void name_map_free(struct name_map *m);
void *name_map_get(const struct name_map *m, struct slice name);
/* The same in two steps, for who looks into several maps with one key. */
uint64_t name_map_hash(const struct name_map *m, struct slice name);
void *name_map_find(const struct name_map *m, struct slice name, uint64_t hash);
MUST_CHECK bool name_map_put(struct name_map *m, struct slice name, void *value);
void *name_map_remove(struct name_map *m, struct slice name);
void *name_map_next(const struct name_map *m, size_t *at);

#endif
