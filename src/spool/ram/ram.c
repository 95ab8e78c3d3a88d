#include "spool/ram/ram.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/map.h"

struct spool_content {
    struct ram *ram;
    unsigned references; /* under ram->lock */
    struct buf bytes;
};

struct message {
    spool_id id;
    struct buf envelope;
    struct buf state;
    struct spool_content *content;
};

struct ram {
    struct spool base;
    const struct mem *mem;
    pthread_mutex_t lock;
    struct id_map messages;
    spool_id last;
};

struct spool_writer {
    struct ram *ram;
    struct spool_content *content;
};

enum { CONTENT_MAX = 1 << 30 };

static struct ram *ram_of(struct spool *s)
{
    return (struct ram *)(void *)s;
}

static enum err_code ram_begin(struct spool *s, uint64_t expected, struct spool_writer **writer_r)
{
    struct ram *ram = ram_of(s);
    (void)expected;
    struct spool_writer *w = mem_take(ram->mem, sizeof(*w));
    struct spool_content *c = mem_take(ram->mem, sizeof(*c));
    if (!w || !c) {
        mem_give(ram->mem, w, sizeof(*w));
        mem_give(ram->mem, c, sizeof(*c));
        return ERR_MEMORY;
    }
    *c = (struct spool_content){.ram = ram, .references = 1};
    buf_init(&c->bytes, ram->mem, CONTENT_MAX);
    *w = (struct spool_writer){.ram = ram, .content = c};
    *writer_r = w;
    return ERR_OK;
}

static enum err_code ram_write(struct spool_writer *w, struct slice bytes)
{
    buf_add(&w->content->bytes, bytes);
    return w->content->bytes.failed ? ERR_MEMORY : ERR_OK;
}

static void ram_hold(struct spool_content *c)
{
    pthread_mutex_lock(&c->ram->lock);
    c->references++;
    pthread_mutex_unlock(&c->ram->lock);
}

static void ram_drop(struct spool_content *c)
{
    struct ram *ram = c->ram;
    pthread_mutex_lock(&ram->lock);
    bool is_last = --c->references == 0;
    pthread_mutex_unlock(&ram->lock);
    if (!is_last)
        return;
    buf_free(&c->bytes);
    mem_give(ram->mem, c, sizeof(*c));
}

static void end_writer(struct spool_writer *w)
{
    mem_give(w->ram->mem, w, sizeof(*w));
}

static void ram_abort(struct spool_writer *w)
{
    ram_drop(w->content);
    end_writer(w);
}

static void free_message(struct ram *ram, struct message *m)
{
    buf_free(&m->envelope);
    buf_free(&m->state);
    if (m->content)
        ram_drop(m->content);
    mem_give(ram->mem, m, sizeof(*m));
}

/* NULL when memory ends. Takes over one reference to the content if it works. */
static struct message *add_message(struct ram *ram, struct slice envelope,
                                   struct spool_content *content)
{
    struct message *m = mem_take(ram->mem, sizeof(*m));
    if (!m)
        return NULL;
    *m = (struct message){.id = ++ram->last};
    buf_init(&m->envelope, ram->mem, CONTENT_MAX);
    buf_init(&m->state, ram->mem, CONTENT_MAX);
    buf_add(&m->envelope, envelope);
    if (!m->envelope.failed && id_map_put(&ram->messages, m->id, m)) {
        m->content = content;
        return m;
    }
    free_message(ram, m);
    return NULL;
}

static void ram_commit(struct spool_writer *w, struct slice envelope, spool_committed *done,
                       void *ctx)
{
    struct ram *ram = w->ram;
    struct spool_content *content = w->content;
    bool failed = content->bytes.failed;
    pthread_mutex_lock(&ram->lock);
    struct message *m = failed ? NULL : add_message(ram, envelope, content);
    spool_id id = m ? m->id : 0;
    content->references += m != NULL;
    pthread_mutex_unlock(&ram->lock);
    end_writer(w);
    if (!m)
        ram_drop(content);
    done(ctx, m ? ERR_OK : ERR_MEMORY, id, m ? content : NULL);
}

static void ram_submit(struct spool *s, struct spool_change *change)
{
    struct ram *ram = ram_of(s);
    enum err_code result = ERR_OK;
    struct message *ended = NULL;
    pthread_mutex_lock(&ram->lock);
    struct message *m = id_map_get(&ram->messages, change->id);
    if (!m) {
        result = ERR_NOT_FOUND;
    } else if (change->is_end) {
        ended = id_map_remove(&ram->messages, change->id);
    } else {
        buf_clear(&m->state);
        buf_add(&m->state, change->state);
        result = m->state.failed ? ERR_MEMORY : ERR_OK;
    }
    pthread_mutex_unlock(&ram->lock);
    if (ended)
        free_message(ram, ended);
    change->done(change, result);
}

static enum err_code ram_each(struct spool *s, spool_visit *visit, void *ctx)
{
    struct ram *ram = ram_of(s);
    for (spool_id id = 1; id <= ram->last; id++) {
        struct message *m = id_map_get(&ram->messages, id);
        if (m)
            visit(ctx, id, buf_slice(&m->envelope), buf_slice(&m->state));
    }
    return ERR_OK;
}

static enum err_code ram_open(struct spool *s, spool_id id, struct spool_content **content_r)
{
    struct ram *ram = ram_of(s);
    pthread_mutex_lock(&ram->lock);
    struct message *m = id_map_get(&ram->messages, id);
    if (m)
        m->content->references++;
    pthread_mutex_unlock(&ram->lock);
    if (!m)
        return ERR_NOT_FOUND;
    *content_r = m->content;
    return ERR_OK;
}

static enum err_code ram_read(struct spool_content *c, uint64_t offset, struct slice *bytes_r)
{
    if (offset >= c->bytes.len)
        return ERR_NOT_FOUND;
    *bytes_r = slice_from(buf_slice(&c->bytes), (size_t)offset);
    return ERR_OK;
}

static uint64_t ram_size(const struct spool_content *c)
{
    return c->bytes.len;
}

static bool ram_is_in_memory(const struct spool_content *c)
{
    (void)c;
    return true;
}

static void ram_close(struct spool *s)
{
    struct ram *ram = ram_of(s);
    size_t at = 0;
    for (struct message *m; (m = id_map_next(&ram->messages, &at));)
        free_message(ram, m);
    id_map_free(&ram->messages);
    pthread_mutex_destroy(&ram->lock);
    mem_give(ram->mem, ram, sizeof(*ram));
}

static const struct spool_ops ops = {
    .begin = ram_begin,
    .write = ram_write,
    .commit = ram_commit,
    .abort = ram_abort,
    .submit = ram_submit,
    .each = ram_each,
    .open = ram_open,
    .read = ram_read,
    .size = ram_size,
    .is_in_memory = ram_is_in_memory,
    .hold = ram_hold,
    .drop = ram_drop,
    .close = ram_close,
};

struct spool *spool_ram_open(const struct mem *mem)
{
    struct ram *ram = mem_take(mem, sizeof(*ram));
    if (!ram)
        return NULL;
    *ram = (struct ram){.base = {&ops}, .mem = mem};
    pthread_mutex_init(&ram->lock, NULL);
    id_map_init(&ram->messages, mem);
    return &ram->base;
}
