#include "spool/log/batch.h"

#include "base/buf.h"

/* Tells one that waited how it went, and ends its life. Nothing of it is in the index. */
static void fail_message(struct spool_writer *w, enum err_code result)
{
    if (w->content)
        content_drop(w->content);
    w->done(w->ctx, result, 0, NULL);
    writer_free(w);
}

static void settle_chunk(struct request *request, enum err_code result)
{
    struct spool_writer *w = request->writer;
    struct log *log = w->log;
    enum err_code none = ERR_OK;
    if (result != ERR_OK)
        (void)atomic_compare_exchange_strong(&w->result, &none, result);
    buf_free(&request->record);
    mem_give(log->mem, request, sizeof(*request));
    pthread_mutex_lock(&log->queue_lock);
    w->under_way--;
    pthread_cond_broadcast(&log->settled);
    pthread_mutex_unlock(&log->queue_lock);
}

static void fail_request(struct request *request, enum err_code result)
{
    if (request->kind == REQUEST_CHUNK)
        settle_chunk(request, result);
    else
        fail_message(request->writer, result);
}

/* Whether there is a segment with room for `size` more bytes; a new one is begun if need be. */
static enum batch_fit make_room(struct log *log, size_t size, enum err_code *result_r)
{
    struct batch *b = &log->batch;
    struct segment *s = log->current;
    *result_r = ERR_OK;
    if (b->count && (b->count == BATCH_ITEMS || b->bytes + size > BATCH_BYTES))
        return BATCH_WRITE_FIRST;
    bool is_usable = s && !s->has_failed;
    bool is_empty = is_usable && s->end + b->bytes <= record_size(SEGMENT_BODY);
    if (is_usable && (is_empty || s->end + b->bytes + size <= log->segment_size))
        return BATCH_TAKEN;
    if (b->count)
        return BATCH_WRITE_FIRST;
    *result_r = segments_next(log);
    return BATCH_TAKEN;
}

static struct item *add_item(struct log *log, enum record_type type, uint64_t id, uint32_t body_crc,
                             struct slice body, char *header)
{
    struct batch *b = &log->batch;
    struct item *item = &b->items[b->count++];
    struct record r = {type, log->current->generation, id, body_crc, body};
    record_header(header, &r);
    *item = (struct item){
        .type = type,
        .id = id,
        .body = body,
        .place = {log->current, (uint32_t)(log->current->end + b->bytes), (uint32_t)body.len},
        .crc = r.crc};
    b->bytes += record_size(body.len);
    return item;
}

static void add_bytes(struct batch *b, const void *at, size_t len)
{
    union {
        const void *in;
        void *out;
    } both = {at}; /* struct iovec knows no const */
    if (len)
        b->iov[b->iov_count++] = (struct iovec){both.out, len};
}

/* A record that does not lie in one piece. */
static void add_parts(struct batch *b, const char *header, struct slice body)
{
    static const char padding[RECORD_ALIGN];
    add_bytes(b, header, RECORD_HEADER);
    add_bytes(b, body.at, body.len);
    add_bytes(b, padding, record_size(body.len) - RECORD_HEADER - body.len);
    b->needs_sync = true;
}

/* The chunks' places go where the writer left room for them. */
static enum err_code name_chunks(struct spool_writer *w, struct slice body)
{
    struct body parts;
    if (!body_read(body, &parts) || !w->chunks || parts.chunk_count != w->chunks->count)
        return ERR_STATE;
    char *to = w->request.record.at + (parts.chunks.at - w->request.record.at);
    for (uint32_t i = 0; i < w->chunks->count; i++, to += CHUNK_REF) {
        const struct chunk *c = &w->chunks->items[i];
        if (c->place.segment->has_failed)
            return ERR_IO;
        chunk_ref_write(to, &(struct chunk_ref){c->place.segment->number, c->place.offset,
                                                c->place.length, c->crc});
    }
    w->body_crc = record_body_crc(body);
    return ERR_OK;
}

/* Gives the message its id and its place in the index, where nobody finds it yet. */
static enum err_code enter_message(struct spool_writer *w, struct slice body)
{
    struct log *log = w->log;
    enum err_code result = atomic_load(&w->result);
    if (result == ERR_OK && w->chunk_count)
        result = name_chunks(w, body);
    if (result != ERR_OK)
        return result;
    w->id = ++log->last_id;
    pthread_mutex_lock(&log->lock);
    bool added = index_add(&log->index, w->id) != NULL;
    pthread_mutex_unlock(&log->lock);
    return added ? ERR_OK : ERR_MEMORY;
}

static size_t body_length(const struct request *request)
{
    struct body parts;
    struct slice bytes = slice_from(buf_slice(&request->record), RECORD_HEADER);
    if (!body_read(bytes, &parts))
        return 0;
    return bytes.len;
}

/* Chunks of the writer stand in the batch that is being filled. */
static bool has_chunks_waiting(struct log *log, const struct spool_writer *w)
{
    pthread_mutex_lock(&log->queue_lock);
    bool waiting = w->under_way != 0;
    pthread_mutex_unlock(&log->queue_lock);
    return waiting;
}

enum batch_fit batch_add_request(struct log *log, struct request *request)
{
    struct batch *b = &log->batch;
    struct spool_writer *w = request->writer;
    if (request->kind != REQUEST_CHUNK && w->chunk_count && has_chunks_waiting(log, w))
        return BATCH_WRITE_FIRST;
    enum err_code result = atomic_load(&w->result);
    if (request->kind == REQUEST_ABORT) {
        writer_free(w);
        return BATCH_TAKEN;
    }
    size_t length = body_length(request);
    if (result == ERR_OK && length == 0)
        result = ERR_MEMORY;
    if (result == ERR_OK && make_room(log, record_size(length), &result) == BATCH_WRITE_FIRST)
        return BATCH_WRITE_FIRST;
    bool is_message = request->kind == REQUEST_MESSAGE;
    struct slice body = slice_of(request->record.at + RECORD_HEADER, length);
    if (result == ERR_OK && is_message)
        result = enter_message(w, body);
    if (result != ERR_OK) {
        fail_request(request, result);
        return BATCH_TAKEN;
    }
    uint32_t crc = is_message ? w->body_crc : record_body_crc(body);
    enum record_type type = is_message ? RECORD_MESSAGE : RECORD_CHUNK;
    add_item(log, type, is_message ? w->id : 0, crc, body, request->record.at)->request = request;
    add_bytes(b, request->record.at, record_size(length));
    b->needs_sync |= is_message;
    return BATCH_TAKEN;
}

static bool is_live(struct log *log, spool_id id)
{
    pthread_mutex_lock(&log->lock);
    const struct message *m = index_find(&log->index, id);
    bool live = m && m->record.segment;
    pthread_mutex_unlock(&log->lock);
    return live;
}

enum batch_fit batch_add_change(struct log *log, struct spool_change *change)
{
    struct batch *b = &log->batch;
    struct slice body = change->is_end ? SLICE("") : change->state;
    enum err_code result = body.len > RECORD_BODY_MAX ? ERR_LIMIT : ERR_OK;
    if (!is_live(log, change->id))
        result = ERR_NOT_FOUND;
    if (result == ERR_OK && make_room(log, record_size(body.len), &result) == BATCH_WRITE_FIRST)
        return BATCH_WRITE_FIRST;
    if (result != ERR_OK) {
        change->done(change, result);
        return BATCH_TAKEN;
    }
    char *header = b->headers[b->count];
    add_item(log, change->is_end ? RECORD_END : RECORD_STATE, change->id, record_body_crc(body),
             body, header)
        ->change = change;
    add_parts(b, header, body);
    return BATCH_TAKEN;
}

enum batch_fit batch_room_to_move(struct log *log, size_t sizes, enum err_code *result_r)
{
    *result_r = ERR_OK;
    if (log->batch.count + 2 > BATCH_ITEMS)
        return BATCH_WRITE_FIRST;
    return make_room(log, sizes, result_r);
}

void batch_add_moved(struct log *log, const struct record *r, struct place from)
{
    struct batch *b = &log->batch;
    char *header = b->headers[b->count];
    add_item(log, r->type, r->id, record_body_crc(r->body), r->body, header)->from = from;
    add_parts(b, header, r->body);
}

/* From here on: after the write. */

static enum err_code make_durable(struct log *log)
{
    struct batch *b = &log->batch;
    struct segment *s = log->current;
    enum err_code result = segment_write(&log->folder, s, b->iov, b->iov_count);
    if (result == ERR_OK && b->needs_sync) {
        result = segment_sync(&log->folder, s);
        s->has_failed = result != ERR_OK; /* nobody can know what of it reached the disk */
    } else if (result == ERR_FULL) {
        s->has_failed = segment_cut(&log->folder, s) != ERR_OK;
    } else if (result != ERR_OK) {
        s->has_failed = true;
    }
    if (result == ERR_OK)
        s->end += b->bytes;
    return result;
}

static void enter_message_place(struct log *log, struct spool_writer *w, const struct item *item)
{
    struct message *m = index_find(&log->index, w->id);
    struct spool_content *c = w->content;
    segments_widen(item->place.segment, w->id);
    place_set(&m->record, item->place);
    place_set(&c->record, item->place);
    c->id = w->id;
    c->size = w->size;
    c->chunks = m->chunks = w->chunks;
    w->chunks = NULL;
    if (c->chunks)
        c->chunks->references = 2;
    content_keep(c, &w->request.record);
}

static enum err_code enter_chunk(struct log *log, struct spool_writer *w, const struct item *item)
{
    struct chunks *list =
        chunks_add(log->mem, w->chunks, (struct chunk){.place = item->place, .crc = item->crc});
    if (!list)
        return ERR_MEMORY;
    w->chunks = list;
    return ERR_OK;
}

static void enter_change(struct log *log, const struct item *item)
{
    struct message *m = index_find(&log->index, item->change->id);
    struct segment *s = item->place.segment;
    if (!m)
        return; /* ended earlier in this batch */
    if (!item->change->is_end) {
        place_set(&m->state, item->place);
        return;
    }
    if (m->record.segment->origin < s->oldest)
        s->oldest = m->record.segment->origin;
    index_remove(&log->index, m->id);
    atomic_store(&log->may_be_dead, true);
}

/* What moved is live from its new place, unless it changed meanwhile (then nothing refers to it).
 */
static void enter_moved(struct log *log, const struct item *item)
{
    struct message *m = index_find(&log->index, item->id);
    struct segment *s = item->place.segment;
    if (item->type == RECORD_END) {
        if (item->from.segment->oldest < s->oldest)
            s->oldest = item->from.segment->oldest;
        return;
    }
    if (item->type == RECORD_MESSAGE) {
        segments_widen(s, item->id);
        if (item->from.segment->origin < s->origin)
            s->origin = item->from.segment->origin;
    }
    struct place *at = !m ? NULL : item->type == RECORD_MESSAGE ? &m->record : &m->state;
    if (at && place_is(at, &item->from))
        place_set(at, item->place);
}

/* Before anything is entered: then a record's memory may be somebody else's. */
static void keep_hints(struct log *log)
{
    const struct batch *b = &log->batch;
    for (const struct item *item = b->items; item < b->items + b->count; item++)
        hint_add(&log->building,
                 &(struct record){
                     .type = item->type, .id = item->id, .crc = item->crc, .body = item->body},
                 item->place.offset);
}

/* The item's own result, when the batch is durable. */
static enum err_code enter(struct log *log, const struct item *item)
{
    if (item->change)
        enter_change(log, item);
    else if (!item->request)
        enter_moved(log, item);
    else if (item->request->kind == REQUEST_CHUNK)
        return enter_chunk(log, item->request->writer, item);
    else
        enter_message_place(log, item->request->writer, item);
    return ERR_OK;
}

static void forget(struct log *log, const struct item *item)
{
    if (item->request && item->request->kind == REQUEST_MESSAGE)
        index_remove(&log->index, item->request->writer->id);
}

static void tell(const struct item *item, enum err_code result)
{
    if (item->change) {
        item->change->done(item->change, result);
    } else if (!item->request) {
        return; /* nobody waits for what moves */
    } else if (item->request->kind == REQUEST_CHUNK) {
        settle_chunk(item->request, result);
    } else if (result != ERR_OK) {
        fail_message(item->request->writer, result);
    } else {
        struct spool_writer *w = item->request->writer;
        struct spool_content *content = w->content;
        w->content = NULL;
        w->done(w->ctx, ERR_OK, w->id, content);
        writer_free(w);
    }
}

enum err_code batch_write(struct log *log)
{
    struct batch *b = &log->batch;
    enum err_code results[BATCH_ITEMS] = {ERR_OK};
    if (b->count == 0)
        return ERR_OK;
    enum err_code result = make_durable(log);
    if (result == ERR_OK)
        keep_hints(log);
    pthread_mutex_lock(&log->lock);
    for (int i = 0; i < b->count; i++) {
        results[i] = result;
        if (result == ERR_OK)
            results[i] = enter(log, &b->items[i]);
        else
            forget(log, &b->items[i]);
    }
    pthread_mutex_unlock(&log->lock);
    for (int i = 0; i < b->count; i++)
        tell(&b->items[i], results[i]);
    b->count = b->iov_count = 0;
    b->bytes = 0;
    b->needs_sync = false;
    return result;
}
