#include "spool/failing/failing.h"

#include <pthread.h>
#include <stdatomic.h>

struct failing {
    struct spool base;
    const struct mem *mem;
    struct spool *inner;
    pthread_mutex_t lock; /* of *fault */
    struct fault *fault;
    enum err_code code;
};

struct spool_writer {
    struct failing *failing;
    struct spool_writer *inner;
    enum err_code result; /* of the first write that failed */
    struct spool_content *content;
    spool_committed *done;
    void *ctx;
};

struct spool_content {
    struct failing *failing;
    struct spool_content *inner; /* one reference, whatever ours are */
    _Atomic unsigned references;
};

static struct failing *failing_of(struct spool *s)
{
    return (struct failing *)(void *)s;
}

static enum err_code ask(struct failing *f)
{
    pthread_mutex_lock(&f->lock);
    bool is_now = fault_now(f->fault);
    pthread_mutex_unlock(&f->lock);
    return is_now ? f->code : ERR_OK;
}

static struct spool_content *new_content(struct failing *f)
{
    struct spool_content *c = mem_take(f->mem, sizeof(*c));
    if (c)
        *c = (struct spool_content){.failing = f, .references = 1};
    return c;
}

static void free_content(struct spool_content *c)
{
    mem_give(c->failing->mem, c, sizeof(*c));
}

static void free_writer(struct spool_writer *w)
{
    mem_give(w->failing->mem, w, sizeof(*w));
}

static enum err_code failing_begin(struct spool *s, uint64_t expected,
                                   struct spool_writer **writer_r)
{
    struct failing *f = failing_of(s);
    enum err_code result = ask(f);
    if (result != ERR_OK)
        return result;
    struct spool_writer *w = mem_take(f->mem, sizeof(*w));
    struct spool_content *c = new_content(f);
    if (w && c) {
        *w = (struct spool_writer){.failing = f, .content = c};
        result = f->inner->ops->begin(f->inner, expected, &w->inner);
    } else {
        result = ERR_MEMORY;
    }
    if (result == ERR_OK) {
        *writer_r = w;
        return ERR_OK;
    }
    mem_give(f->mem, w, sizeof(*w));
    mem_give(f->mem, c, sizeof(*c));
    return result;
}

static enum err_code failing_write(struct spool_writer *w, struct slice bytes)
{
    struct failing *f = w->failing;
    if (w->result == ERR_OK)
        w->result = ask(f);
    if (w->result == ERR_OK)
        w->result = f->inner->ops->write(w->inner, bytes);
    return w->result;
}

static void committed(void *ctx, enum err_code result, spool_id id, struct spool_content *content)
{
    struct spool_writer *w = ctx;
    struct spool_content *ours = NULL;
    if (result == ERR_OK) {
        ours = w->content;
        ours->inner = content;
    } else {
        free_content(w->content);
    }
    w->done(w->ctx, result, id, ours);
    free_writer(w);
}

static void end_unwritten(struct spool_writer *w)
{
    w->failing->inner->ops->abort(w->inner);
    free_content(w->content);
}

static void failing_commit(struct spool_writer *w, struct slice envelope, spool_committed *done,
                           void *ctx)
{
    struct failing *f = w->failing;
    w->done = done;
    w->ctx = ctx;
    if (w->result == ERR_OK)
        w->result = ask(f);
    if (w->result == ERR_OK) {
        f->inner->ops->commit(w->inner, envelope, committed, w);
        return;
    }
    end_unwritten(w);
    done(ctx, w->result, 0, NULL);
    free_writer(w);
}

static void failing_abort(struct spool_writer *w)
{
    end_unwritten(w);
    free_writer(w);
}

static void failing_submit(struct spool *s, struct spool_change *change)
{
    struct failing *f = failing_of(s);
    enum err_code result = ask(f);
    if (result == ERR_OK)
        f->inner->ops->submit(f->inner, change);
    else
        change->done(change, result);
}

static enum err_code failing_each(struct spool *s, spool_visit *visit, void *ctx)
{
    struct failing *f = failing_of(s);
    return f->inner->ops->each(f->inner, visit, ctx);
}

static enum err_code failing_open(struct spool *s, spool_id id, struct spool_content **content_r)
{
    struct failing *f = failing_of(s);
    enum err_code result = ask(f);
    if (result != ERR_OK)
        return result;
    struct spool_content *c = new_content(f);
    if (!c)
        return ERR_MEMORY;
    result = f->inner->ops->open(f->inner, id, &c->inner);
    if (result == ERR_OK)
        *content_r = c;
    else
        free_content(c);
    return result;
}

static enum err_code failing_read(struct spool_content *c, uint64_t offset, struct slice *bytes_r)
{
    enum err_code result = ask(c->failing);
    return result == ERR_OK ? c->failing->inner->ops->read(c->inner, offset, bytes_r) : result;
}

static uint64_t failing_size(const struct spool_content *c)
{
    return c->failing->inner->ops->size(c->inner);
}

static bool failing_is_in_memory(const struct spool_content *c)
{
    return c->failing->inner->ops->is_in_memory(c->inner);
}

static void failing_hold(struct spool_content *c)
{
    atomic_fetch_add(&c->references, 1);
}

static void failing_drop(struct spool_content *c)
{
    if (atomic_fetch_sub(&c->references, 1) != 1)
        return;
    c->failing->inner->ops->drop(c->inner);
    free_content(c);
}

static void failing_close(struct spool *s)
{
    struct failing *f = failing_of(s);
    f->inner->ops->close(f->inner);
    pthread_mutex_destroy(&f->lock);
    mem_give(f->mem, f, sizeof(*f));
}

static const struct spool_ops ops = {
    .begin = failing_begin,
    .write = failing_write,
    .commit = failing_commit,
    .abort = failing_abort,
    .submit = failing_submit,
    .each = failing_each,
    .open = failing_open,
    .read = failing_read,
    .size = failing_size,
    .is_in_memory = failing_is_in_memory,
    .hold = failing_hold,
    .drop = failing_drop,
    .close = failing_close,
};

struct spool *spool_failing_open(const struct mem *mem, struct spool *inner, struct fault *fault,
                                 enum err_code code)
{
    struct failing *f = mem_take(mem, sizeof(*f));
    if (!f)
        return NULL;
    *f = (struct failing){.base = {&ops}, .mem = mem, .inner = inner, .fault = fault, .code = code};
    pthread_mutex_init(&f->lock, NULL);
    return &f->base;
}
