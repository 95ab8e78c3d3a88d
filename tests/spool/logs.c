#include "spool/logs.h"

#include <stdlib.h>

#include "check.h"
#include "system/heap.h"

static void note_damage(void *ctx, const struct spool_damaged *damage)
{
    struct damage *d = ctx;
    assert_non_null(damage->what);
    snprintf(d->file, sizeof(d->file), "%s", damage->file);
    d->offset = damage->offset;
    d->count++;
}

void logs_open(struct logs *f, const char *path)
{
    struct err err = {0};
    f->options.path = slice_str(path);
    assert_int_equal(spool_log_open(&f->options, &heap, &f->spool, &err), ERR_OK);
}

void logs_close(struct logs *f)
{
    f->spool->ops->close(f->spool);
    f->spool = NULL;
}

int logs_set_up(void **state)
{
    struct logs *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    use_folder(f->path);
    f->fault.after = -1;
    f->options = spool_log_default_options(slice_str(f->path));
    f->options.segment_size = 64 << 10;
    f->options.reserve = 0;
    f->options.memory = 0;
    f->options.damage = note_damage;
    f->options.damage_ctx = &f->damage;
    f->options.fault = &f->fault;
    logs_open(f, f->path);
    return 0;
}

int logs_tear_down(void **state)
{
    struct logs *f = *state;
    if (f->spool)
        logs_close(f);
    use_remove_folder(f->path);
    free(f);
    return 0;
}

struct put logs_put(struct logs *f, uint64_t seed, size_t size)
{
    struct put put = use_put(f->spool, seed, size, SLICE("envelope"));
    if (put.content)
        f->spool->ops->drop(put.content);
    return put;
}

static void count_one(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    (void)id;
    (void)state;
    assert_slice(envelope, "envelope");
    ++*(size_t *)ctx;
}

size_t logs_count_live(struct logs *f)
{
    size_t count = 0;
    assert_int_equal(f->spool->ops->each(f->spool, count_one, &count), ERR_OK);
    return count;
}

void logs_reopen(struct logs *f)
{
    logs_close(f);
    logs_open(f, f->options.path.at);
}
