/* Sources: shares by weight, the warm-up's day by day, and what is remembered of it. */
#include "queue/source.h"

#include "sim.h"

/* The day on which the warm-ups of these tests begin: that of START. */
#define FIRST_DAY (START / DAY)

static void note_line(void *ctx, struct slice line)
{
    buf_add(ctx, line);
}

static struct source new_address(const char *name, uint64_t first, uint64_t growth, uint64_t last)
{
    return (struct source){
        .name = slice_str(name), .weight = 1, .warm_up = {FIRST_DAY, first, growth, last}};
}

static void each_day_allows_more_until_the_warm_up_is_over(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t first, growth, last;
        uint64_t days[6];
    } cases[] = {
        {"doubles", 50, 100, 500, {50, 100, 200, 400, UINT64_MAX, UINT64_MAX}},
        {"half more", 10, 50, 25, {10, 15, 22, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
        {"little grows by one at least", 1, 10, 4, {1, 2, 3, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
        {"never grows", 20, 0, 100, {20, 20, 20, 20, 20, 20}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct source s =
            new_address(cases[i].name, cases[i].first, cases[i].growth, cases[i].last);
        for (int day = 0; day < 6; day++)
            if (source_limit(&s, START + day * (int64_t)DAY) != cases[i].days[day])
                fail_msg("%s, day %d: %llu", cases[i].name, day,
                         (unsigned long long)source_limit(&s, START + day * (int64_t)DAY));
        assert_int_equal(source_limit(&s, START - DAY), 0);
    }
    struct source old = {.name = SLICE("old")};
    assert_true(source_limit(&old, START) == UINT64_MAX);
    struct source ancient = new_address("ancient", 1, 0, UINT64_MAX);
    ancient.warm_up = (struct warm_up){1, 1000000000, 1000, UINT64_MAX / 2000};
    assert_true(source_limit(&ancient, START) == UINT64_MAX); /* without an overflow */
}

static void says_where_a_warm_up_stands(void **state)
{
    (void)state;
    struct source s = new_address("new", 50, 100, 200), old = {.name = SLICE("old")};
    assert_int_equal(source_stage(&old, START), WARM_UP_NONE);
    assert_int_equal(source_stage(&s, START - DAY), WARM_UP_BEFORE);
    assert_int_equal(source_stage(&s, START), WARM_UP_UNDER_WAY);
    assert_int_equal(source_warm_up_day(&s, START), 1);
    assert_int_equal(source_warm_up_day(&s, START + DAY), 2);
    assert_int_equal(source_stage(&s, START + 2 * (int64_t)DAY), WARM_UP_OVER);
}

static void shares_follow_the_weights_of_those_that_may(void **state)
{
    (void)state;
    static const uint8_t members[] = {1, 2, 3};
    static const struct source_pool pool = {SLICE_INIT("p"), members, 3, false};
    struct source list[] = {{.name = SLICE("a"), .weight = 3},
                            new_address("b", 5, 0, 100),
                            {.name = SLICE("c"), .weight = 1}};
    struct sources all = {.list = list, .count = 3, .pools = &pool, .pool_count = 1};
    size_t counts[4] = {0};
    for (uint64_t seed = 7; seed < 7 + 25; seed++) {
        uint8_t one = source_pick(&all, 1, seed, START);
        source_count(&all, one, START);
        counts[one]++;
    }
    assert_int_equal(counts[1], 15);
    assert_int_equal(counts[2], 5);
    assert_int_equal(counts[3], 5);
    assert_false(source_may_send(&all, 2, START));
    for (uint64_t seed = 0; seed < 8; seed++)
        assert_true(source_pick(&all, 1, seed, START) != 2);
    source_uncount(&all, 2, START);
    assert_true(source_may_send(&all, 2, START));
    assert_int_equal(source_sent(&list[1], source_next_day(START)), 0);
}

static void when_none_may_one_is_named_all_the_same(void **state)
{
    (void)state;
    static const uint8_t members[] = {1};
    static const struct source_pool pool = {SLICE_INIT("p"), members, 1, false};
    struct source list[] = {new_address("a", 1, 0, 9)};
    struct sources all = {.list = list, .count = 1, .pools = &pool, .pool_count = 1};
    source_count(&all, 1, START);
    assert_int_equal(source_pick(&all, 1, 5, START), 1);
}

static void what_was_sent_is_remembered_but_for_a_hundredth(void **state)
{
    (void)state;
    char storage[8192];
    struct buf journal;
    struct slice line;
    struct source list[] = {new_address("a", 1000, 0, 2000)};
    struct source after[] = {new_address("A", 1000, 0, 2000)};
    struct sources all = {.list = list, .count = 1, .wrote = note_line, .ctx = &journal};
    struct sources again = {.list = after, .count = 1};
    buf_init_fixed(&journal, storage, sizeof(storage));
    for (int i = 0; i < 999; i++)
        source_count(&all, 1, START);
    struct slice rest = buf_slice(&journal);
    assert_in_range(slice_count(rest, '\n'), 80, 110);
    while (slice_split(&rest, '\n', &line))
        assert_true(sources_read_line(&again, line));
    assert_in_range(source_sent(&after[0], START), 999 - 10, 999);
    assert_int_equal(source_sent(&after[0], START + DAY), 0);
}

static void lines_that_say_nothing_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "", "1", "1\t2", "1\t2\t", "x\t2\ta", "1\tx\ta", "99999999999\t1\ta", "-1\t1\ta"};
    struct source list[] = {new_address("a", 1000, 0, 2000)};
    struct sources all = {.list = list, .count = 1};
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        if (sources_read_line(&all, slice_str(lines[i])))
            fail_msg("«%s» was read", lines[i]);
    assert_true(sources_read_line(&all, SLICE("1\t2\tgone")));
    assert_int_equal(list[0].sent, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_a_warm_up_stands),
        cmocka_unit_test(each_day_allows_more_until_the_warm_up_is_over),
        cmocka_unit_test(shares_follow_the_weights_of_those_that_may),
        cmocka_unit_test(when_none_may_one_is_named_all_the_same),
        cmocka_unit_test(what_was_sent_is_remembered_but_for_a_hundredth),
        cmocka_unit_test(lines_that_say_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
