/* Holds the diagnosis against a file of labelled replies, where there is one: tab separated, with a
 * line of names: expert_class, alt_classes (comma separated), reply. Without the file it says so
 * and passes. Prints what differs and how well confidence tells. */
#include "reply/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "system/heap.h"

enum { COLUMNS_MAX = 32, LINE_BYTES = 1 << 16, BINS = 10 };
#define ACCURACY_WANTED 0.93

struct columns {
    size_t cause, alternatives, reply;
};

struct tally {
    int right, total;
    int bin_right[BINS + 1], bin_total[BINS + 1];
};

static const char *corpus_path;

static size_t split(struct slice line, struct slice *cells)
{
    size_t count = 0;
    while (count < COLUMNS_MAX) {
        size_t tab = slice_find(line, '\t', 0);
        cells[count++] = slice_head(line, tab);
        if (tab == SLICE_NONE)
            break;
        line = slice_from(line, tab + 1);
    }
    return count;
}

static size_t column(const struct slice *cells, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(cells[i], slice_str(name)))
            return i;
    fail_msg("%s has no column %s", corpus_path, name);
    return 0;
}

static bool is_accepted(enum cause cause, struct slice expected, struct slice alternatives)
{
    struct slice name = slice_str(cause_name(cause)), one;
    if (slice_eq(name, expected))
        return true;
    while (slice_split(&alternatives, ',', &one))
        if (slice_eq(slice_trim(one), name))
            return true;
    return false;
}

static void judge(struct slice reply, struct slice expected, struct slice alternatives,
                  struct tally *t)
{
    struct arena arena;
    struct diagnosis_input in;
    struct diagnosis d;
    arena_init(&arena, &heap, 1 << 20);
    reply_scan(reply, &arena, &in);
    diagnose(&in, &d);
    bool right = is_accepted(d.cause, expected, alternatives);
    int bin = (int)(d.confidence * BINS);
    t->total++;
    t->right += right;
    t->bin_total[bin]++;
    t->bin_right[bin] += right;
    if (!right)
        printf("# want %.*s, got %s (%.*s, %.2f): %.*s\n", SLICE_ARG(expected), cause_name(d.cause),
               SLICE_ARG(d.rule), (double)d.confidence, SLICE_ARG(slice_head(reply, 200)));
    arena_reset(&arena);
}

static void read_corpus(FILE *f, struct tally *t)
{
    static char line[LINE_BYTES];
    struct slice cells[COLUMNS_MAX];
    struct columns at = {0};
    for (bool header = true; fgets(line, sizeof(line), f); header = false) {
        struct slice s = slice_str(line);
        while (s.len && (s.at[s.len - 1] == '\n' || s.at[s.len - 1] == '\r'))
            s.len--;
        size_t count = split(s, cells);
        if (header)
            at = (struct columns){column(cells, count, "expert_class"),
                                  column(cells, count, "alt_classes"),
                                  column(cells, count, "reply")};
        else if (at.reply < count)
            judge(cells[at.reply], cells[at.cause], cells[at.alternatives], t);
    }
}

static void agrees_with_the_experts(void **state)
{
    (void)state;
    FILE *f = fopen(corpus_path, "r");
    if (!f) {
        /* the collection is no part of the project: a clone without it has nothing to compare */
        printf("# %s: %s; nothing is compared\n", corpus_path, strerror(errno));
        return;
    }
    struct tally t = {0};
    read_corpus(f, &t);
    fclose(f);
    printf("# %d of %d right (%.1f %%)\n", t.right, t.total, 100.0 * t.right / t.total);
    for (int i = 0; i <= BINS; i++)
        if (t.bin_total[i])
            printf("# confidence %.1f: %d of %d right\n", i / (double)BINS, t.bin_right[i],
                   t.bin_total[i]);
    assert_true(t.right >= ACCURACY_WANTED * t.total);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_the_experts)};
    corpus_path = argc > 1 ? argv[1] : "replies.tsv";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
