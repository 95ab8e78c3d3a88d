#include "spool/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/log/parts.h"

enum { SEGMENT_MIN = 4096, SEGMENT_MAX = 1 << 30 };

struct spool_log_options spool_log_default_options(struct slice path)
{
    return (struct spool_log_options){.path = path,
                                      .segment_size = 64 << 20,
                                      .pool = 4,
                                      .reserve = 256 << 20,
                                      .memory = 64 << 20,
                                      .pause_ms = 20};
}

static struct log *log_of(struct spool *s)
{
    return (struct log *)(void *)s;
}

void log_damage(const struct log *log, uint64_t segment, struct spool_damaged *d)
{
    char name[SEGMENT_NAME];
    segment_name(segment, name);
    d->file = name;
    if (log->damage)
        log->damage(log->damage_ctx, d);
    d->file = NULL;
}

void log_damaged_record(const struct log *log, struct place place, const char *what)
{
    log_damage(log, place.segment->number,
               &(struct spool_damaged){.offset = place.offset, .what = what});
}

bool log_has_lost(struct log *log, const struct segment *s)
{
    if (!log->folder.only_look || segment_is_there(&log->folder, s))
        return false;
    log->is_stale = true;
    return true;
}

static void log_submit(struct spool *s, struct spool_change *change)
{
    if (log_of(s)->folder.only_look) {
        change->done(change, ERR_STATE);
        return;
    }
    commit_change(log_of(s), change);
}

/* Puts the message's places into `c`; false when there is no such message. */
static bool take_places(struct log *log, spool_id id, struct spool_content *c)
{
    pthread_mutex_lock(&log->lock);
    const struct message *m = index_find(&log->index, id);
    bool found = m && m->record.segment;
    if (found) {
        place_set(&c->record, m->record);
        c->chunks = m->chunks;
        if (c->chunks)
            c->chunks->references++;
    }
    pthread_mutex_unlock(&log->lock);
    return found;
}

static enum err_code log_open(struct spool *s, spool_id id, struct spool_content **content_r)
{
    struct log *log = log_of(s);
    struct record r;
    struct body body;
    struct spool_content *c = content_new(log);
    if (!c)
        return ERR_MEMORY;
    c->id = id;
    enum err_code result = ERR_NOT_FOUND;
    if (take_places(log, id, c))
        result = place_read(log, c->record, &c->piece, &r);
    if (result == ERR_OK && !body_read(r.body, &body))
        result = ERR_CORRUPT;
    if (result != ERR_OK) {
        content_drop(c);
        return result;
    }
    c->size = body.size;
    c->piece_number = body.chunk_count;
    *content_r = c;
    return ERR_OK;
}

static uint64_t log_size(const struct spool_content *c)
{
    return c->size;
}

/* What is young has no chunks before it in the file, or it would be read from there. */
static bool log_is_in_memory(const struct spool_content *c)
{
    return c->young.len > 0 && !c->chunks;
}

static void free_log(struct log *log)
{
    index_free(&log->index);
    compact_free(log);
    hints_free(log);
    segments_free(log);
    if (log->folder.fd >= 0)
        close(log->folder.fd);
    if (log->lock_file >= 0)
        close(log->lock_file);
    pthread_cond_destroy(&log->work);
    pthread_cond_destroy(&log->settled);
    pthread_mutex_destroy(&log->queue_lock);
    pthread_mutex_destroy(&log->lock);
    mem_give(log->mem, log, sizeof(*log));
}

static void log_close(struct spool *s)
{
    struct log *log = log_of(s);
    pthread_mutex_lock(&log->queue_lock);
    log->is_closing = true;
    pthread_cond_signal(&log->work);
    pthread_mutex_unlock(&log->queue_lock);
    if (!log->folder.only_look)
        pthread_join(log->committer, NULL);
    free_log(log);
}

static const struct spool_ops ops = {
    .begin = writer_begin,
    .write = writer_write,
    .commit = writer_commit,
    .abort = writer_abort,
    .submit = log_submit,
    .each = list_each,
    .open = log_open,
    .read = content_read,
    .size = log_size,
    .is_in_memory = log_is_in_memory,
    .hold = content_hold,
    .drop = content_drop,
    .close = log_close,
};

static void init_locks(struct log *log)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&log->work, &monotonic);
    pthread_cond_init(&log->settled, NULL);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&log->queue_lock, NULL);
    pthread_mutex_init(&log->lock, NULL);
}

static struct log *new_log(const struct spool_log_options *o, const struct mem *mem)
{
    struct log *log = mem_take(mem, sizeof(*log));
    if (!log)
        return NULL;
    memset(log, 0, sizeof(*log));
    log->base.ops = &ops;
    log->mem = mem;
    log->segment_size = o->segment_size < SEGMENT_MIN   ? SEGMENT_MIN
                        : o->segment_size > SEGMENT_MAX ? SEGMENT_MAX
                                                        : o->segment_size;
    log->reserve = o->reserve;
    log->memory = o->memory;
    log->pause_ms = o->pause_ms;
    log->pool_size = o->pool < POOL_MOST ? o->pool : POOL_MOST;
    log->damage = o->damage;
    log->damage_ctx = o->damage_ctx;
    log->progress = o->progress;
    log->progress_ctx = o->progress_ctx;
    log->read_all = o->read_all;
    log->folder = (struct segment_folder){-1, o->only_look, o->fault, o->skip_sync};
    log->lock_file = -1;
    log->requests_tail = &log->requests;
    log->changes_tail = &log->changes;
    index_init(&log->index, mem);
    hint_init(&log->building, mem, 0);
    init_locks(log);
    return log;
}

/* Opens the folder, and keeps every other process out. */
static bool enter_folder(struct log *log, struct slice path, struct err *err_r)
{
    char name[PATH_MAX];
    if (!slice_cstr(path, name, sizeof(name)))
        return err_set(err_r, ERR_LIMIT, 0, "the spool's path is too long");
    if (!log->folder.only_look && mkdir(name, 0700) != 0 && errno != EEXIST)
        return err_set(err_r, ERR_IO, 0,
                       "the spool's folder cannot be made: does its parent exist, and may this "
                       "user write there?");
    log->folder.fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (log->folder.fd < 0)
        return err_set(err_r, ERR_IO, 0, "the spool's folder cannot be opened");
    if (log->folder.only_look)
        return true;
    log->lock_file = openat(log->folder.fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (log->lock_file < 0)
        return err_set(err_r, ERR_IO, 0, "the spool's folder cannot be written to");
    if (flock(log->lock_file, LOCK_EX | LOCK_NB) != 0)
        return err_set(err_r, ERR_STATE, 0, "the spool is in use by another process");
    return true;
}

/* Everything that was in the last segment stays as it is: we always write to a new one. */
static bool start(struct log *log, const struct spool_log_options *o, struct err *err_r)
{
    if (!enter_folder(log, o->path, err_r) || !recover(log, err_r))
        return false;
    if (log->folder.only_look)
        return true;
    enum err_code result = segments_next(log);
    if (result != ERR_OK)
        return err_set(err_r, result, 0, "the spool cannot begin a new segment");
    hints_finish(log); /* of the segment before */
    if (pthread_create(&log->committer, NULL, commit_run, log) != 0)
        return err_set(err_r, ERR_MEMORY, 0, "no thread for the spool");
    return true;
}

/* One try. */
static enum err_code open_log(const struct spool_log_options *options, const struct mem *mem,
                              struct spool **spool_r, bool *is_stale_r, struct err *err_r)
{
    struct log *log = new_log(options, mem);
    struct err err = {ERR_MEMORY, 0, "out of memory"};
    *is_stale_r = false;
    if (log && start(log, options, &err) && !log->is_stale) {
        *spool_r = &log->base;
        return ERR_OK;
    }
    if (log) {
        *is_stale_r = log->is_stale;
        free_log(log);
    }
    *err_r = err;
    return err.code;
}

enum err_code spool_log_open(const struct spool_log_options *options, const struct mem *mem,
                             struct spool **spool_r, struct err *err_r)
{
    enum { LOOKS_MOST = 10 };
    for (int i = 0; i < LOOKS_MOST; i++) {
        bool is_stale;
        enum err_code result = open_log(options, mem, spool_r, &is_stale, err_r);
        if (!is_stale)
            return result;
    }
    *err_r =
        (struct err){ERR_STATE, 0, "the server takes files away faster than they can be looked at"};
    return err_r->code;
}
