/* Compaction: a segment that is mostly dead is gone through from front to back, a little at a time;
 * messages and states that live are written again at the log's end, and so are end records whose
 * message still stands in an older segment. A message's state follows it, so that a scan meets them
 * in this order. Then nobody needs the segment. One that holds live chunks is left alone: it is
 * full of them, or they are few. */
#include "spool/log/batch.h"

enum {
    STEP_BYTES = 1 << 20, /* read in a step */
    FAILED_PAUSE_MS = 1000,
    LIVE_PART = 4, /* mostly dead: less than a quarter lives */
};

static bool is_mostly_dead(struct log *log, const struct segment *s)
{
    pthread_mutex_lock(&log->lock);
    bool is_dead = !s->chunks && s->used_bytes * LIVE_PART < s->end;
    pthread_mutex_unlock(&log->lock);
    return is_dead;
}

void compact_choose(struct log *log)
{
    struct compaction *c = &log->compaction;
    struct segment *s = c->segment ? NULL : log->segments;
    while (s && s->next && (s->is_compacted || !is_mostly_dead(log, s)))
        s = s->next;
    /* the last two are too young: most of what is in them ends soon */
    if (!s || !s->next || s->next == log->current)
        return;
    c->segment = s;
    c->at = 0;
    c->due = log_now_ms() + log->pause_ms;
    buf_init(&c->window, log->mem, RECORD_HEADER + (size_t)RECORD_BODY_MAX + RECORD_ALIGN);
    buf_init(&c->states, log->mem, RECORD_HEADER + (size_t)RECORD_BODY_MAX + RECORD_ALIGN);
}

bool compact_is_due(const struct log *log)
{
    return log->compaction.segment && log_now_ms() >= log->compaction.due;
}

void compact_free(struct log *log)
{
    struct compaction *c = &log->compaction;
    if (!c->segment)
        return;
    buf_free(&c->window);
    buf_free(&c->states);
    c->segment = NULL;
}

static void finish(struct log *log)
{
    struct compaction *c = &log->compaction;
    c->segment->is_compacted = true;
    if (c->at >= c->segment->end)
        c->segment->oldest = c->segment->number; /* its end records stand elsewhere now */
    atomic_store(&log->may_be_dead, true);
    compact_free(log);
}

static bool end_is_needed(const struct log *log, spool_id id)
{
    for (const struct segment *s = log->segments; s != log->compaction.segment; s = s->next)
        if (s->id_first && s->id_first <= id && id <= s->id_last)
            return true;
    return false;
}

/* Whether the record at `from` is the one that counts; and its message's state if it has to follow.
 */
static bool is_live(struct log *log, const struct record *r, struct place from,
                    struct place *state_r)
{
    *state_r = (struct place){0};
    if (r->type == RECORD_END)
        return end_is_needed(log, r->id);
    pthread_mutex_lock(&log->lock);
    const struct message *m = index_find(&log->index, r->id);
    bool live = m && r->type == RECORD_MESSAGE && place_is(&m->record, &from);
    if (live)
        *state_r = m->state;
    live |= m && r->type == RECORD_STATE && place_is(&m->state, &from);
    pthread_mutex_unlock(&log->lock);
    return live;
}

/* Reads a state behind those that were read in this step; false when it must wait for the next. */
static bool read_state(struct log *log, struct place place, struct record *state_r)
{
    struct buf *states = &log->compaction.states;
    size_t size = record_size(place.length), got;
    if (states->len && size > states->size - states->len)
        return false; /* the batch points into the buffer: it can't move now */
    char *to = buf_reserve(states, states->len || size > STEP_BYTES ? size : STEP_BYTES);
    if (!to)
        return false;
    states->len += size;
    if (segment_read(place.segment, place.offset, to, size, &got) == ERR_OK &&
        record_read(slice_of(to, got), place.segment->generation, state_r))
        return true;
    log_damaged_record(log, place, "a record is damaged");
    state_r->type = RECORD_SEGMENT; /* none to move */
    return true;
}

/* False when the step ends before this record. */
static bool move(struct log *log, const struct record *r, struct place from)
{
    struct place state_from;
    struct record state = {0};
    enum err_code result;
    if (!is_live(log, r, from, &state_from))
        return true;
    size_t sizes = record_size(r->body.len);
    if (state_from.segment)
        sizes += record_size(state_from.length);
    if (batch_room_to_move(log, sizes, &result) == BATCH_WRITE_FIRST || result != ERR_OK)
        return false;
    if (state_from.segment && !read_state(log, state_from, &state))
        return false;
    batch_add_moved(log, r, from);
    if (state_from.segment && state.type == RECORD_STATE)
        batch_add_moved(log, &state, state_from);
    return true;
}

/* Reads the next part of the segment; its length, 0 at the end or when it can't be read. */
static size_t read_window(struct compaction *c, size_t size)
{
    size_t got = 0;
    uint64_t left = c->segment->end - c->at;
    buf_clear(&c->window);
    char *to = buf_reserve(&c->window, size);
    if (!to || segment_read(c->segment, c->at, to, left < size ? (size_t)left : size, &got))
        return 0;
    c->window.len = got;
    return got;
}

/* Moves what lives in the window; how far it came. */
static size_t move_window(struct log *log, bool *is_stopped_r)
{
    struct compaction *c = &log->compaction;
    struct record_scan scan = {.bytes = buf_slice(&c->window),
                               .generation = c->segment->generation};
    struct record r;
    size_t at;
    *is_stopped_r = false;
    for (enum record_found found; (found = record_next(&scan, &r, &at)) != RECORD_LAST;) {
        struct place from = {c->segment, (uint32_t)(c->at + at), (uint32_t)r.body.len};
        if (found == RECORD_GOOD && !move(log, &r, from)) {
            *is_stopped_r = true;
            return at;
        }
    }
    return scan.at;
}

void compact_step(struct log *log)
{
    struct compaction *c = &log->compaction;
    size_t size = STEP_BYTES, done = 0;
    bool is_stopped = false;
    buf_clear(&c->states);
    while (!done && !is_stopped) { /* a record longer than the window: a longer window */
        size_t got = read_window(c, size);
        done = move_window(log, &is_stopped);
        if (got < size && !done && !is_stopped) {
            finish(log);
            return;
        }
        size *= 2;
    }
    enum err_code result = batch_write(log);
    if (result == ERR_OK)
        c->at += done;
    bool is_stuck = result != ERR_OK || !done;
    c->due = log_now_ms() + (is_stuck ? FAILED_PAUSE_MS : log->pause_ms);
}
