/* A spool's folder after anybody wrote into its files: it opens or says why not, lists what can be
 * read to its end, and each message whose files nobody touched is there, whole and right.
 *
 * The first byte chooses how it is opened; then come changes, each of a kind, a file's number, a
 * place (four bytes) and, for some, a length with so many bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/log/log.h"
#include "spool/log/salt.h"
#include "spool/use.h"
#include "system/heap.h"

enum { MESSAGES = 24, FILES = 8, SEGMENT = 16384, INPUT_MOST = 4096, FLAG_ALL = 1, FLAG_LOOK = 2 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static struct known {
    spool_id id; /* 0: it was ended */
    size_t size;
    unsigned files; /* a bit for each segment that has a part of it */
} known[MESSAGES];

static char golden[64], copy[80];

static struct spool_log_options options_for(const char *path)
{
    struct spool_log_options o = spool_log_default_options(slice_str(path));
    o.segment_size = SEGMENT;
    o.reserve = o.pause_ms = 0;
    o.memory = 1 << 20;
    o.skip_sync = true;
    return o;
}

/* ---- a spool that is right ---- */

static void note_record(void *ctx, const struct spool_log_record *r)
{
    unsigned number = 0;
    (void)ctx;
    require(sscanf(r->file, "seg-%x.log", &number) == 1 && number < 32);
    for (size_t i = 0; i < MESSAGES; i++)
        if (known[i].id == r->id && strcmp(r->type, "state") != 0)
            known[i].files |= 1U << number;
}

static void put_messages(struct spool *s)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        size_t size = i * i * 20;
        struct put put = use_put(s, i, size, SLICE("an envelope"));
        require(put.result == ERR_OK);
        s->ops->drop(put.content);
        known[i] = (struct known){.id = put.id, .size = size};
        if (i % 3 == 1)
            require(use_state(s, put.id, SLICE("a state")) == ERR_OK);
        if (i % 4 == 2)
            require(use_end(s, put.id) == ERR_OK);
        if (i % 4 == 2)
            known[i].id = 0;
    }
}

static void clean(void)
{
    use_remove_folder(golden);
}

/* With a salt that is the same in each run, or no input would mean the same twice. */
static void start(void)
{
    struct spool *s;
    struct err err;
    use_folder(golden);
    (void)snprintf(copy, sizeof(copy), "%s-copy", golden);
    struct segment_folder folder = {.fd = open(golden, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                    .skip_sync = true};
    require(atexit(clean) == 0 && salt_write(&folder, 0x1234567890abcdef) == ERR_OK);
    close(folder.fd);
    struct spool_log_options o = options_for(golden);
    require(spool_log_open(&o, &heap, &s, &err) == ERR_OK);
    put_messages(s);
    s->ops->close(s);
    o.only_look = true;
    require(spool_log_open(&o, &heap, &s, &err) == ERR_OK);
    require(spool_log_records(s, note_record, NULL) == ERR_OK);
    s->ops->close(s);
}

/* ---- what is done to it ---- */

static size_t draw(struct slice *in, size_t bytes)
{
    size_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value |= (size_t)(in->len ? (unsigned char)in->at[0] : 0) << (8 * i);
        *in = slice_from(*in, 1);
    }
    return value;
}

/* Segment `number`, or with `which` its hint, or what else there is. */
static void path_of(unsigned number, unsigned which, char path[128])
{
    static const char *const others[] = {"salt", "lock"};
    if (which == 3)
        (void)snprintf(path, 128, "%s/%s", copy, others[number % 2]);
    else
        (void)snprintf(path, 128, "%s/seg-%016x.%s", copy, number, which == 2 ? "hint" : "log");
}

/* The segment that was touched, as a bit. */
static unsigned change(struct slice *in)
{
    char path[128];
    unsigned kind = (unsigned)draw(in, 1), number = (unsigned)draw(in, 1) % FILES;
    size_t at = draw(in, 4) % (2 * SEGMENT), len = draw(in, 1);
    struct slice bytes = slice_head(*in, len);
    path_of(number, kind % 4, path);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (kind / 4 % 4 == 0)
        require(ftruncate(fd, (off_t)at) == 0);
    else if (kind / 4 % 4 == 1)
        require(unlink(path) == 0);
    else
        require(pwrite(fd, bytes.at, bytes.len, (off_t)at) == (ssize_t)bytes.len);
    *in = slice_from(*in, bytes.len);
    close(fd);
    return kind % 4 < 2 ? 1U << number : 0;
}

/* ---- what is left of it ---- */

struct seen {
    spool_id ids[2 * MESSAGES];
    size_t count;
};

static void note_message(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct seen *seen = ctx;
    (void)envelope;
    (void)state;
    for (size_t i = 0; i < seen->count; i++)
        require(seen->ids[i] != id);
    if (seen->count < 2 * MESSAGES)
        seen->ids[seen->count++] = id;
}

static bool was_seen(const struct seen *seen, spool_id id)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->ids[i] == id)
            return true;
    return false;
}

static void read_to_its_end(struct spool *s, spool_id id)
{
    struct spool_content *c;
    struct slice bytes;
    uint64_t at = 0;
    if (s->ops->open(s, id, &c) != ERR_OK)
        return;
    while (s->ops->read(c, at, &bytes) == ERR_OK) {
        require(bytes.len > 0 && at + bytes.len <= s->ops->size(c));
        at += bytes.len;
    }
    s->ops->drop(c);
}

static void check(struct spool *s, unsigned touched)
{
    struct seen seen = {.count = 0};
    if (s->ops->each(s, note_message, &seen) != ERR_OK)
        return;
    for (size_t i = 0; i < seen.count; i++)
        read_to_its_end(s, seen.ids[i]);
    for (size_t i = 0; i < MESSAGES; i++)
        if (known[i].id && !(known[i].files & touched)) {
            require(was_seen(&seen, known[i].id));
            require(use_check(s, known[i].id, i, known[i].size) == ERR_OK);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct spool *s;
    struct err err = {0};
    unsigned touched = 0;
    if (size == 0 || size > INPUT_MOST)
        return 0;
    if (!copy[0])
        start();
    use_copy_folder(golden, copy);
    size_t how = draw(&in, 1);
    while (in.len)
        touched |= change(&in);
    struct spool_log_options o = options_for(copy);
    o.read_all = how & FLAG_ALL;
    o.only_look = how & FLAG_LOOK;
    if (spool_log_open(&o, &heap, &s, &err) == ERR_OK) {
        check(s, touched);
        s->ops->close(s);
    } else {
        require(err.what != NULL);
    }
    use_remove_folder(copy);
    return 0;
}
