/* The log over restarts. */
#include <dirent.h>

#include "check.h"
#include "spool/logs.h"
#include "system/heap.h"

enum { COUNT = 300 };

static void keeps_everything_over_restarts(void **state)
{
    struct logs *f = *state;
    spool_id ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct put p = logs_put(f, i, i * 11);
        assert_int_equal(p.result, ERR_OK);
        ids[i] = p.id;
        if (i % 50 == 49)
            logs_reopen(f);
        if (i % 3 == 2)
            assert_int_equal(use_end(f->spool, ids[i - 1]), ERR_OK);
    }
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), COUNT - COUNT / 3);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(use_check(f->spool, ids[i], i, i * 11),
                         i % 3 == 1 ? ERR_NOT_FOUND : ERR_OK);
    assert_int_equal(f->damage.count, 0);
}

static void never_gives_an_id_twice(void **state)
{
    struct logs *f = *state;
    spool_id last = 0;
    for (size_t i = 0; i < 20; i++) {
        struct put p = logs_put(f, i, 30000);
        assert_true(p.id > last);
        last = p.id;
        assert_int_equal(use_end(f->spool, p.id), ERR_OK);
        logs_reopen(f);
        assert_int_equal(logs_count_live(f), 0);
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
    struct logs *f = *state;
    struct put p = logs_put(f, 1, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(use_state(f->spool, p.id, SLICE("one before")), ERR_OK);
    assert_int_equal(use_state(f->spool, p.id, SLICE("the last")), ERR_OK);
    logs_reopen(f);
    logs_reopen(f);
    size_t count = 0;
    assert_int_equal(f->spool->ops->each(f->spool, check_state, &count), ERR_OK);
    assert_int_equal(count, 1);
}

static void keeps_large_messages(void **state)
{
    struct logs *f = *state;
    static const size_t sizes[] = {262144, 262145, 1000000, 5000000};
    spool_id ids[4];
    for (size_t i = 0; i < 4; i++)
        ids[i] = logs_put(f, i, sizes[i]).id;
    logs_reopen(f);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(use_check(f->spool, ids[i], i, sizes[i]), ERR_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(use_end(f->spool, ids[i]), ERR_OK);
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), 0);
}

static void one_process_at_a_time(void **state)
{
    struct logs *f = *state;
    struct spool *second;
    struct err err = {0};
    assert_int_equal(spool_log_open(&f->options, &heap, &second, &err), ERR_STATE);
    assert_non_null(err.what);
}

static void keeps_what_was_put_all_at_once(void **state)
{
    struct logs *f = *state;
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
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), COUNT);
}

static void count_settled(void *ctx, enum err_code result, spool_id id,
                          struct spool_content *content)
{
    struct spool *s = *(struct spool **)ctx;
    assert_int_equal(result, ERR_OK);
    assert_true(id != 0);
    s->ops->drop(content);
}

static void settles_what_is_in_flight_before_it_closes(void **state)
{
    struct logs *f = *state;
    static char bytes[700000];
    for (size_t i = 0; i < 50; i++) {
        struct spool_writer *w;
        assert_int_equal(spool_begin(f->spool, 0, &w), ERR_OK);
        assert_int_equal(f->spool->ops->write(w, slice_of(bytes, i % 10 ? i : sizeof(bytes))),
                         ERR_OK);
        if (i % 5 == 4)
            f->spool->ops->abort(w);
        else
            f->spool->ops->commit(w, SLICE("envelope"), count_settled, &f->spool);
    }
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), 40);
    assert_int_equal(f->damage.count, 0);
}

static size_t count_files(const char *path, const char *prefix)
{
    size_t count = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));)
        count += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(dir);
    return count;
}

static void gives_back_the_space_of_what_ended(void **state)
{
    struct logs *f = *state;
    for (size_t i = 0; i < 400; i++) {
        struct put p = logs_put(f, i, 5000);
        assert_int_equal(use_end(f->spool, p.id), ERR_OK);
    }
    assert_true(count_files(f->path, "seg-") <= 2);
    size_t kept = count_files(f->path, "old-");
    assert_true(kept > 0 && kept <= f->options.pool);
    assert_int_equal(logs_count_live(f), 0);
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), 0);
}

/* Files that are written over hold whole records of their earlier life behind the new ones. */
static void takes_nothing_out_of_a_files_earlier_life(void **state)
{
    enum { PUTS = 70 };
    struct logs *f = *state;
    spool_id ids[PUTS];
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(use_end(f->spool, logs_put(f, i, 5000).id), ERR_OK);
    size_t kept = count_files(f->path, "old-");
    assert_true(kept > 0 && kept <= f->options.pool);
    for (size_t i = 0; i < PUTS; i++) {
        ids[i] = logs_put(f, i, 2000).id;
        if (i % 10 == 9)
            logs_reopen(f);
        assert_int_equal(logs_count_live(f), i + 1);
    }
    assert_int_equal(count_files(f->path, "old-"), 0); /* all are in use again */
    for (size_t i = 0; i < PUTS; i++)
        assert_int_equal(use_check(f->spool, ids[i], i, 2000), ERR_OK);
    assert_int_equal(f->damage.count, 0);
}

enum { OLD = 600, KEPT_EACH = 20 };

static bool is_kept(size_t i)
{
    return i % KEPT_EACH == 7;
}

static void check_moved(struct logs *f, const spool_id *ids, size_t count)
{
    size_t live = 0;
    assert_int_equal(f->spool->ops->each(f->spool, check_state, &live), ERR_OK);
    assert_int_equal(live, count / KEPT_EACH);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(use_check(f->spool, ids[i], i, 4000 + i),
                         is_kept(i) ? ERR_OK : ERR_NOT_FOUND);
}

/* One in twenty messages stays: their segments are emptied, again and again. */
static void gives_back_the_space_around_what_stays(void **state)
{
    struct logs *f = *state;
    static spool_id ids[OLD];
    f->options.pause_ms = 0;
    logs_reopen(f);
    for (size_t i = 0; i < OLD; i++) {
        ids[i] = logs_put(f, i, 4000 + i).id;
        assert_int_equal(use_state(f->spool, ids[i], SLICE("one before")), ERR_OK);
        assert_int_equal(use_state(f->spool, ids[i], SLICE("the last")), ERR_OK);
        if (i >= 15 && !is_kept(i - 15))
            assert_int_equal(use_end(f->spool, ids[i - 15]), ERR_OK);
        if (i % 100 == 50)
            logs_reopen(f);
    }
    for (size_t i = OLD - 15; i < OLD; i++)
        if (!is_kept(i))
            assert_int_equal(use_end(f->spool, ids[i]), ERR_OK);
    /* 30 messages of 4.3 KiB stay, which is 3 segments; it is more than 40 without compaction */
    assert_true(count_files(f->path, "seg-") < 20);
    check_moved(f, ids, OLD);
    logs_reopen(f);
    check_moved(f, ids, OLD);
    logs_reopen(f);
    check_moved(f, ids, OLD);
    assert_int_equal(f->damage.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOGS_TEST(keeps_everything_over_restarts),
        LOGS_TEST(never_gives_an_id_twice),
        LOGS_TEST(keeps_the_last_state),
        LOGS_TEST(keeps_large_messages),
        LOGS_TEST(one_process_at_a_time),
        LOGS_TEST(keeps_what_was_put_all_at_once),
        LOGS_TEST(settles_what_is_in_flight_before_it_closes),
        LOGS_TEST(gives_back_the_space_of_what_ended),
        LOGS_TEST(takes_nothing_out_of_a_files_earlier_life),
        LOGS_TEST(gives_back_the_space_around_what_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
