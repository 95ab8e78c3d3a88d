/* Measures the log engine: a closed loop of K waiting messages of 4 KiB, each read back once and
 * ended; then a backlog of N messages: put, given a state, listed after opening again, drained.
 *
 *     bench_spool FOLDER [N [SECONDS]]     FOLDER must not exist; it is left behind to look at */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "spool/log/log.h"
#include "system/heap.h"

enum { CONTENT = 4096, ENVELOPE = 200, MOST = 512, LATENCIES = 1 << 20 };

static char content[CONTENT], envelope[ENVELOPE];
static uint32_t latencies[LATENCIES]; /* µs */

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t cpu_us(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 + r.ru_utime.tv_usec +
           r.ru_stime.tv_usec;
}

/* A number from a file of /proc: that behind `key`. */
static uint64_t proc_number(const char *path, const char *key)
{
    char line[256];
    unsigned long long value = 0;
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtoull(line + strlen(key), NULL, 10);
    if (f)
        fclose(f);
    return value;
}

static void need(bool is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "bench_spool: %s\n", what);
    exit(1);
}

/* A message or a change under way. */
struct slot {
    struct spool_change change; /* first: done finds the slot by it */
    struct bench *bench;
    struct slot *next;
    struct spool_content *content;
    int64_t begun;
};

struct bench {
    struct spool *spool;
    pthread_mutex_t lock;
    pthread_cond_t told;
    struct slot *settled;
    struct slot *unused; /* for changes */
    struct slot slots[MOST];
    struct slot changes[MOST];
};

static void settle(struct slot *slot, enum err_code result)
{
    need(result == ERR_OK, err_text(result));
    struct bench *b = slot->bench;
    pthread_mutex_lock(&b->lock);
    slot->next = b->settled;
    b->settled = slot;
    if (!slot->next)
        pthread_cond_signal(&b->told);
    pthread_mutex_unlock(&b->lock);
}

static void put_done(void *ctx, enum err_code result, spool_id id, struct spool_content *c)
{
    struct slot *slot = ctx;
    slot->change.id = id;
    slot->content = c;
    settle(slot, result);
}

static void change_done(struct spool_change *change, enum err_code result)
{
    settle((struct slot *)(void *)change, result);
}

static struct slot *wait_settled(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    while (!b->settled)
        pthread_cond_wait(&b->told, &b->lock);
    struct slot *all = b->settled;
    b->settled = NULL;
    pthread_mutex_unlock(&b->lock);
    return all;
}

static void put(struct slot *slot)
{
    struct spool *s = slot->bench->spool;
    struct spool_writer *w;
    slot->begun = now_us();
    enum err_code result = spool_begin(s, CONTENT, &w);
    need(result == ERR_OK, err_text(result));
    (void)s->ops->write(w, slice_of(content, CONTENT));
    s->ops->commit(w, slice_of(envelope, ENVELOPE), put_done, slot);
}

static void change(struct slot *slot, spool_id id, bool is_end, struct slice state)
{
    slot->change =
        (struct spool_change){.id = id, .is_end = is_end, .state = state, .done = change_done};
    slot->bench->spool->ops->submit(slot->bench->spool, &slot->change);
}

static void read_all(struct spool *s, struct spool_content *c)
{
    struct slice bytes;
    uint64_t at = 0;
    while (s->ops->read(c, at, &bytes) == ERR_OK)
        at += bytes.len;
    need(at == CONTENT, "a message came back with another size");
    s->ops->drop(c);
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void init(struct bench *b)
{
    *b = (struct bench){0};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->told, NULL);
    for (size_t i = 0; i < MOST; i++) {
        b->slots[i].bench = b->changes[i].bench = b;
        b->changes[i].next = b->unused;
        b->unused = &b->changes[i];
    }
}

/* Where latencies go, and when to stop. */
struct run {
    size_t count; /* messages put */
    size_t goal;
    int64_t until;
    size_t waiting;     /* messages and changes under way */
    struct slot *ready; /* messages to be read and ended, for want of an unused change */
};

static void put_next(struct run *run, struct slot *slot)
{
    if (run->count + run->waiting >= run->goal || now_us() >= run->until)
        return;
    put(slot);
    run->waiting++;
}

/* The next message goes first, so that its sync takes the end along. */
static void end_ready(struct bench *b, struct run *run)
{
    while (run->ready && b->unused) {
        struct slot *slot = run->ready, *end = b->unused;
        spool_id id = slot->change.id;
        struct spool_content *c = slot->content;
        run->ready = slot->next;
        b->unused = end->next;
        put_next(run, slot);
        read_all(b->spool, c);
        change(end, id, true, SLICE(""));
        run->waiting++;
    }
}

static bool is_change(const struct bench *b, const struct slot *slot)
{
    return slot >= b->changes && slot < b->changes + MOST;
}

static void closed_loop(struct bench *b, unsigned k, int64_t seconds)
{
    uint64_t written = proc_number("/proc/self/io", "write_bytes:");
    int64_t cpu = cpu_us(), start = now_us();
    struct run run = {.goal = SIZE_MAX, .until = start + seconds * 1000000};
    for (unsigned i = 0; i < k; i++)
        put_next(&run, &b->slots[i]);
    while (run.waiting) {
        for (struct slot *slot = wait_settled(b), *next; slot; slot = next) {
            next = slot->next;
            struct slot **to = is_change(b, slot) ? &b->unused : &run.ready;
            run.waiting--;
            if (!is_change(b, slot))
                latencies[run.count++ % LATENCIES] = (uint32_t)(now_us() - slot->begun);
            slot->next = *to;
            *to = slot;
        }
        end_ready(b, &run);
    }
    double elapsed = (double)(now_us() - start) / 1e6;
    double count = (double)run.count;
    size_t kept = run.count < LATENCIES ? run.count : LATENCIES;
    qsort(latencies, kept, sizeof(*latencies), by_value);
    written = proc_number("/proc/self/io", "write_bytes:") - written;
    printf("%8u %10.0f %9.2f %9.2f %12.1f %14.2f\n", k, count / elapsed, latencies[kept / 2] / 1e3,
           latencies[kept * 99 / 100] / 1e3, (double)(cpu_us() - cpu) / count,
           (double)written / (count * (CONTENT + ENVELOPE)));
}

/* Does one thing to each of `count` messages, MOST at a time; ids[] is filled by the puts. */
enum step { STEP_PUT, STEP_STATE, STEP_DRAIN };

static void begin_step(struct bench *b, enum step step, struct slot *slot, spool_id id)
{
    struct spool_content *c;
    if (step == STEP_PUT) {
        put(slot);
        return;
    }
    if (step == STEP_DRAIN) {
        enum err_code result = b->spool->ops->open(b->spool, id, &c);
        need(result == ERR_OK, err_text(result));
        read_all(b->spool, c);
    }
    change(slot, id, step == STEP_DRAIN, slice_of(envelope, 60));
}

static double every_one(struct bench *b, enum step step, spool_id *ids, size_t count)
{
    int64_t start = now_us();
    size_t begun = 0, settled = 0;
    for (; begun < count && begun < MOST; begun++)
        begin_step(b, step, &b->slots[begun], ids[begun]);
    while (settled < count) {
        for (struct slot *slot = wait_settled(b), *next; slot; slot = next) {
            next = slot->next;
            if (step == STEP_PUT) {
                ids[settled] = slot->change.id;
                b->spool->ops->drop(slot->content);
            }
            settled++;
            if (begun < count)
                begin_step(b, step, slot, ids[begun++]);
        }
    }
    return (double)(now_us() - start) / 1e6;
}

static void open_spool(struct bench *b, const char *path)
{
    struct err err = {0};
    struct spool_log_options o = spool_log_default_options(slice_str(path));
    need(spool_log_open(&o, &heap, &b->spool, &err) == ERR_OK, err.what);
}

static void close_spool(struct bench *b)
{
    b->spool->ops->close(b->spool);
}

static void count_one(void *ctx, spool_id id, struct slice e, struct slice state)
{
    (void)id;
    *(size_t *)ctx += e.len == ENVELOPE && state.len == 60;
}

static void backlog(struct bench *b, const char *path, size_t count)
{
    spool_id *ids = calloc(count, sizeof(*ids));
    need(ids != NULL, "out of memory");
    double puts = every_one(b, STEP_PUT, ids, count);
    double states = every_one(b, STEP_STATE, ids, count);
    close_spool(b);
    int64_t start = now_us();
    open_spool(b, path);
    int64_t opened = now_us();
    size_t listed = 0;
    need(b->spool->ops->each(b->spool, count_one, &listed) == ERR_OK, "the list fails");
    int64_t done = now_us();
    uint64_t rss = proc_number("/proc/self/status", "VmRSS:") / 1024;
    double drained = every_one(b, STEP_DRAIN, ids, count);
    printf("\nbacklog of %zu: put %.1f s, a state each %.1f s, open %.2f s, list %.2f s (%zu), "
           "drain %.0f/s, RSS %llu MB\n",
           count, puts, states, (double)(opened - start) / 1e6, (double)(done - opened) / 1e6,
           listed, (double)count / drained, (unsigned long long)rss);
    free(ids);
}

int main(int argc, char **argv)
{
    static struct bench b;
    static const unsigned waiting[] = {1, 8, 64, 512};
    need(argc >= 2, "usage: bench_spool FOLDER [MESSAGES [SECONDS]]");
    size_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    int64_t seconds = argc > 3 ? strtoll(argv[3], NULL, 10) : 5;
    memset(content, 'c', sizeof(content));
    memset(envelope, 'e', sizeof(envelope));
    init(&b);
    open_spool(&b, argv[1]);
    puts(" waiting     puts/s    p50 ms    p99 ms  CPU µs/mess.  written/bytes");
    for (size_t i = 0; i < sizeof(waiting) / sizeof(*waiting); i++)
        closed_loop(&b, waiting[i], seconds);
    if (count)
        backlog(&b, argv[1], count);
    close_spool(&b);
    return 0;
}
