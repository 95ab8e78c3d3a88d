#include <unistd.h>

#include "spool/log/parts.h"

struct segment *segments_find(const struct log *log, uint64_t number)
{
    struct segment *s = log->segments;
    while (s && s->number != number)
        s = s->next;
    return s;
}

void segments_widen(struct segment *s, spool_id id)
{
    if (!s->id_first || id < s->id_first)
        s->id_first = id;
    if (id > s->id_last)
        s->id_last = id;
}

/* Writes the record every segment begins with. */
static enum err_code write_head(struct log *log, struct segment *s)
{
    char bytes[RECORD_HEADER + SEGMENT_BODY];
    struct segment_head head = {.number = s->number, .salt = log->salt};
    if (log->current) {
        head.before = log->current->number;
        head.before_end = log->current->end;
    }
    segment_head_write(bytes + RECORD_HEADER, &head);
    struct slice body = slice_of(bytes + RECORD_HEADER, SEGMENT_BODY);
    struct record r = {RECORD_SEGMENT, s->generation, log->last_id, record_body_crc(body), body};
    record_header(bytes, &r);
    struct iovec iov = {bytes, sizeof(bytes)};
    enum err_code result = segment_write(&log->folder, s, &iov, 1);
    if (result == ERR_OK)
        s->end = sizeof(bytes);
    return result;
}

static struct segment *new_segment(struct log *log)
{
    struct segment *s = mem_take(log->mem, sizeof(*s));
    if (!s)
        return NULL;
    uint64_t number = ++log->last_number;
    *s = (struct segment){.number = number,
                          .generation = log->salt ^ number,
                          .fd = -1,
                          .oldest = number,
                          .origin = number};
    return s;
}

static enum err_code start(struct log *log, struct segment *s)
{
    uint64_t old = log->pool_count ? log->pool[--log->pool_count] : 0; /* if it fails, it is left */
    enum err_code result = segment_create(&log->folder, s, old);
    if (result != ERR_OK)
        return result;
    result = write_head(log, s);
    if (result == ERR_OK)
        return ERR_OK;
    (void)segment_remove(&log->folder, s, false); /* an empty one harms nobody */
    close(s->fd);
    return result;
}

enum err_code segments_next(struct log *log)
{
    struct segment *before = log->current;
    if (before && before->is_dirty && !before->has_failed &&
        segment_sync(&log->folder, before) != ERR_OK)
        before->has_failed = true;
    struct segment *s = new_segment(log);
    enum err_code result = s ? start(log, s) : ERR_MEMORY;
    atomic_store(&log->has_failed, result == ERR_IO);
    if (result != ERR_OK) {
        mem_give(log->mem, s, sizeof(*s));
        return result;
    }
    if (before)
        before->next = s;
    else
        log->segments = s;
    log->current = s;
    if (before && !before->has_failed)
        hints_seal(log, before);
    hints_begin(log, s->number);
    atomic_store(&log->may_be_dead, true);
    return ERR_OK;
}

static void free_segment(struct log *log, struct segment *s)
{
    close(s->fd);
    mem_give(log->mem, s, sizeof(*s));
}

static bool is_used(struct log *log, const struct segment *s)
{
    pthread_mutex_lock(&log->lock);
    bool used = s->uses != 0;
    pthread_mutex_unlock(&log->lock);
    return used;
}

/* Keeps the file of a dead segment if it is of full size and the pool has room. */
static bool remove_one(struct log *log, const struct segment *s)
{
    bool is_kept =
        log->pool_count < log->pool_size && !s->has_failed && s->end >= log->segment_size / 2;
    hints_cancel(log, s);
    if (segment_remove(&log->folder, s, is_kept) != ERR_OK)
        return false;
    if (is_kept)
        log->pool[log->pool_count++] = s->number;
    return true;
}

/* An end record must outlive every copy of the message it ends: a segment goes only when none of
 * those is left that its end records are about. While the current segment has failed, all stay: a
 * message that was refused may come back after a restart, until a new segment says where this one
 * ended. */
void segments_sweep(struct log *log)
{
    struct segment *before = NULL;
    if (log->current->has_failed) {
        atomic_store(&log->may_be_dead, true);
        return;
    }
    for (struct segment *s = log->segments, *next; s && s != log->current; s = next) {
        next = s->next;
        if (is_used(log, s) || (before && before->number >= s->oldest) || !remove_one(log, s)) {
            before = s;
            continue;
        }
        if (before)
            before->next = next;
        else
            log->segments = next;
        if (s == log->compaction.segment)
            compact_free(log); /* the rest of it died first */
        free_segment(log, s);
    }
}

void segments_free(struct log *log)
{
    for (struct segment *s = log->segments, *next; s; s = next) {
        next = s->next;
        free_segment(log, s);
    }
}
