/* Fills a small file system with a spool and goes on when there is space again. The folder must be
 * on a file system of its own.
 *
 *     fill reserve FOLDER          space kept back: begin says no, ends go on and make space
 *     fill ballast FOLDER FILE     nothing kept back: the disk itself says no, until FILE is
 * removed
 *
 * Exit 0 if every answer was the right one and nothing acknowledged was lost. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spool/use.h"
#include "system/clock.h"
#include "system/heap.h"

enum {
    SIZE = 20000,
    MOST = 4000,
    RESERVE = 3 << 20,
    SEGMENT = 1 << 20,
    MORE = 20,
    PATIENCE_MS = 5000
};

struct filled {
    struct spool *spool;
    struct spool_log_options options;
    size_t damage;
    size_t count;
    spool_id ids[MOST];
};

static void need(bool is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "fill: %s\n", what);
    exit(1);
}

static void note_damage(void *ctx, const struct spool_damaged *damage)
{
    struct filled *f = ctx;
    fprintf(stderr, "fill: %s at %llu: %s\n", damage->file, (unsigned long long)damage->offset,
            damage->what);
    f->damage++;
}

static void open_spool(struct filled *f)
{
    struct err err = {0};
    need(spool_log_open(&f->options, &heap, &f->spool, &err) == ERR_OK, err.what);
}

/* Seeds are the places in ids[]. */
static enum err_code put(struct filled *f)
{
    struct put put = use_put(f->spool, f->count, SIZE, SLICE("envelope"));
    if (put.result != ERR_OK)
        return put.result;
    f->spool->ops->drop(put.content);
    need(f->count < MOST, "the file system is too large for this test");
    f->ids[f->count++] = put.id;
    return ERR_OK;
}

/* Full is when it is full MORE times in a row: a file system gives some blocks back late. */
static void fill(struct filled *f)
{
    for (int refused = 0; refused < MORE;) {
        enum err_code result = put(f);
        need(result == ERR_OK || result == ERR_FULL, "a full disk is told as something else");
        refused = result == ERR_OK ? 0 : refused + 1;
    }
    need(f->count > 100, "full before it began");
    printf("# full after %zu messages\n", f->count);
}

static void check_all(struct filled *f)
{
    for (size_t i = 0; i < f->count; i++)
        need(f->ids[i] == 0 || use_check(f->spool, f->ids[i], i, SIZE) == ERR_OK,
             "a message that was acknowledged is lost or changed");
}

static void end_all_but(struct filled *f, size_t first)
{
    for (size_t i = first; i < f->count; i++) {
        need(use_end(f->spool, f->ids[i]) == ERR_OK, "a message can't end on a full disk");
        f->ids[i] = 0;
    }
}

/* Space may come back a moment after the ends: files go, and free space is looked at, now and then.
 */
static void go_on(struct filled *f)
{
    size_t before = f->count;
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    while (f->count < before + MORE) {
        enum err_code result = put(f);
        need(result == ERR_OK || (result == ERR_FULL && clock_monotonic_ms() < until),
             "space is back, and yet nothing is taken");
    }
}

static void count_one(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    (void)id;
    (void)state;
    *(size_t *)ctx += slice_eq(envelope, SLICE("envelope"));
}

/* Unacknowledged messages may be there or not, but whole. */
static void check_after_reopening(struct filled *f)
{
    size_t live = 0, listed = 0;
    f->spool->ops->close(f->spool);
    open_spool(f);
    need(f->spool->ops->each(f->spool, count_one, &listed) == ERR_OK, "can't be listed");
    check_all(f);
    for (size_t i = 0; i < f->count; i++)
        live += f->ids[i] != 0;
    need(listed == live, "more or fewer are listed than there should be");
    need(f->damage == 0, "damage is told where there is none");
    f->spool->ops->close(f->spool);
}

int main(int argc, char **argv)
{
    static struct filled f;
    bool has_ballast = argc == 4 && strcmp(argv[1], "ballast") == 0;
    need(has_ballast || (argc == 3 && strcmp(argv[1], "reserve") == 0),
         "usage: fill reserve FOLDER | fill ballast FOLDER FILE");
    f.options = spool_log_default_options(slice_str(argv[2]));
    f.options.segment_size = SEGMENT;
    f.options.reserve = has_ballast ? 0 : RESERVE;
    f.options.memory = 0;
    f.options.damage = note_damage;
    f.options.damage_ctx = &f;
    open_spool(&f);
    fill(&f);
    check_all(&f);
    if (has_ballast)
        need(unlink(argv[3]) == 0, "no ballast");
    else
        end_all_but(&f, MORE);
    go_on(&f);
    check_after_reopening(&f);
    return 0;
}
