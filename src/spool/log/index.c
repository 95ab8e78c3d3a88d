#include "spool/log/index.h"

enum { FIRST_CHUNKS = 8 };

void place_set(struct place *at, struct place to)
{
    if (to.segment) {
        to.segment->uses++;
        to.segment->used_bytes += record_size(to.length);
    }
    if (at->segment) {
        at->segment->uses--;
        at->segment->used_bytes -= record_size(at->length);
    }
    *at = to;
}

static size_t chunks_bytes(uint32_t size)
{
    return sizeof(struct chunks) + size * sizeof(struct chunk);
}

struct chunks *chunks_add(const struct mem *mem, struct chunks *list, struct chunk item)
{
    if (!list || list->count == list->size) {
        uint32_t size = list ? list->size * 2 : FIRST_CHUNKS;
        struct chunks *bigger = mem_take(mem, chunks_bytes(size));
        if (!bigger)
            return NULL;
        *bigger = (struct chunks){.references = 1, .size = size};
        if (list) {
            bigger->count = list->count;
            memcpy(bigger->items, list->items, list->count * sizeof(*list->items));
            mem_give(mem, list, chunks_bytes(list->size));
        }
        list = bigger;
    }
    struct chunk *added = &list->items[list->count++];
    *added = (struct chunk){.crc = item.crc};
    place_set(&added->place, item.place);
    if (item.place.segment)
        item.place.segment->chunks++;
    return list;
}

void chunks_drop(const struct mem *mem, struct chunks *list)
{
    if (!list || --list->references)
        return;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].place.segment)
            list->items[i].place.segment->chunks--;
        place_set(&list->items[i].place, (struct place){0});
    }
    mem_give(mem, list, chunks_bytes(list->size));
}

void index_init(struct index *index, const struct mem *mem)
{
    *index = (struct index){.mem = mem};
    id_map_init(&index->messages, mem);
}

static void free_message(struct index *index, struct message *m)
{
    place_set(&m->record, (struct place){0});
    place_set(&m->state, (struct place){0});
    chunks_drop(index->mem, m->chunks);
    mem_give(index->mem, m, sizeof(*m));
}

void index_free(struct index *index)
{
    size_t at = 0;
    for (struct message *m; (m = id_map_next(&index->messages, &at));)
        free_message(index, m);
    id_map_free(&index->messages);
}

struct message *index_find(const struct index *index, spool_id id)
{
    return id_map_get(&index->messages, id);
}

struct message *index_add(struct index *index, spool_id id)
{
    struct message *m = mem_take(index->mem, sizeof(*m));
    if (!m)
        return NULL;
    *m = (struct message){.id = id};
    if (id_map_put(&index->messages, id, m))
        return m;
    mem_give(index->mem, m, sizeof(*m));
    return NULL;
}

void index_remove(struct index *index, spool_id id)
{
    struct message *m = id_map_remove(&index->messages, id);
    if (m)
        free_message(index, m);
}
