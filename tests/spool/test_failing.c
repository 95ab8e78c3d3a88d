/* The failing engine fails exactly once, at each operation in turn, and nothing half done stays. */
#include "check.h"
#include "spool/failing/failing.h"
#include "spool/ram/ram.h"
#include "spool/use.h"
#include "system/heap.h"

enum { OPERATIONS = 6 }; /* begin, write, commit, open, read, submit */

/* The operations in this order; how many failed, and which first. */
static unsigned run(struct spool *s, int *first_r)
{
    enum err_code results[OPERATIONS] = {ERR_OK};
    struct spool_content *c;
    struct slice bytes;
    struct put put = use_put(s, 1, 100, SLICE("e"));
    *first_r = -1;
    if (put.result != ERR_OK)
        return 1;
    s->ops->drop(put.content);
    results[3] = s->ops->open(s, put.id, &c);
    if (results[3] == ERR_OK) {
        results[4] = s->ops->read(c, 0, &bytes);
        s->ops->drop(c);
    }
    results[5] = use_end(s, put.id);
    unsigned failed = 0;
    for (int i = OPERATIONS - 1; i >= 0; i--)
        if (results[i] != ERR_OK) {
            assert_int_equal(results[i], ERR_FULL);
            failed++;
            *first_r = i;
        }
    return failed;
}

static void count_one(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    (void)id;
    (void)envelope;
    (void)state;
    ++*(size_t *)ctx;
}

static void fails_once_at_each_operation(void **state)
{
    (void)state;
    for (int after = 0; after <= OPERATIONS; after++) {
        struct fault fault = {.after = after};
        struct spool *s = spool_failing_open(&heap, spool_ram_open(&heap), &fault, ERR_FULL);
        int first;
        size_t live = 0;
        assert_non_null(s);
        assert_int_equal(run(s, &first), after < OPERATIONS ? 1 : 0);
        assert_int_equal(first, after < 3 || after == OPERATIONS ? -1 : after);
        assert_int_equal(s->ops->each(s, count_one, &live), ERR_OK);
        /* only the message whose end was refused is still there */
        assert_int_equal(live, after == OPERATIONS - 1);
        s->ops->close(s);
    }
}

static void a_writer_that_failed_stays_failed(void **state)
{
    (void)state;
    struct fault fault = {.after = 1};
    struct spool *s = spool_failing_open(&heap, spool_ram_open(&heap), &fault, ERR_IO);
    struct spool_writer *w;
    assert_int_equal(spool_begin(s, 0, &w), ERR_OK);
    assert_int_equal(s->ops->write(w, SLICE("x")), ERR_IO);
    assert_int_equal(s->ops->write(w, SLICE("x")), ERR_IO);
    s->ops->abort(w);
    struct put put = use_put(s, 1, 0, SLICE("e"));
    assert_int_equal(put.result, ERR_OK); /* another is fine */
    s->ops->drop(put.content);
    s->ops->close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fails_once_at_each_operation),
        cmocka_unit_test(a_writer_that_failed_stays_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
