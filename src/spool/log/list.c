/* The list of what lives. Envelopes and states are not read one by one: most of what lives in a
 * segment is wanted, and in about the order in which it stands there, so a segment's hint is read,
 * or made by a scan, when its first message comes, and kept while others of it may follow. */
#include <stdlib.h>

#include "spool/log/parts.h"
#include "spool/log/walk.h"

enum {
    SLOTS = 8,      /* segments whose hints are kept */
    LOADS_MOST = 2, /* of one segment: if the order is such that this is not enough, one by one */
    LIVE_PART = 8,  /* where less than an eighth lives, one by one is cheaper */
};

struct slot {
    const struct segment *segment;
    struct hint hint;
    size_t near;   /* where to look first */
    uint64_t used; /* when */
};

struct listing {
    struct log *log;
    struct slot slots[SLOTS];
    uint64_t now; /* counts uses of slots */
    struct walk walk;
    struct buf bufs[2]; /* what is read one by one: a message, a state */
};

static void fill(struct listing *l, struct slot *slot, const struct segment *s)
{
    struct hint_head head;
    struct record r;
    uint64_t at;
    slot->segment = s;
    slot->near = 0;
    if (hints_load(l->log, s, &slot->hint, &head))
        return;
    hint_clear(&slot->hint, HINT_MOST);
    walk_begin(&l->walk, s, s->end);
    for (enum record_found found; (found = walk_next(&l->walk, &r, &at)) != RECORD_LAST;)
        if (found == RECORD_GOOD)
            hint_add(&slot->hint, &r, (uint32_t)at);
}

/* NULL: this one is read from the segment. */
static struct slot *slot_of(struct listing *l, struct segment *s)
{
    struct slot *oldest = l->slots;
    for (struct slot *slot = l->slots; slot < l->slots + SLOTS; slot++) {
        if (slot->segment == s) {
            slot->used = ++l->now;
            return slot;
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    if (s->used_bytes < s->end / LIVE_PART || s->list_loads == LOADS_MOST)
        return NULL;
    s->list_loads++;
    fill(l, oldest, s);
    oldest->used = ++l->now;
    return oldest;
}

/* The body of the record at `place`, of a message perhaps without its content. */
static bool read_body(struct listing *l, const struct message *m, struct place place,
                      struct buf *into, struct slice *body_r)
{
    struct record r;
    struct hint_entry e;
    struct slot *slot = slot_of(l, place.segment);
    if (slot && hint_find(&slot->hint, place.offset, &slot->near, &e) && e.id == m->id &&
        e.length == place.length) {
        *body_r = e.text;
        return true;
    }
    if (place_read(l->log, place, into, &r) != ERR_OK)
        return false;
    *body_r = r.body;
    return true;
}

static void visit_one(struct listing *l, const struct message *m, spool_visit *visit, void *ctx)
{
    struct slice record, state = SLICE("");
    struct body body;
    if (!read_body(l, m, m->record, &l->bufs[0], &record) || !body_read(record, &body))
        return;
    if (m->state.segment && !read_body(l, m, m->state, &l->bufs[1], &state))
        state = SLICE(""); /* better delivered twice than never */
    visit(ctx, m->id, body.envelope, state);
}

static void init(struct listing *l, struct log *log)
{
    *l = (struct listing){.log = log};
    for (size_t i = 0; i < SLOTS; i++)
        hint_init(&l->slots[i].hint, log->mem, 0);
    for (size_t i = 0; i < 2; i++)
        buf_init(&l->bufs[i], log->mem, RECORD_HEADER + (size_t)RECORD_BODY_MAX + RECORD_ALIGN);
    walk_init(&l->walk, log->mem);
    for (struct segment *s = log->segments; s; s = s->next)
        s->list_loads = 0;
}

static void release(struct listing *l)
{
    for (size_t i = 0; i < SLOTS; i++)
        hint_free(&l->slots[i].hint);
    for (size_t i = 0; i < 2; i++)
        buf_free(&l->bufs[i]);
    walk_free(&l->walk);
}

static int compare_ids(const void *a, const void *b)
{
    const spool_id *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

enum err_code list_each(struct spool *s, spool_visit *visit, void *ctx)
{
    struct log *log = (struct log *)(void *)s;
    struct listing l;
    size_t count = log->index.messages.count, at = 0, filled = 0;
    spool_id *ids = mem_take(log->mem, count * sizeof(*ids) + 1);
    if (!ids)
        return ERR_MEMORY;
    for (struct message *m; (m = id_map_next(&log->index.messages, &at));)
        ids[filled++] = m->id;
    qsort(ids, count, sizeof(*ids), compare_ids);
    init(&l, log);
    for (size_t i = 0; i < count; i++)
        visit_one(&l, index_find(&log->index, ids[i]), visit, ctx);
    release(&l);
    mem_give(log->mem, ids, count * sizeof(*ids) + 1);
    return ERR_OK;
}
