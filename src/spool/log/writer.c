#include <sys/statvfs.h>
#include <time.h>

#include "spool/log/parts.h"

enum {
    SPACE_CHECK_MS = 50,
    SPACE_CHECK_BYTES = 8 << 20,
    FIRST_ROOM = 4096,   /* when nobody knows how long the message will be */
    ENVELOPE_ROOM = 512, /* beside the expected content, so that the buffer seldom grows */
    BEFORE_CONTENT = RECORD_HEADER + BODY_PREFIX,
};

uint64_t log_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The reserve is for what frees space: records of deliveries. Asked of the file system at most
 * every 50 ms or 8 MiB. */
static bool is_full(struct log *log, uint64_t expected)
{
    struct statvfs fs;
    uint64_t now = log_now_ms();
    pthread_mutex_lock(&log->queue_lock);
    log->space_begun += expected < SPACE_CHECK_BYTES ? expected : SPACE_CHECK_BYTES;
    bool check = !log->space_checked_at || now - log->space_checked_at >= SPACE_CHECK_MS ||
                 log->space_begun >= SPACE_CHECK_BYTES;
    if (check) {
        log->space_checked_at = now;
        log->space_begun = 0;
    }
    bool full = log->is_full;
    pthread_mutex_unlock(&log->queue_lock);
    if (!check || fstatvfs(log->folder.fd, &fs) != 0)
        return full;
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    full = free_bytes < log->reserve || free_bytes - log->reserve < expected;
    pthread_mutex_lock(&log->queue_lock);
    log->is_full = free_bytes < log->reserve;
    pthread_mutex_unlock(&log->queue_lock);
    return full;
}

/* An empty record with room for the header and prefix, which are written last. */
static bool start_record(struct log *log, struct buf *record, size_t room)
{
    buf_init(record, log->mem, RECORD_HEADER + (size_t)RECORD_BODY_MAX + RECORD_ALIGN);
    char *at = buf_reserve(record, BEFORE_CONTENT + room);
    if (!at)
        return false;
    memset(at, 0, BEFORE_CONTENT);
    record->len = BEFORE_CONTENT;
    return true;
}

enum err_code writer_begin(struct spool *s, uint64_t expected, struct spool_writer **writer_r)
{
    struct log *log = (struct log *)(void *)s;
    if (log->folder.only_look)
        return ERR_STATE;
    if (atomic_load(&log->has_failed))
        return ERR_IO;
    if (is_full(log, expected))
        return ERR_FULL;
    struct spool_writer *w = mem_take(log->mem, sizeof(*w));
    if (!w)
        return ERR_MEMORY;
    *w = (struct spool_writer){.log = log, .request = {.writer = w}};
    size_t room = expected < CHUNK_SIZE ? (size_t)expected + ENVELOPE_ROOM : CHUNK_SIZE;
    if (!start_record(log, &w->request.record, expected ? room : FIRST_ROOM)) {
        mem_give(log->mem, w, sizeof(*w));
        return ERR_MEMORY;
    }
    *writer_r = w;
    return ERR_OK;
}

static enum err_code fail(struct spool_writer *w, enum err_code result)
{
    enum err_code none = ERR_OK;
    return atomic_compare_exchange_strong(&w->result, &none, result) ? result : none;
}

/* The zeros after the record, not counted in its length. */
static bool pad(struct buf *record)
{
    char *at = buf_reserve(record, RECORD_ALIGN);
    if (at)
        memset(at, 0, RECORD_ALIGN);
    return at != NULL;
}

static void wait_for_turn(struct spool_writer *w)
{
    struct log *log = w->log;
    pthread_mutex_lock(&log->queue_lock);
    while (w->under_way >= CHUNKS_UNDER_WAY)
        pthread_cond_wait(&log->settled, &log->queue_lock);
    w->under_way++;
    pthread_mutex_unlock(&log->queue_lock);
}

/* Hands a full record's content to the committer as a chunk, and starts the next. */
static enum err_code send_chunk(struct spool_writer *w)
{
    struct log *log = w->log;
    struct buf next;
    struct request *chunk = mem_take(log->mem, sizeof(*chunk));
    if (!chunk)
        return fail(w, ERR_MEMORY);
    *chunk = (struct request){.kind = REQUEST_CHUNK, .writer = w};
    if (!pad(&w->request.record) || !start_record(log, &next, CHUNK_SIZE)) {
        mem_give(log->mem, chunk, sizeof(*chunk));
        return fail(w, ERR_MEMORY);
    }
    body_prefix(w->request.record.at + RECORD_HEADER, CHUNK_SIZE, 0, w->size);
    chunk->record = w->request.record;
    w->request.record = next;
    w->chunk_count++;
    wait_for_turn(w);
    commit_request(log, chunk);
    return ERR_OK;
}

enum err_code writer_write(struct spool_writer *w, struct slice bytes)
{
    struct buf *record = &w->request.record;
    enum err_code result = atomic_load(&w->result);
    while (bytes.len && result == ERR_OK) {
        if (record->len == BEFORE_CONTENT + (size_t)CHUNK_SIZE) {
            result = send_chunk(w);
            continue;
        }
        struct slice part = slice_head(bytes, BEFORE_CONTENT + (size_t)CHUNK_SIZE - record->len);
        buf_add(record, part);
        if (record->failed)
            return fail(w, ERR_MEMORY);
        w->size += part.len;
        bytes = slice_from(bytes, part.len);
        result = atomic_load(&w->result);
    }
    return result;
}

/* Completes the record: room for the places of the chunks, and the envelope. */
static bool finish_record(struct spool_writer *w, struct slice envelope)
{
    struct buf *record = &w->request.record;
    size_t refs = (size_t)w->chunk_count * CHUNK_REF;
    uint32_t content = (uint32_t)(record->len - BEFORE_CONTENT);
    char *to = buf_reserve(record, refs + envelope.len + RECORD_ALIGN);
    if (!to)
        return false;
    memset(to, 0, refs);
    record->len += refs;
    buf_add(record, envelope);
    body_prefix(record->at + RECORD_HEADER, content, w->chunk_count, w->size);
    if (!w->chunk_count)
        w->body_crc = record_body_crc(slice_from(buf_slice(record), RECORD_HEADER));
    w->content = content_new(w->log);
    return w->content && pad(record);
}

void writer_commit(struct spool_writer *w, struct slice envelope, spool_committed *done, void *ctx)
{
    w->done = done;
    w->ctx = ctx;
    w->request.kind = REQUEST_MESSAGE;
    if (atomic_load(&w->result) == ERR_OK && !finish_record(w, envelope))
        (void)fail(w, ERR_MEMORY);
    commit_request(w->log, &w->request);
}

void writer_abort(struct spool_writer *w)
{
    if (!w->chunk_count) {
        writer_free(w);
        return;
    }
    w->request.kind = REQUEST_ABORT;
    commit_request(w->log, &w->request);
}

void writer_free(struct spool_writer *w)
{
    struct log *log = w->log;
    if (w->chunks) {
        pthread_mutex_lock(&log->lock);
        chunks_drop(log->mem, w->chunks);
        pthread_mutex_unlock(&log->lock);
        atomic_store(&log->may_be_dead, true);
    }
    buf_free(&w->request.record);
    mem_give(log->mem, w, sizeof(*w));
}
