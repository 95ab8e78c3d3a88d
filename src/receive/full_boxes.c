#include "receive/full_boxes.h"

enum { BOXES_MAX = 65536, KNOWN_MS = 5 * 60 * 1000 };

struct full_box {
    int64_t until;
    size_t len;
    char name[];
};

void full_boxes_init(struct full_boxes *f, const struct mem *mem, struct hash_key key)
{
    pthread_mutex_init(&f->lock, NULL);
    name_map_init(&f->boxes, mem, key);
}

static void free_box(struct full_boxes *f, struct full_box *box)
{
    if (box)
        mem_give(f->boxes.mem, box, sizeof(*box) + box->len);
}

static void empty(struct full_boxes *f)
{
    size_t at = 0;
    for (struct full_box *box; (box = name_map_next(&f->boxes, &at));)
        free_box(f, box);
    name_map_free(&f->boxes);
}

void full_boxes_free(struct full_boxes *f)
{
    empty(f);
    pthread_mutex_destroy(&f->lock);
}

static struct full_box *make(struct full_boxes *f, struct slice name)
{
    struct full_box *box =
        f->boxes.count < BOXES_MAX ? mem_take(f->boxes.mem, sizeof(*box) + name.len) : NULL;
    if (!box)
        return NULL;
    box->len = name.len;
    memcpy(box->name, name.at, name.len);
    if (name_map_put(&f->boxes, slice_of(box->name, box->len), box))
        return box;
    free_box(f, box);
    return NULL;
}

void full_boxes_add(struct full_boxes *f, struct slice name, int64_t now)
{
    pthread_mutex_lock(&f->lock);
    struct full_box *box = name_map_get(&f->boxes, name);
    if (!box)
        box = make(f, name);
    if (box)
        box->until = now + KNOWN_MS;
    pthread_mutex_unlock(&f->lock);
}

void full_boxes_remove(struct full_boxes *f, struct slice name)
{
    pthread_mutex_lock(&f->lock);
    if (f->boxes.count)
        free_box(f, name_map_remove(&f->boxes, name));
    pthread_mutex_unlock(&f->lock);
}

bool full_boxes_has(struct full_boxes *f, struct slice name, int64_t now)
{
    pthread_mutex_lock(&f->lock);
    const struct full_box *box = f->boxes.count ? name_map_get(&f->boxes, name) : NULL;
    bool is_full = box && box->until > now;
    if (box && !is_full)
        free_box(f, name_map_remove(&f->boxes, name));
    pthread_mutex_unlock(&f->lock);
    return is_full;
}
