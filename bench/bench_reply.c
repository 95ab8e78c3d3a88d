/* How many one-line replies a second are scanned, diagnosed and explained, on one core:
 * bench_reply FILE [SECONDS], FILE with one reply a line; 0: once through it, to count its work. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "reply/scan.h"
#include "system/heap.h"

enum { LINES_MAX = 65536, LINE_BYTES = 16384, ARENA_MAX = 1 << 18 };

static struct slice lines[LINES_MAX];
static size_t count;

static bool read_lines(const char *path)
{
    static char line[LINE_BYTES];
    FILE *f = fopen(path, "r");
    if (!f)
        return perror(path), false;
    while (count < LINES_MAX && fgets(line, sizeof(line), f)) {
        char *copy = strdup(line);
        if (copy)
            lines[count++] = slice_str(copy);
    }
    fclose(f);
    return count > 0;
}

static void run(struct slice text, struct arena *arena, bool with_words, unsigned *sum)
{
    struct diagnosis_input in;
    struct diagnosis d;
    struct explanation e;
    arena_rewind(arena);
    reply_scan(text, arena, &in);
    diagnose(&in, &d);
    *sum += d.cause;
    if (with_words && explain(&d, &in, arena, &e))
        *sum += (unsigned)e.count;
}

/* Processor time, so that others on the machine do not count. */
static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void measure(const char *what, bool with_words, int64_t ms)
{
    struct arena arena;
    unsigned sum = 0;
    size_t done = 0, bytes = 0;
    arena_init(&arena, &heap, ARENA_MAX);
    int64_t begin = now_ms(), now;
    do {
        for (size_t i = 0; i < count; i++, done++) {
            run(lines[i], &arena, with_words, &sum);
            bytes += lines[i].len;
        }
        now = now_ms();
    } while (now - begin < ms);
    printf("%-22s %9.0f replies/s  %7.1f MB/s  (%u)\n", what,
           (double)done * 1000 / (double)(now - begin + 1),
           (double)bytes / 1000 / (double)(now - begin + 1), sum);
    arena_reset(&arena);
}

int main(int argc, char **argv)
{
    int64_t ms = 1000 * (argc > 2 ? strtol(argv[2], NULL, 10) : 2);
    if (argc < 2 || !read_lines(argv[1]))
        return fputs("usage: bench_reply FILE [SECONDS]\n", stderr), 1;
    measure("diagnosed", false, ms);
    measure("diagnosed, explained", true, ms);
    return 0;
}
