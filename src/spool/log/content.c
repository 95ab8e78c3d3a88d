#include "spool/log/parts.h"

struct spool_content *content_new(struct log *log)
{
    struct spool_content *c = mem_take(log->mem, sizeof(*c));
    if (!c)
        return NULL;
    *c = (struct spool_content){.log = log, .references = 1, .piece_number = UINT32_MAX};
    buf_init(&c->young, log->mem, RECORD_BODY_MAX);
    buf_init(&c->piece, log->mem, RECORD_BODY_MAX + RECORD_HEADER + RECORD_ALIGN);
    return c;
}

void content_hold(struct spool_content *c)
{
    pthread_mutex_lock(&c->log->lock);
    c->references++;
    pthread_mutex_unlock(&c->log->lock);
}

void content_drop(struct spool_content *c)
{
    struct log *log = c->log;
    pthread_mutex_lock(&log->lock);
    bool is_last = --c->references == 0;
    if (is_last) {
        place_set(&c->record, (struct place){0});
        chunks_drop(log->mem, c->chunks);
        log->memory_used -= c->counted;
    }
    pthread_mutex_unlock(&log->lock);
    if (!is_last)
        return;
    atomic_store(&log->may_be_dead, true);
    buf_free(&c->young);
    buf_free(&c->piece);
    mem_give(log->mem, c, sizeof(*c));
}

void content_keep(struct spool_content *c, struct buf *record)
{
    struct log *log = c->log;
    if (record->size > log->memory - log->memory_used)
        return;
    c->counted = record->size;
    log->memory_used += c->counted;
    c->young = *record;
    buf_init(record, log->mem, RECORD_BODY_MAX);
}

enum err_code place_read(struct log *log, struct place place, struct buf *into,
                         struct record *record_r)
{
    size_t size = record_size(place.length), got;
    buf_clear(into);
    char *to = buf_reserve(into, size);
    if (!to)
        return ERR_MEMORY;
    if (segment_read(place.segment, place.offset, to, size, &got) != ERR_OK) {
        log_damaged_record(log, place, "the disk cannot read this place");
        return ERR_IO;
    }
    into->len = got;
    if (record_read(buf_slice(into), place.segment->generation, record_r) &&
        record_r->body.len == place.length)
        return ERR_OK;
    if (log_has_lost(log, place.segment))
        return ERR_NOT_FOUND;
    log_damaged_record(log, place, "a record is damaged");
    return ERR_CORRUPT;
}

/* Reads chunk `number`, or the message record, into c->piece. */
static enum err_code load(struct spool_content *c, uint32_t number, struct body *body_r)
{
    struct record r;
    bool is_chunk = c->chunks && number < c->chunks->count;
    struct place place = is_chunk ? c->chunks->items[number].place : c->record;
    c->piece_number = UINT32_MAX;
    enum err_code result = place_read(c->log, place, &c->piece, &r);
    if (result != ERR_OK)
        return result;
    if (!body_read(r.body, body_r) ||
        (is_chunk &&
         (r.crc != c->chunks->items[number].crc || body_r->content.len != CHUNK_SIZE)) ||
        (!is_chunk && r.id != c->id)) {
        log_damaged_record(c->log, place, "not the record that was here");
        return ERR_CORRUPT;
    }
    c->piece_number = number;
    return ERR_OK;
}

/* The record in memory, which was read before: only its shape is looked at. */
static bool loaded(const struct buf *record, struct body *body_r)
{
    return body_read(slice_from(buf_slice(record), RECORD_HEADER), body_r);
}

enum err_code content_read(struct spool_content *c, uint64_t offset, struct slice *bytes_r)
{
    struct body body;
    if (offset >= c->size)
        return ERR_NOT_FOUND;
    uint32_t count = c->chunks ? c->chunks->count : 0;
    uint32_t number = (uint32_t)(offset / CHUNK_SIZE);
    if (number > count)
        number = count;
    const struct buf *from = number == count && c->young.at ? &c->young : &c->piece;
    if (from == &c->young || c->piece_number == number) {
        if (!loaded(from, &body))
            return ERR_CORRUPT;
    } else {
        enum err_code result = load(c, number, &body);
        if (result != ERR_OK)
            return result;
    }
    *bytes_r = slice_from(body.content, (size_t)(offset - (uint64_t)number * CHUNK_SIZE));
    return bytes_r->len ? ERR_OK : ERR_CORRUPT;
}
