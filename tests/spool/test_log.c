/* The log over restarts, and when files or calls go wrong. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "spool/use.h"
#include "system/heap.h"

struct damage {
    size_t count;
    char file[64];
    uint64_t offset;
};

static void note_damage(void *ctx, const char *file, uint64_t offset, const char *what)
{
    struct damage *d = ctx;
    assert_non_null(what);
    snprintf(d->file, sizeof(d->file), "%s", file);
    d->offset = offset;
    d->count++;
}

struct fixture {
    char path[64];
    char copy[70];
    struct damage damage;
    struct fault fault;
    struct spool_log_options options;
    struct spool *spool;
};

static void open_at(struct fixture *f, const char *path)
{
    struct err err = {0};
    f->options.path = slice_str(path);
    assert_int_equal(spool_log_open(&f->options, &heap, &f->spool, &err), ERR_OK);
}

static void close_spool(struct fixture *f)
{
    f->spool->ops->close(f->spool);
    f->spool = NULL;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    *state = f;
    use_folder(f->path);
    snprintf(f->copy, sizeof(f->copy), "%s-copy", f->path);
    f->fault.after = -1;
    f->options = spool_log_default_options(slice_str(f->path));
    f->options.segment_size = 64 << 10;
    f->options.reserve = 0;
    f->options.memory = 0;
    f->options.damage = note_damage;
    f->options.damage_ctx = &f->damage;
    f->options.fault = &f->fault;
    open_at(f, f->path);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->spool)
        close_spool(f);
    use_remove_folder(f->path);
    free(f);
    return 0;
}

static struct put put(struct fixture *f, uint64_t seed, size_t size)
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

static size_t count_live(struct fixture *f)
{
    size_t count = 0;
    assert_int_equal(f->spool->ops->each(f->spool, count_one, &count), ERR_OK);
    return count;
}

static void reopen(struct fixture *f)
{
    close_spool(f);
    open_at(f, f->path);
}

enum { COUNT = 300 };

static void keeps_everything_over_restarts(void **state)
{
    struct fixture *f = *state;
    spool_id ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct put p = put(f, i, i * 11);
        assert_int_equal(p.result, ERR_OK);
        ids[i] = p.id;
        if (i % 50 == 49)
            reopen(f);
        if (i % 3 == 2)
            assert_int_equal(use_end(f->spool, ids[i - 1]), ERR_OK);
    }
    reopen(f);
    assert_int_equal(count_live(f), COUNT - COUNT / 3);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(use_check(f->spool, ids[i], i, i * 11),
                         i % 3 == 1 ? ERR_NOT_FOUND : ERR_OK);
    assert_int_equal(f->damage.count, 0);
}

static void never_gives_an_id_twice(void **state)
{
    struct fixture *f = *state;
    spool_id last = 0;
    for (size_t i = 0; i < 20; i++) {
        struct put p = put(f, i, 30000);
        assert_true(p.id > last);
        last = p.id;
        assert_int_equal(use_end(f->spool, p.id), ERR_OK);
        reopen(f);
        assert_int_equal(count_live(f), 0);
    }
}

static void check_state(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    (void)id;
    (void)envelope;
    assert_slice(state, "the last");
    ++*(size_t *)ctx;
}

static void keeps_the_last_state(void **state)
{
    struct fixture *f = *state;
    struct put p = put(f, 1, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(use_state(f->spool, p.id, SLICE("one before")), ERR_OK);
    assert_int_equal(use_state(f->spool, p.id, SLICE("the last")), ERR_OK);
    reopen(f);
    reopen(f);
    size_t count = 0;
    assert_int_equal(f->spool->ops->each(f->spool, check_state, &count), ERR_OK);
    assert_int_equal(count, 1);
}

static void keeps_large_messages(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {262144, 262145, 1000000, 5000000};
    spool_id ids[4];
    for (size_t i = 0; i < 4; i++)
        ids[i] = put(f, i, sizes[i]).id;
    reopen(f);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(use_check(f->spool, ids[i], i, sizes[i]), ERR_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(use_end(f->spool, ids[i]), ERR_OK);
    reopen(f);
    assert_int_equal(count_live(f), 0);
}

static void one_process_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct spool *second;
    struct err err = {0};
    assert_int_equal(spool_log_open(&f->options, &heap, &second, &err), ERR_STATE);
    assert_non_null(err.what);
}

static void keeps_what_was_put_all_at_once(void **state)
{
    struct fixture *f = *state;
    struct pending *waiting[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        waiting[i] = use_start(f->spool, i, 500, SLICE("envelope"));
    struct put first = use_wait(waiting[0]);
    f->spool->ops->drop(first.content);
    for (size_t i = 1; i < COUNT; i++) {
        struct put p = use_wait(waiting[i]);
        assert_int_equal(p.result, ERR_OK);
        f->spool->ops->drop(p.content);
    }
    reopen(f);
    assert_int_equal(count_live(f), COUNT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(keeps_everything_over_restarts), TEST(never_gives_an_id_twice),
        TEST(keeps_the_last_state),           TEST(keeps_large_messages),
        TEST(one_process_at_a_time),          TEST(keeps_what_was_put_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
