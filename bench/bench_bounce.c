/* How many mails about deliveries are read a second, of one core's time, from memory:
 * bench_bounce [-s SECONDS] FILE..., a mail each. With -p it prints what it read instead, one line
 * with tabs for each recipient; with -f the fields of the parts for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mail/bounce.h"
#include "mail/dsn_read.h"
#include "mail/mime.h"
#include "system/heap.h"

enum { MAILS_MAX = 4096, MAIL_BYTES = 1 << 22, ARENA_MAX = 1 << 26 };

struct item {
    const char *name;
    struct slice text;
};
static struct item mails[MAILS_MAX];
static size_t count;

static bool load(const char *name)
{
    static char bytes[MAIL_BYTES];
    FILE *f = fopen(name, "rb");
    if (!f)
        return perror(name), false;
    size_t len = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    char *copy = count < MAILS_MAX ? malloc(len + 1) : NULL;
    if (!copy)
        return fputs("too many mails\n", stderr), false;
    memcpy(copy, bytes, len);
    mails[count++] = (struct item){name, slice_of(copy, len)};
    return true;
}

static void put(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        putchar(s.at[i] == '\t' || s.at[i] == '\n' ? ' ' : s.at[i]);
    putchar('\t');
}

static void print_recipient(const struct item *m, const struct bounce *b,
                            const struct bounce_recipient *r)
{
    struct diagnosis d;
    const struct reply *reply = &r->in.reply;
    struct enhanced e = reply->enhanced;
    diagnose(&r->in, &d);
    printf("%s\t%s\t", m->name, bounce_kind_name(r->kind));
    put(r->recipient);
    printf("%u\t%u.%u.%u\t%s\t%s\t", reply->code, e.class, e.subject, e.detail, cause_name(d.cause),
           stage_name(d.stage));
    put(b->reporter);
    put(r->in.remote);
    put(reply->text);
    putchar('\n');
}

static void print_bounce(const struct item *m, struct arena *arena)
{
    struct bounce b;
    arena_reset(arena);
    if (!bounce_read(m->text, arena, &b))
        printf("%s\tno room\n", m->name);
    if (b.count == 0)
        printf("%s\t%s\n", m->name, bounce_kind_name(b.kind));
    for (size_t i = 0; i < b.count; i++)
        print_recipient(m, &b, &b.recipients[i]);
}

static void print_fields(const struct item *m, const struct mime_part *part, struct arena *arena)
{
    struct dsn_reader reader;
    struct dsn_recipient_fields f;
    struct buf text;
    buf_init(&text, &heap, 4 * part->body.len + 16);
    mime_write_text(&text, part);
    dsn_read_begin(&reader, buf_slice(&text), part->is_cut, arena);
    while (dsn_read_next(&reader, &f)) {
        printf("%s\t", m->name);
        put(f.final_recipient);
        put(f.original_recipient);
        put(f.action);
        put(f.status);
        put(f.remote_mta);
        put(f.diagnostic_code);
        putchar('\n');
    }
    buf_free(&text);
}

/* How many parts for programs the message has; messages in it are looked into. */
static size_t print_fields_of(const struct item *m, struct slice message, int depth,
                              struct arena *arena)
{
    struct mime_walk walk;
    struct mime_part part;
    size_t found = 0;
    mime_begin(&walk, message);
    while (mime_next(&walk, &part)) {
        if (slice_ieq(part.type, SLICE("message/delivery-status"))) {
            print_fields(m, &part, arena);
            found++;
        } else if (depth > 0 && slice_ieq(part.type, SLICE("message/rfc822"))) {
            found += print_fields_of(m, part.body, depth - 1, arena);
        }
    }
    return found;
}

static void print_all_fields(const struct item *m, struct arena *arena)
{
    struct slice lines, separator;
    arena_reset(arena);
    if (!mime_lines(m->text, arena, &lines))
        return;
    if (slice_starts(lines, SLICE("From ")))
        slice_line(&lines, &separator);
    print_fields_of(m, lines, 3, arena);
}

/* Processor time, so that others on the machine do not count. */
static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void measure(struct arena *arena, int64_t ms)
{
    size_t done = 0, bytes = 0, recipients = 0;
    int64_t begin = now_ms(), now = begin;
    for (; now - begin < ms; now = now_ms())
        for (size_t i = 0; i < count; i++, done++) {
            struct bounce b;
            arena_rewind(arena);
            recipients += bounce_read(mails[i].text, arena, &b) ? b.count : 0;
            bytes += mails[i].text.len;
        }
    double s = (double)(now - begin) / 1000;
    printf("%.0f mails/s  %.1f MB/s  (%zu mails of %zu bytes on average, %zu recipients read)\n",
           (double)done / s, (double)bytes / s / 1e6, count, bytes / done, recipients);
}

int main(int argc, char **argv)
{
    struct arena arena;
    int64_t seconds = 2;
    char what = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
            seconds = strtol(argv[++i], NULL, 10);
        else if (argv[i][0] == '-')
            what = argv[i][1];
        else if (!load(argv[i]))
            return 1;
    }
    if (count == 0)
        return fputs("usage: bench_bounce [-s SECONDS | -p | -f] FILE...\n", stderr), 1;
    arena_init(&arena, &heap, ARENA_MAX);
    for (size_t i = 0; what && i < count; i++)
        (what == 'p' ? print_bounce : print_all_fields)(&mails[i], &arena);
    if (!what)
        measure(&arena, 1000 * seconds);
    arena_reset(&arena);
    return 0;
}
