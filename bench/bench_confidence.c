/* Whether the confidence of a diagnosis is honest: bench_confidence [--at-least PERCENT] [-v] FILE.
 * FILE is a table of labelled replies, tab separated, with a line of names: expert_class (the
 * cause), alt_classes (others that are right too, comma separated), reply. Prints, for each band of
 * confidence, how many answers there are and how many of them are right; a band is honest when its
 * mean and its share agree. With --at-least it fails when fewer answers are right in all. Without
 * the file there is nothing to compare, and that is said. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply/scan.h"
#include "system/heap.h"

enum { COLUMNS_MAX = 32, LINE_BYTES = 1 << 16, BANDS = 20 };

struct columns {
    size_t cause, alternatives, reply;
};

struct band {
    size_t right, total;
    double confidence; /* sum */
};

struct tally {
    struct band all, bands[BANDS];
    double squares; /* of how far each confidence was from the truth, 0 or 1 */
    bool is_verbose;
};

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
    fprintf(stderr, "the table has no column %s\n", name);
    exit(EXIT_FAILURE);
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

static void count(struct band *b, double confidence, bool right)
{
    b->total++;
    b->right += right;
    b->confidence += confidence;
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
    double confidence = (double)d.confidence;
    bool right = is_accepted(d.cause, expected, alternatives);
    size_t band = (size_t)(confidence * BANDS + 1e-6);
    count(&t->all, confidence, right);
    count(&t->bands[band < BANDS ? band : BANDS - 1], confidence, right);
    t->squares += (confidence - right) * (confidence - right);
    if (!right && t->is_verbose)
        printf("# want %.*s, got %s (%.*s, %.2f): %.*s\n", SLICE_ARG(expected), cause_name(d.cause),
               SLICE_ARG(d.rule), confidence, SLICE_ARG(slice_head(reply, 200)));
    arena_reset(&arena);
}

static void read_table(FILE *f, struct tally *t)
{
    static char line[LINE_BYTES];
    struct slice cells[COLUMNS_MAX];
    struct columns at = {0};
    for (bool header = true; fgets(line, sizeof(line), f); header = false) {
        struct slice s = slice_str(line);
        while (s.len && (s.at[s.len - 1] == '\n' || s.at[s.len - 1] == '\r'))
            s.len--;
        size_t cells_count = split(s, cells);
        if (header)
            at = (struct columns){column(cells, cells_count, "expert_class"),
                                  column(cells, cells_count, "alt_classes"),
                                  column(cells, cells_count, "reply")};
        else if (at.reply < cells_count)
            judge(cells[at.reply], cells[at.cause], cells[at.alternatives], t);
    }
}

static void print_band(const char *name, const struct band *b)
{
    double n = (double)b->total, share = (double)b->right / n, mean = b->confidence / n;
    /* Two standard errors of a share, after Agresti and Coull: how far chance alone may go. */
    double p = ((double)b->right + 2) / (n + 4), error = 2 * sqrt(p * (1 - p) / (n + 4));
    const char *verdict = mean > p + error ? "too sure" : mean < p - error ? "too modest" : "";
    printf("%-11s %7zu %7zu %10.3f %9.3f  %.2f-%.2f  %s\n", name, b->total, b->right, mean, share,
           p - error > 0 ? p - error : 0, p + error < 1 ? p + error : 1, verdict);
}

static void print_table(const struct tally *t)
{
    double gap = 0, n = (double)t->all.total;
    printf("confidence  answers   right       mean     share  likely     \n");
    for (size_t i = BANDS; i-- > 0;) {
        const struct band *b = &t->bands[i];
        char name[32];
        if (b->total == 0)
            continue;
        snprintf(name, sizeof(name), "%.2f-%.2f", (double)i / BANDS, (double)(i + 1) / BANDS);
        print_band(name, b);
        gap += fabs(b->confidence - (double)b->right) / n;
    }
    print_band("all", &t->all);
    printf("mean gap %.3f, Brier score %.3f\n", gap, t->squares / n);
}

int main(int argc, char **argv)
{
    struct tally t = {.is_verbose = false};
    double at_least = 0;
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--at-least") == 0 && i + 1 < argc)
            at_least = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "-v") == 0)
            t.is_verbose = true;
        else
            path = argv[i];
    }
    if (!path)
        return fputs("usage: bench_confidence [--at-least PERCENT] [-v] FILE\n", stderr), 1;
    FILE *f = fopen(path, "r");
    if (!f) {
        /* the collection is no part of the project: a clone without it has nothing to compare */
        printf("%s: %s; nothing is compared\n", path, strerror(errno));
        return EXIT_SUCCESS;
    }
    read_table(f, &t);
    fclose(f);
    if (t.all.total == 0)
        return fputs("the table is empty\n", stderr), EXIT_FAILURE;
    print_table(&t);
    return 100.0 * (double)t.all.right >= at_least * (double)t.all.total ? EXIT_SUCCESS
                                                                         : EXIT_FAILURE;
}
