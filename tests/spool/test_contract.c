/* What spool.h promises, of every engine. */
#include <stdlib.h>

#include "check.h"
#include "spool/failing/failing.h"
#include "spool/ram/ram.h"
#include "spool/use.h"
#include "system/heap.h"

struct fixture {
    bool is_log;
    bool is_wrapped; /* in the failing engine, which is told not to fail */
    uint64_t memory; /* for young content */
    char path[64];
    struct spool *spool;
};

static int open_log(struct fixture *f)
{
    struct err err;
    struct spool_log_options o = spool_log_default_options(slice_str(f->path));
    o.segment_size = 1 << 20;
    o.memory = f->memory;
    o.reserve = 0;
    return spool_log_open(&o, &heap, &f->spool, &err) == ERR_OK ? 0 : -1;
}

static int set_up(void **state)
{
    struct fixture *f = *state;
    if (f->is_log) {
        use_folder(f->path);
        return open_log(f);
    }
    f->spool = spool_ram_open(&heap);
    if (f->spool && f->is_wrapped)
        f->spool = spool_failing_open(&heap, f->spool, NULL, ERR_IO);
    return f->spool ? 0 : -1;
}

/* `each` is for before any other use: the log is opened again; the RAM twin would be empty. */
static struct spool *fresh(struct fixture *f)
{
    if (f->is_log) {
        f->spool->ops->close(f->spool);
        assert_int_equal(open_log(f), 0);
    }
    return f->spool;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    f->spool->ops->close(f->spool);
    if (f->is_log)
        use_remove_folder(f->path);
    return 0;
}

static void gives_back_what_was_put(void **state)
{
    struct spool *s = ((struct fixture *)*state)->spool;
    static const size_t sizes[] = {0,      1,      7,      8,      4096,    262143, 262144,
                                   262145, 300000, 524288, 524289, 1 << 20, 3000000};
    spool_id last = 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct put put = use_put(s, i, sizes[i], SLICE("an envelope"));
        assert_int_equal(put.result, ERR_OK);
        assert_true(put.id > last);
        last = put.id;
        assert_int_equal(use_check_content(s, put.content, i, sizes[i]), ERR_OK);
        assert_int_equal(use_check(s, put.id, i, sizes[i]), ERR_OK);
        s->ops->drop(put.content);
        assert_int_equal(use_check(s, put.id, i, sizes[i]), ERR_OK);
    }
}

static void reads_from_any_offset(void **state)
{
    struct spool *s = ((struct fixture *)*state)->spool;
    enum { SIZE = 700000 };
    struct put put = use_put(s, 5, SIZE, SLICE("e"));
    for (uint64_t at = 0; at < SIZE; at += 99991) {
        struct slice bytes;
        char want[8];
        assert_int_equal(s->ops->read(put.content, at, &bytes), ERR_OK);
        assert_true(bytes.len >= 1);
        use_fill(5, at, want, sizeof(want));
        assert_memory_equal(bytes.at, want, bytes.len < 8 ? bytes.len : 8);
    }
    struct slice bytes;
    assert_int_equal(s->ops->read(put.content, SIZE, &bytes), ERR_NOT_FOUND);
    assert_int_equal(s->ops->read(put.content, UINT64_MAX, &bytes), ERR_NOT_FOUND);
    s->ops->drop(put.content);
}

struct seen {
    size_t count;
    spool_id ids[8];
    char text[8][64];
};

static void see(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct seen *seen = ctx;
    assert_true(seen->count < 8);
    seen->ids[seen->count] = id;
    snprintf(seen->text[seen->count++], 64, "%.*s|%.*s", SLICE_ARG(envelope), SLICE_ARG(state));
}

static void visits_the_live_with_their_last_state(void **state)
{
    struct spool *s = ((struct fixture *)*state)->spool;
    spool_id ids[4];
    static const char *const envelopes[] = {"first", "second", "", "fourth"};
    for (size_t i = 0; i < 4; i++) {
        struct put put = use_put(s, i, 100, slice_str(envelopes[i]));
        ids[i] = put.id;
        s->ops->drop(put.content);
    }
    assert_int_equal(use_state(s, ids[0], SLICE("one")), ERR_OK);
    assert_int_equal(use_state(s, ids[3], SLICE("a longer state that does not fit 8")), ERR_OK);
    assert_int_equal(use_state(s, ids[0], SLICE("two")), ERR_OK);
    assert_int_equal(use_end(s, ids[1]), ERR_OK);
    struct seen seen = {0};
    s = fresh(*state);
    assert_int_equal(s->ops->each(s, see, &seen), ERR_OK);
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.text[0], "first|two");
    assert_string_equal(seen.text[1], "|");
    assert_string_equal(seen.text[2], "fourth|a longer state that does not fit 8");
    assert_true(seen.ids[0] == ids[0] && seen.ids[1] == ids[2] && seen.ids[2] == ids[3]);
}

static void forgets_what_ended(void **state)
{
    struct spool *s = ((struct fixture *)*state)->spool;
    struct put put = use_put(s, 1, 1000, SLICE("e"));
    assert_int_equal(use_end(s, put.id), ERR_OK);
    assert_int_equal(use_end(s, put.id), ERR_NOT_FOUND);
    assert_int_equal(use_state(s, put.id, SLICE("x")), ERR_NOT_FOUND);
    assert_int_equal(use_check(s, put.id, 1, 1000), ERR_NOT_FOUND);
    assert_int_equal(use_state(s, put.id + 1, SLICE("x")), ERR_NOT_FOUND);
    /* a reference outlives the message */
    s->ops->hold(put.content);
    s->ops->drop(put.content);
    assert_int_equal(use_check_content(s, put.content, 1, 1000), ERR_OK);
    s->ops->drop(put.content);
}

static void leaves_nothing_of_an_aborted_writer(void **state)
{
    struct spool *s = ((struct fixture *)*state)->spool;
    static const size_t sizes[] = {0, 10, 400000, 2000000};
    char *bytes = calloc(1, 2000000);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct spool_writer *w;
        assert_int_equal(spool_begin(s, 0, &w), ERR_OK);
        assert_int_equal(s->ops->write(w, slice_of(bytes, sizes[i])), ERR_OK);
        s->ops->abort(w);
    }
    free(bytes);
    struct seen seen = {0};
    struct put put = use_put(s, 1, 10, SLICE("e"));
    s->ops->drop(put.content);
    s = fresh(*state);
    assert_int_equal(s->ops->each(s, see, &seen), ERR_OK);
    assert_int_equal(seen.count, 1);
}

enum { MANY = 500 };

static void many_at_once(void **state)
{
    struct spool *s = ((struct fixture *)*state)->spool;
    struct pending *waiting[MANY];
    for (size_t i = 0; i < MANY; i++)
        waiting[i] = use_start(s, i, i * 37, SLICE("envelope"));
    for (size_t i = 0; i < MANY; i++) {
        struct put put = use_wait(waiting[i]);
        assert_int_equal(put.result, ERR_OK);
        s->ops->drop(put.content);
        assert_int_equal(use_check(s, put.id, i, i * 37), ERR_OK);
        if (i % 3)
            assert_int_equal(use_end(s, put.id), ERR_OK);
    }
}

#define EACH_OF(name, fixture)                                                                     \
    {                                                                                              \
#name "/" #fixture, name, set_up, tear_down, &(fixture)                                    \
    }

#define ALL(fixture)                                                                               \
    EACH_OF(gives_back_what_was_put, fixture), EACH_OF(reads_from_any_offset, fixture),            \
        EACH_OF(visits_the_live_with_their_last_state, fixture),                                   \
        EACH_OF(forgets_what_ended, fixture),                                                      \
        EACH_OF(leaves_nothing_of_an_aborted_writer, fixture), EACH_OF(many_at_once, fixture)

int main(void)
{
    static struct fixture ram = {.is_log = false};
    static struct fixture log_in_memory = {.is_log = true, .memory = 64 << 20};
    static struct fixture log_from_disk = {.is_log = true, .memory = 0};
    static struct fixture wrapped = {.is_wrapped = true};
    const struct CMUnitTest tests[] = {ALL(ram), ALL(wrapped), ALL(log_in_memory),
                                       ALL(log_from_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
