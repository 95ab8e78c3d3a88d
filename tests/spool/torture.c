/* Writes to a spool until it is killed, telling on standard output what was acknowledged; and, in a
 * second life, compares the spool with what was told. For the rounds of kill -9 and power cuts.
 *
 *     torture write FOLDER SEED [nosync]
 *     torture verify FOLDER TOLD        exit 1: something acknowledged is lost, or something is
 * wrong
 *
 * A line a fact: `P id seed size` put; `S id n` state n is kept; `e id` will be ended from here on;
 * `E id` ended. */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/map.h"
#include "spool/use.h"
#include "system/heap.h"

enum { IN_FLIGHT = 16, LIVE_MOST = 400, SEGMENT = 1 << 20 };

static void need(bool is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "torture: %s\n", what);
    exit(2);
}

static struct spool *open_spool(const char *path, bool skip_sync, spool_damage *damage, void *ctx)
{
    struct spool *s;
    struct err err = {0};
    struct spool_log_options o = spool_log_default_options(slice_str(path));
    o.segment_size = SEGMENT;
    o.reserve = 0;
    o.memory = 1 << 20;
    o.skip_sync = skip_sync;
    o.damage = damage;
    o.damage_ctx = ctx;
    need(spool_log_open(&o, &heap, &s, &err) == ERR_OK, err.what);
    return s;
}

/* The writer. */

struct live {
    struct spool_change change; /* first: done finds the message by it */
    struct writer *writer;
    char state[24];
    uint64_t states;
};

struct writer {
    struct spool *spool;
    pthread_mutex_t lock;
    pthread_cond_t settled;
    unsigned in_flight;
    struct live *live[LIVE_MOST + IN_FLIGHT]; /* those with no change in flight */
    size_t count;
    uint64_t random;
};

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One write, so that a line is told wholly or not at all. */
static void tell(const char *format, ...)
{
    char line[128];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    need(write(1, line, (size_t)len) == len, "nobody listens");
}

static uint64_t roll(struct writer *w, uint64_t sides)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (w->random >> 11) % sides;
}

static void settle(struct writer *w, struct live *live)
{
    pthread_mutex_lock(&w->lock);
    if (live)
        w->live[w->count++] = live;
    w->in_flight--;
    pthread_cond_signal(&w->settled);
    pthread_mutex_unlock(&w->lock);
}

struct putting {
    struct writer *writer;
    uint64_t seed, size;
};

static void put_done(void *ctx, enum err_code result, spool_id id, struct spool_content *content)
{
    struct putting *p = ctx;
    struct live *live = calloc(1, sizeof(*live));
    need(result == ERR_OK && live, "a put failed");
    tell("P %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", id, p->seed, p->size);
    p->writer->spool->ops->drop(content);
    *live = (struct live){.change = {.id = id}, .writer = p->writer};
    settle(p->writer, live);
    free(p);
}

static void change_done(struct spool_change *change, enum err_code result)
{
    struct live *live = (struct live *)(void *)change;
    struct writer *w = live->writer;
    need(result == ERR_OK, "a change failed");
    if (!change->is_end) {
        tell("S %" PRIu64 " %" PRIu64 "\n", change->id, live->states);
        settle(w, live);
        return;
    }
    tell("E %" PRIu64 "\n", change->id);
    free(live);
    settle(w, NULL);
}

static void put_one(struct writer *w, uint64_t seed)
{
    static const uint64_t most[] = {4000, 4000, 4000, 40000, 40000, 700000};
    struct putting *p = calloc(1, sizeof(*p));
    char envelope[64], piece[4096];
    struct spool_writer *to;
    need(p != NULL, "out of memory");
    *p = (struct putting){w, seed, roll(w, most[roll(w, 24) ? roll(w, 5) : 5])};
    int len = snprintf(envelope, sizeof(envelope), "%" PRIu64 " %" PRIu64, seed, p->size);
    need(spool_begin(w->spool, p->size, &to) == ERR_OK, "begin failed");
    for (uint64_t at = 0; at < p->size; at += sizeof(piece)) {
        size_t part = p->size - at < sizeof(piece) ? (size_t)(p->size - at) : sizeof(piece);
        use_fill(seed, at, piece, part);
        need(w->spool->ops->write(to, slice_of(piece, part)) == ERR_OK, "a write failed");
    }
    w->spool->ops->commit(to, slice_of(envelope, (size_t)len), put_done, p);
}

static void change_one(struct writer *w, struct live *live, bool is_end)
{
    live->change.done = change_done;
    live->change.is_end = is_end;
    if (is_end) {
        tell("e %" PRIu64 "\n", live->change.id);
    } else {
        int len = snprintf(live->state, sizeof(live->state), "%" PRIu64, ++live->states);
        live->change.state = slice_of(live->state, (size_t)len);
    }
    w->spool->ops->submit(w->spool, &live->change);
}

/* NULL: put a new message. */
static struct live *next_turn(struct writer *w, uint64_t *choice_r)
{
    struct live *live = NULL;
    pthread_mutex_lock(&w->lock);
    while (w->in_flight >= IN_FLIGHT)
        pthread_cond_wait(&w->settled, &w->lock);
    w->in_flight++;
    *choice_r = w->count >= LIVE_MOST ? 2 : roll(w, 3);
    if (w->count && *choice_r) {
        size_t i = (size_t)roll(w, w->count);
        live = w->live[i];
        w->live[i] = w->live[--w->count];
    }
    pthread_mutex_unlock(&w->lock);
    return live;
}

static _Noreturn void write_forever(const char *path, uint64_t seed, bool skip_sync)
{
    static struct writer w;
    w.spool = open_spool(path, skip_sync, NULL, NULL);
    w.random = seed * 0x9e3779b97f4a7c15U | 1;
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.settled, NULL);
    for (uint64_t i = seed << 32;; i++) {
        uint64_t choice;
        struct live *live = next_turn(&w, &choice);
        if (live)
            change_one(&w, live, choice == 2);
        else
            put_one(&w, i);
    }
}

/* The verifier. */

struct told {
    spool_id id;
    uint64_t seed, size, state;
    bool is_put, may_be_gone, is_gone, is_there;
};

struct verifier {
    struct spool *spool;
    struct id_map told;
    size_t acknowledged, there, lost, wrong, back, damage;
};

static struct told *told_of(struct verifier *v, spool_id id)
{
    struct told *t = id_map_get(&v->told, id);
    if (t)
        return t;
    t = calloc(1, sizeof(*t));
    need(t && id_map_put(&v->told, id, t), "out of memory");
    t->id = id;
    return t;
}

static void read_line(struct verifier *v, const char *line)
{
    char what;
    uint64_t id, a = 0, b = 0;
    int fields = sscanf(line, "%c %" SCNu64 " %" SCNu64 " %" SCNu64, &what, &id, &a, &b);
    need(fields >= 2, "a line that nobody wrote");
    struct told *t = told_of(v, id);
    switch (what) {
    case 'P':
        t->is_put = true;
        t->seed = a;
        t->size = b;
        v->acknowledged++;
        break;
    case 'S':
        t->state = a;
        break;
    case 'e':
        t->may_be_gone = true;
        break;
    default:
        t->is_gone = true;
    }
}

/* The last line may be cut short: the pipe's reader was stopped with it. */
static void read_told(struct verifier *v, const char *path)
{
    char line[128];
    FILE *f = fopen(path, "r");
    need(f != NULL, "no list of what was told");
    while (fgets(line, sizeof(line), f))
        if (strchr(line, '\n'))
            read_line(v, line);
    fclose(f);
}

static void complain(size_t *count, spool_id id, const char *what)
{
    if (++*count <= 5)
        fprintf(stderr, "torture: message %" PRIu64 " %s\n", id, what);
}

struct visited {
    struct verifier *v;
    struct told *sizes; /* what the envelopes say, to be checked after the visit */
    size_t count, room;
};

static void visit(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct visited *seen = ctx;
    struct told found = {.id = id};
    struct slice rest = envelope, word;
    if (!slice_word(&rest, &word) || !slice_u64(word, &found.seed) || !slice_word(&rest, &word) ||
        !slice_u64(word, &found.size) || (state.len && !slice_u64(state, &found.state)))
        complain(&seen->v->wrong, id, "has a wrong envelope or state");
    if (seen->count == seen->room) {
        seen->room = seen->room ? seen->room * 2 : 1024;
        seen->sizes = realloc(seen->sizes, seen->room * sizeof(*seen->sizes));
        need(seen->sizes != NULL, "out of memory");
    }
    seen->sizes[seen->count++] = found;
}

static void check_found(struct verifier *v, const struct told *found)
{
    struct told *t = told_of(v, found->id);
    t->is_there = true;
    v->there++;
    if (t->is_gone)
        complain(&v->back, found->id, "was ended and is back");
    if (found->state < t->state)
        complain(&v->wrong, found->id, "lost a state that was kept");
    if (t->is_put && (t->seed != found->seed || t->size != found->size))
        complain(&v->wrong, found->id, "is another message");
    if (use_check(v->spool, found->id, found->seed, (size_t)found->size) != ERR_OK)
        complain(&v->wrong, found->id, "has not its content");
}

static void note_damage(void *ctx, const struct spool_damaged *damage)
{
    struct verifier *v = ctx;
    v->damage++;
    fprintf(stderr, "torture: damage in %s at %" PRIu64 ": %s\n", damage->file, damage->offset,
            damage->what);
}

static int verify(const char *path, const char *told_path)
{
    struct verifier v = {0};
    struct visited seen = {.v = &v};
    id_map_init(&v.told, &heap);
    read_told(&v, told_path);
    v.spool = open_spool(path, false, note_damage, &v);
    need(v.spool->ops->each(v.spool, visit, &seen) == ERR_OK, "the spool can't be listed");
    for (size_t i = 0; i < seen.count; i++)
        check_found(&v, &seen.sizes[i]);
    size_t at = 0;
    for (struct told *t; (t = id_map_next(&v.told, &at)); free(t))
        if (t->is_put && !t->may_be_gone && !t->is_there)
            complain(&v.lost, t->id, "was acknowledged and is lost");
    v.spool->ops->close(v.spool);
    id_map_free(&v.told);
    free(seen.sizes);
    printf("acknowledged %zu, there %zu, lost %zu, wrong %zu, back %zu, damage %zu\n",
           v.acknowledged, v.there, v.lost, v.wrong, v.back, v.damage);
    return v.lost || v.wrong || v.back || v.damage;
}

int main(int argc, char **argv)
{
    uint64_t seed = 0;
    if (argc >= 4 && strcmp(argv[1], "verify") == 0)
        return verify(argv[2], argv[3]);
    need(argc >= 4 && strcmp(argv[1], "write") == 0 && slice_u64(slice_str(argv[3]), &seed),
         "usage: torture write FOLDER SEED [nosync] | torture verify FOLDER TOLD");
    write_forever(argv[2], seed, argc > 4);
}
