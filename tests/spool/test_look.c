/* A spool that is only looked at: beside a server that writes, and with nothing changed. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "spool/logs.h"
#include "system/heap.h"

enum { COUNT = 60 };

struct look {
    struct spool *spool;
    struct damage damage;
    struct spool_damaged last;
};

static void note_damage(void *ctx, const struct spool_damaged *damage)
{
    struct look *l = ctx;
    l->damage.count++;
    l->last = *damage;
}

static enum err_code look(struct look *l, const char *path, bool read_all)
{
    struct err err = {0};
    struct spool_log_options o = spool_log_default_options(slice_str(path));
    o.only_look = true;
    o.read_all = read_all;
    o.damage = note_damage;
    o.damage_ctx = l;
    *l = (struct look){0};
    enum err_code result = spool_log_open(&o, &heap, &l->spool, &err);
    assert_true(result == ERR_OK || err.what);
    return result;
}

/* Names, sizes and times of all files, and of the folder. */
static uint64_t folder_sum(const char *path)
{
    uint64_t sum = 0;
    struct stat st;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, "..") != 0) {
            assert_int_equal(fstatat(dirfd(dir), e->d_name, &st, 0), 0);
            sum += (uint64_t)st.st_ino * 31 + (uint64_t)st.st_size * 7 +
                   (uint64_t)st.st_mtim.tv_nsec + (uint64_t)st.st_ctim.tv_nsec;
        }
    closedir(dir);
    return sum;
}

static void count_one(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    (void)id;
    (void)state;
    assert_slice(envelope, "envelope");
    ++*(size_t *)ctx;
}

static void count_record(void *ctx, const struct spool_log_record *r)
{
    size_t *counts = ctx;
    counts[strcmp(r->type, "message") == 0 ? 0 : strcmp(r->type, "state") == 0 ? 1 : 2]++;
    if (strcmp(r->type, "message") == 0)
        assert_slice(r->envelope, "envelope");
    if (strcmp(r->type, "state") == 0)
        assert_slice(r->state, "state");
}

static void no_part(void *ctx, spool_id id)
{
    (void)ctx;
    (void)id;
    fail();
}

static void sees_all_and_changes_nothing(void **state)
{
    struct logs *f = *state;
    struct look l;
    struct spool_writer *w;
    spool_id ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = logs_put(f, i, i * 331 + (i == 7 ? 600000 : 0)).id;
        if (i % 2)
            assert_int_equal(use_state(f->spool, ids[i], SLICE("state")), ERR_OK);
    }
    assert_int_equal(use_end(f->spool, ids[3]), ERR_OK);
    uint64_t before = folder_sum(f->path);
    for (int read_all = 0; read_all < 2; read_all++) {
        size_t count = 0, counts[3] = {0};
        assert_int_equal(look(&l, f->path, read_all), ERR_OK);
        assert_int_equal(l.spool->ops->each(l.spool, count_one, &count), ERR_OK);
        assert_int_equal(count, COUNT - 1);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(use_check(l.spool, ids[i], i, i * 331 + (i == 7 ? 600000 : 0)),
                             i == 3 ? ERR_NOT_FOUND : ERR_OK);
        assert_int_equal(spool_begin(l.spool, 1, &w), ERR_STATE);
        assert_int_equal(use_end(l.spool, ids[1]), ERR_STATE);
        assert_int_equal(spool_log_records(l.spool, count_record, counts), ERR_OK);
        assert_int_equal(counts[0], COUNT);
        assert_int_equal(counts[1], COUNT / 2);
        assert_int_equal(spool_log_figures(l.spool).messages, COUNT - 1);
        assert_int_equal(spool_log_check_parts(l.spool, no_part, NULL), ERR_OK);
        assert_int_equal(l.damage.count, 0);
        l.spool->ops->close(l.spool);
    }
    assert_true(folder_sum(f->path) == before);
    assert_int_equal(use_check(f->spool, ids[1], 1, 331), ERR_OK);
}

static void looks_at_a_folder_that_is_no_spool(void **state)
{
    struct logs *f = *state;
    struct look l;
    char path[80];
    snprintf(path, sizeof(path), "%s-none", f->path);
    assert_int_equal(look(&l, path, false), ERR_IO);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(look(&l, path, false), ERR_OK);
    assert_int_equal(spool_log_figures(l.spool).messages, 0);
    l.spool->ops->close(l.spool);
    assert_int_equal(rmdir(path), 0); /* it is still empty */
}

static void says_what_damage_may_have_cost(void **state)
{
    struct logs *f = *state;
    struct look l;
    char path[128];
    spool_id ids[3];
    for (size_t i = 0; i < 3; i++)
        ids[i] = logs_put(f, i, 3000).id;
    logs_close(f);
    snprintf(path, sizeof(path), "%s/seg-%016x.log", f->path, 1U);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "damage", 6, 4000), 6); /* in the second message */
    close(fd);
    assert_int_equal(look(&l, f->path, true), ERR_OK);
    assert_int_equal(l.damage.count, 1);
    assert_true(l.last.lost_after == ids[0] && l.last.lost_before == ids[2]);
    assert_true(l.last.offset < 4000 && l.last.offset + l.last.length > 4000);
    assert_int_equal(use_check(l.spool, ids[2], 2, 3000), ERR_OK);
    l.spool->ops->close(l.spool);
}

static atomic_bool is_enough;

static void *put_and_end(void *ctx)
{
    struct logs *f = ctx;
    for (size_t i = 0; !atomic_load(&is_enough); i++)
        if (use_end(f->spool, logs_put(f, i, 3000 + i % 7 * 900).id) != ERR_OK)
            return f;
    return NULL;
}

struct seen {
    spool_id ids[64];
    size_t count;
};

static void note_id(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct seen *s = ctx;
    (void)envelope;
    (void)state;
    if (s->count < 64)
        s->ids[s->count++] = id;
}

/* What stays is moved from one segment to the next under our eyes, and files are written over. */
static size_t look_once(struct logs *f, const spool_id *kept, size_t count)
{
    struct look l;
    struct seen seen = {0};
    if (look(&l, f->path, true) != ERR_OK)
        return 0; /* too fast for us, and said so */
    assert_int_equal(l.spool->ops->each(l.spool, note_id, &seen), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        enum err_code result = use_check(l.spool, kept[i], 500 + i, 2000);
        assert_true(result == ERR_OK || result == ERR_NOT_FOUND);
        assert_true(i < seen.count && seen.ids[i] == kept[i]);
    }
    assert_int_equal(l.damage.count, 0);
    l.spool->ops->close(l.spool);
    return 1;
}

static void looks_beside_a_busy_server(void **state)
{
    enum { KEPT = 5, LOOKS = 150 };
    struct logs *f = *state;
    pthread_t thread;
    spool_id kept[KEPT];
    void *failed;
    size_t looked = 0;
    f->options.pause_ms = 0;
    logs_reopen(f);
    for (size_t i = 0; i < KEPT; i++)
        kept[i] = logs_put(f, 500 + i, 2000).id;
    assert_int_equal(pthread_create(&thread, NULL, put_and_end, f), 0);
    for (int i = 0; i < LOOKS; i++)
        looked += look_once(f, kept, KEPT);
    atomic_store(&is_enough, true);
    pthread_join(thread, &failed);
    assert_null(failed);
    assert_true(looked > LOOKS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOGS_TEST(sees_all_and_changes_nothing),
        LOGS_TEST(looks_at_a_folder_that_is_no_spool),
        LOGS_TEST(says_what_damage_may_have_cost),
        LOGS_TEST(looks_beside_a_busy_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
