/* Every write, sync and creation of a file fails in turn, once or several times in a row: what was
 * acknowledged is there after a restart, with the right bytes, and the spool serves again. */
#include "check.h"
#include "spool/logs.h"
#include "system/heap.h"

enum { PUTS = 12, LARGE = 600000, CALLS_MOST = 2000 };

struct outcome {
    bool is_opened;
    struct put puts[PUTS];
    bool has_ended[PUTS]; /* acknowledged */
    bool tried_end[PUTS];
    bool has_state[PUTS];
    bool tried_state[PUTS];
};

static size_t size_of(size_t i)
{
    return i % 5 == 3 ? LARGE : i * 1777;
}

/* A little life of a spool, with all that can go wrong. */
static void live(struct logs *f, const char *path, struct outcome *o)
{
    struct err err;
    *o = (struct outcome){0};
    for (size_t i = 0; i < PUTS; i++)
        o->puts[i].result = ERR_IO;
    f->options.path = slice_str(path);
    if (spool_log_open(&f->options, &heap, &f->spool, &err) != ERR_OK)
        return;
    o->is_opened = true;
    for (size_t i = 0; i < PUTS; i++) {
        o->puts[i] = logs_put(f, i, size_of(i));
        if (o->puts[i].result == ERR_OK && i % 2) {
            o->tried_state[i] = true;
            o->has_state[i] = use_state(f->spool, o->puts[i].id, SLICE("state")) == ERR_OK;
        }
        if (i % 4 == 3 && o->puts[i - 1].result == ERR_OK) {
            o->tried_end[i - 1] = true;
            o->has_ended[i - 1] = use_end(f->spool, o->puts[i - 1].id) == ERR_OK;
        }
    }
}

/* What may be seen of message i, while it runs or after a restart. */
static void check_messages(struct logs *f, const struct outcome *o)
{
    for (size_t i = 0; i < PUTS; i++) {
        if (o->puts[i].result != ERR_OK)
            continue;
        enum err_code result = use_check(f->spool, o->puts[i].id, i, size_of(i));
        if (o->has_ended[i])
            assert_int_equal(result, ERR_NOT_FOUND);
        else if (!o->tried_end[i])
            assert_int_equal(result, ERR_OK);
        else
            assert_true(result == ERR_OK || result == ERR_NOT_FOUND);
    }
}

static void check_state(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    const struct outcome *o = ctx;
    assert_slice(envelope, "envelope");
    for (size_t i = 0; i < PUTS; i++) {
        if (o->puts[i].result != ERR_OK || o->puts[i].id != id)
            continue;
        if (!o->tried_state[i])
            assert_slice(state, "");
        else if (o->has_state[i] || state.len)
            assert_slice(state, "state");
    }
}

static void fails_at(struct logs *f, long after, long length, bool *was_reached_r)
{
    char path[80];
    struct outcome o;
    snprintf(path, sizeof(path), "%s-fails", f->path);
    f->damage.count = 0;
    f->fault = (struct fault){after, length};
    live(f, path, &o);
    if (o.is_opened) {
        check_messages(f, &o);
        logs_close(f); /* the committer looks at the faults up to here */
    }
    *was_reached_r = f->fault.length < length;
    f->fault.after = -1;
    logs_open(f, path);
    check_messages(f, &o);
    assert_int_equal(f->spool->ops->each(f->spool, check_state, &o), ERR_OK);
    assert_int_equal(logs_put(f, 5, 5).result, ERR_OK);
    assert_int_equal(f->damage.count, 0);
    logs_close(f);
    use_remove_folder(path);
}

static void loses_nothing_acknowledged(void **state)
{
    static const long lengths[] = {1, 2, 5};
    struct logs *f = *state;
    logs_close(f);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        bool was_reached = true;
        long after = 0;
        for (; was_reached && after < CALLS_MOST; after++)
            fails_at(f, after, lengths[i], &was_reached);
        assert_true(after > 20 && after < CALLS_MOST);
    }
}

enum { GROUPS = 8, GROUP = 10, SMALL = 1800 };

struct group {
    struct put puts[GROUP];
    bool tried_end[GROUP];
};

/* Of each group all but the first end, so that every segment has to be emptied. */
static void live_in_groups(struct logs *f, const char *path, struct group *groups)
{
    struct err err;
    struct pending *waiting[GROUP];
    f->options.path = slice_str(path);
    for (size_t i = 0; i < GROUPS * GROUP; i++)
        groups[i / GROUP].puts[i % GROUP].result = ERR_IO;
    if (spool_log_open(&f->options, &heap, &f->spool, &err) != ERR_OK)
        return;
    for (struct group *g = groups; g < groups + GROUPS; g++) {
        for (size_t i = 0; i < GROUP; i++)
            waiting[i] = use_start(f->spool, i, SMALL, SLICE("envelope"));
        for (size_t i = 0; i < GROUP; i++) {
            g->puts[i] = use_wait(waiting[i]);
            if (g->puts[i].content)
                f->spool->ops->drop(g->puts[i].content);
        }
        for (size_t i = 1; i < GROUP; i++)
            if (g->puts[i].result == ERR_OK) {
                g->tried_end[i] = true;
                (void)use_end(f->spool, g->puts[i].id);
            }
    }
    logs_close(f);
}

static void check_groups(struct logs *f, const struct group *groups)
{
    for (size_t i = 0; i < GROUPS * GROUP; i++) {
        const struct put *p = &groups[i / GROUP].puts[i % GROUP];
        if (p->result == ERR_OK && !groups[i / GROUP].tried_end[i % GROUP])
            assert_int_equal(use_check(f->spool, p->id, i % GROUP, SMALL), ERR_OK);
    }
}

static void loses_nothing_that_moves(void **state)
{
    struct logs *f = *state;
    char path[80];
    logs_close(f);
    snprintf(path, sizeof(path), "%s-moves", f->path);
    f->options.segment_size = 16 << 10;
    f->options.pause_ms = 0;
    bool was_reached = true;
    long after = 0;
    for (; was_reached && after < CALLS_MOST; after += 3) {
        struct group groups[GROUPS] = {0};
        long length = 1 + after % 2;
        f->fault = (struct fault){after, length};
        live_in_groups(f, path, groups);
        was_reached = f->fault.length < length;
        f->fault.after = -1;
        for (int times = 0; times < 2; times++) {
            logs_open(f, path);
            check_groups(f, groups);
            assert_int_equal(f->damage.count, 0);
            logs_close(f);
        }
        use_remove_folder(path);
    }
    assert_true(after > 20 && after < CALLS_MOST);
}

static void says_full_and_serves_again(void **state)
{
    struct logs *f = *state;
    struct put before = logs_put(f, 1, 1000);
    f->fault = (struct fault){0, 1}; /* the next write finds no space */
    assert_int_equal(logs_put(f, 2, 1000).result, ERR_FULL);
    assert_int_equal(logs_put(f, 3, 1000).result, ERR_OK);
    assert_int_equal(use_check(f->spool, before.id, 1, 1000), ERR_OK);
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), 2);
    assert_int_equal(f->damage.count, 0);
}

static void does_not_trust_a_file_whose_sync_failed(void **state)
{
    struct logs *f = *state;
    struct put before = logs_put(f, 1, 1000);
    f->fault = (struct fault){1, 1}; /* write, then sync */
    assert_int_equal(logs_put(f, 2, 1000).result, ERR_IO);
    struct put after = logs_put(f, 3, 1000);
    assert_int_equal(after.result, ERR_OK);
    logs_reopen(f);
    assert_int_equal(logs_count_live(f), 2);
    assert_int_equal(use_check(f->spool, before.id, 1, 1000), ERR_OK);
    assert_int_equal(use_check(f->spool, after.id, 3, 1000), ERR_OK);
}

static void refuses_when_no_segment_can_be_made(void **state)
{
    struct logs *f = *state;
    struct spool_writer *w;
    struct put before = logs_put(f, 1, 1000);
    f->fault = (struct fault){1, 1000000};
    assert_int_equal(logs_put(f, 2, 1000).result, ERR_IO);                /* the sync */
    assert_int_equal(use_state(f->spool, before.id, SLICE("s")), ERR_IO); /* the new file */
    assert_int_equal(spool_begin(f->spool, 0, &w), ERR_IO);
    assert_int_equal(use_check(f->spool, before.id, 1, 1000), ERR_OK);
    f->fault.after = -1;
    assert_int_equal(use_state(f->spool, before.id, SLICE("s")), ERR_OK);
    assert_int_equal(logs_put(f, 3, 1000).result, ERR_OK);
}

static void keeps_the_reserve_for_what_frees_space(void **state)
{
    struct logs *f = *state;
    struct spool_writer *w;
    struct put before = logs_put(f, 1, 1000);
    f->options.reserve = UINT64_MAX / 2;
    logs_reopen(f);
    assert_int_equal(spool_begin(f->spool, 0, &w), ERR_FULL);
    assert_int_equal(spool_begin(f->spool, 1000, &w), ERR_FULL);
    assert_int_equal(use_state(f->spool, before.id, SLICE("s")), ERR_OK);
    assert_int_equal(use_end(f->spool, before.id), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOGS_TEST(loses_nothing_acknowledged),
        LOGS_TEST(loses_nothing_that_moves),
        LOGS_TEST(says_full_and_serves_again),
        LOGS_TEST(does_not_trust_a_file_whose_sync_failed),
        LOGS_TEST(refuses_when_no_segment_can_be_made),
        LOGS_TEST(keeps_the_reserve_for_what_frees_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
