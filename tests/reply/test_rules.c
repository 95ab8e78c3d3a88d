/* Every rule has to win its own samples: one that can't is dead, and fails here. */
#include "reply/rules.h"
#include "reply/scan.h"

#include "check.h"
#include "system/heap.h"

struct sample {
    size_t rule;
    bool wins;
    enum stage stage;
    struct slice remote;
    struct slice text;
};

static const struct sample samples[] = {
#include "rule_samples.inc"
};

static struct diagnosis diagnosis_of(const struct sample *s)
{
    struct arena arena;
    struct diagnosis_input in;
    struct diagnosis d;
    arena_init(&arena, &heap, 1 << 16);
    reply_scan(s->text, &arena, &in);
    if (s->remote.len)
        in.remote = s->remote;
    in.stage = s->stage;
    diagnose(&in, &d);
    arena_reset(&arena);
    return d;
}

static void every_rule_wins_its_samples_and_no_others(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct diagnosis d = diagnosis_of(&samples[i]);
        struct slice id = rule_tables.rules[samples[i].rule].id;
        if (slice_eq(d.rule, id) == samples[i].wins)
            continue;
        wrong++;
        print_error("%.*s %s «%.*s»: decided by %.*s (%s)\n", SLICE_ARG(id),
                    samples[i].wins ? "must win" : "must not win", SLICE_ARG(samples[i].text),
                    SLICE_ARG(d.rule), cause_name(d.cause));
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_rule_wins_its_samples_and_no_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
