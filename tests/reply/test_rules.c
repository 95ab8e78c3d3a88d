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

static const struct rule *rule_named(struct slice id)
{
    for (size_t i = 0; i < rule_tables.rule_count; i++)
        if (slice_eq(rule_tables.rules[i].id, id))
            return &rule_tables.rules[i];
    return NULL;
}

/* Words that say little, as many of them as are read: 3,000 bytes or more. */
static void write_junk(struct buf *out)
{
    for (size_t i = 0; out->len < 3000; i = (i + 1) % (sizeof(samples) / sizeof(samples[0]))) {
        if (rule_tables.rules[samples[i].rule].level == RULE_NAMED || !samples[i].wins)
            continue;
        buf_add(out, slice_head(samples[i].text, 200));
        buf_add_str(out, " refused denied quota ");
    }
}

static void junk_in_front_hides_no_evidence(void **state)
{
    (void)state;
    int tried = 0;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct diagnosis_input in;
        struct diagnosis d;
        struct arena arena;
        struct buf text;
        if (rule_tables.rules[samples[i].rule].level != RULE_NAMED || !samples[i].wins)
            continue;
        arena_init(&arena, &heap, 1 << 16);
        buf_init(&text, &heap, 1 << 16);
        reply_scan(samples[i].text, &arena, &in);
        write_junk(&text);
        buf_add(&text, in.reply.text);
        in.reply.text = buf_slice(&text);
        in.remote = samples[i].remote;
        in.stage = samples[i].stage;
        diagnose(&in, &d);
        const struct rule *decided = rule_named(d.rule);
        if (!decided || decided->level != RULE_NAMED)
            fail_msg("«%.*s» decided by %.*s", SLICE_ARG(samples[i].text), SLICE_ARG(d.rule));
        tried++;
        buf_free(&text);
        arena_reset(&arena);
    }
    assert_true(tried > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_wins_its_samples_and_no_others),
        cmocka_unit_test(junk_in_front_hides_no_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
