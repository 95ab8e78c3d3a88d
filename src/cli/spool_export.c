/* candor spool export: each message that waits, as files that every mail program and every person
 * can read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/spool_tool.h"
#include "cli/words.h"
#include "mail/envelope_text.h"
#include "system/heap.h"

enum { NAME = 64, TEXT_MAX = 256 << 20, LOOKS_MOST = 5 };

struct exporting {
    struct spool_tool *tool;
    int folder;
    struct arena arena;
    struct buf text;
    size_t exported, broken, finished;
    int status;             /* of what ends it all; EX_OK: nothing yet */
    struct buf later;       /* ids of messages that the server moved under our eyes */
    const spool_id *wanted; /* sorted; NULL: all */
    size_t wanted_count;
};

static int compare_ids(const void *a, const void *b)
{
    const spool_id *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void stop(struct exporting *x, const char *name)
{
    const char *why = errno == EEXIST
                          ? "is there already: export into a folder that holds no earlier export"
                          : strerror(errno);
    x->status = spool_tool_fail(x->tool, name, ERR_IO, why);
    if (errno == EEXIST || errno == EACCES)
        x->status = EX_CANTCREAT;
}

static int create(struct exporting *x, const char *name)
{
    int fd = openat(x->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        stop(x, name);
    return fd;
}

static bool write_all(int fd, struct slice bytes)
{
    while (bytes.len) {
        ssize_t got = write(fd, bytes.at, bytes.len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        bytes = slice_from(bytes, (size_t)got);
    }
    return true;
}

/* The file's time is when the message came in. */
static bool finish(int fd, const struct envelope *e)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW},
                                {.tv_sec = (time_t)(e->received_at / 1000),
                                 .tv_nsec = (long)(e->received_at % 1000) * 1000000}};
    (void)futimens(fd, times);
    return close(fd) == 0;
}

/* Copies the content; ERR_IO only when the file can't be written, x->status then says so. */
static enum err_code copy_content(struct exporting *x, struct spool_content *c, const char *name,
                                  const struct envelope *e)
{
    struct spool *s = x->tool->spool;
    struct slice bytes;
    uint64_t at = 0;
    enum err_code result;
    int fd = create(x, name);
    if (fd < 0)
        return ERR_IO;
    while ((result = s->ops->read(c, at, &bytes)) == ERR_OK && write_all(fd, bytes))
        at += bytes.len;
    bool is_written = result != ERR_OK;
    if (!finish(fd, e))
        is_written = false;
    if (!is_written)
        stop(x, name);
    if (result == ERR_NOT_FOUND && at == s->ops->size(c) && is_written)
        return ERR_OK;
    (void)unlinkat(x->folder, name, 0);
    return !is_written ? ERR_IO : result == ERR_NOT_FOUND ? ERR_NOT_FOUND : ERR_CORRUPT;
}

static void write_envelope(struct exporting *x, const char *id, const struct envelope *e)
{
    char name[NAME];
    snprintf(name, sizeof(name), "%s.envelope", id);
    int fd = create(x, name);
    if (fd < 0)
        return;
    bool is_written = write_all(fd, buf_slice(&x->text));
    if (!finish(fd, e) || !is_written)
        stop(x, name);
    else
        x->exported++;
}

static void tell_broken(struct exporting *x, const char *id, const char *what)
{
    fprintf(stderr, "message %s: %s\n", id, what);
    x->broken++;
}

static void export_message(struct exporting *x, spool_id id, const struct envelope *e)
{
    char text[SPOOL_ID_TEXT + 1], name[NAME];
    struct spool_content *c;
    struct spool *s = x->tool->spool;
    spool_id_write(id, text);
    buf_clear(&x->text);
    if (!envelope_text_write(&x->text, e)) {
        tell_broken(x, text, "an address in its envelope is none; it is left out");
        return;
    }
    enum err_code result = s->ops->open(s, id, &c);
    if (result == ERR_OK) {
        snprintf(name, sizeof(name), "%s.eml", text);
        result = copy_content(x, c, name, e);
        s->ops->drop(c);
    }
    if (result == ERR_OK)
        write_envelope(x, text, e);
    else if (result == ERR_NOT_FOUND)
        buf_add(&x->later, slice_of((const char *)&id, sizeof(id)));
    else if (x->status == EX_OK)
        tell_broken(x, text, "its content is damaged; it is left out");
}

static void export_one(void *ctx, spool_id id, struct slice envelope, struct slice state)
{
    struct exporting *x = ctx;
    struct envelope e;
    char text[SPOOL_ID_TEXT + 1];
    if (x->status != EX_OK ||
        (x->wanted && !bsearch(&id, x->wanted, x->wanted_count, sizeof(*x->wanted), compare_ids)))
        return;
    if (!spool_tool_waiting(envelope, state, &x->arena, &e)) {
        spool_id_write(id, text);
        tell_broken(x, text, "its envelope cannot be understood; it is left out");
    } else if (e.count == 0) {
        x->finished++;
    } else {
        export_message(x, id, &e);
    }
    arena_reset(&x->arena);
}

/* One look at the spool; what the server moved or delivered meanwhile is looked for again. */
static int export_look(struct exporting *x)
{
    struct spool_tool *t = x->tool;
    int status = spool_tool_look(t, false);
    if (status != EX_OK)
        return status;
    enum err_code result = t->spool->ops->each(t->spool, export_one, x);
    spool_tool_close(t);
    return result == ERR_OK ? x->status : spool_tool_fail(t, t->path, result, NULL);
}

static int export_all(struct exporting *x)
{
    struct buf wanted;
    int status = export_look(x);
    buf_init(&wanted, &heap, TEXT_MAX);
    for (int i = 1; i < LOOKS_MOST && status == EX_OK && x->later.len; i++) {
        buf_clear(&wanted);
        buf_add(&wanted, buf_slice(&x->later));
        buf_clear(&x->later);
        x->wanted = (const spool_id *)(const void *)wanted.at;
        x->wanted_count = wanted.len / sizeof(*x->wanted);
        status = export_look(x);
    }
    buf_free(&wanted);
    if (status == EX_OK && x->later.len)
        status = spool_tool_fail(x->tool, x->tool->path, ERR_STATE,
                                 "the server moves messages faster than they can be read");
    return status;
}

static int open_folder(struct exporting *x)
{
    const char *folder = x->tool->folder;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        stop(x, folder);
        return EX_CANTCREAT;
    }
    x->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (x->folder < 0) {
        stop(x, folder);
        return EX_CANTCREAT;
    }
    return EX_OK;
}

int spool_export(struct spool_tool *t)
{
    struct exporting x = {.tool = t};
    int status = open_folder(&x);
    if (status != EX_OK)
        return status;
    arena_init(&x.arena, &heap, SPOOL_TOOL_ARENA);
    buf_init(&x.text, &heap, TEXT_MAX);
    buf_init(&x.later, &heap, TEXT_MAX);
    status = export_all(&x);
    if (syncfs(x.folder) != 0 && status == EX_OK) {
        stop(&x, t->folder);
        status = x.status;
    }
    close(x.folder);
    buf_free(&x.text);
    buf_free(&x.later);
    printf("%zu message%s in %s", x.exported, x.exported == 1 ? " is" : "s are", t->folder);
    if (x.finished)
        printf("; %zu had no recipient left to wait for", x.finished);
    if (x.broken)
        printf("; %zu could not be read and %s left out", x.broken, x.broken == 1 ? "is" : "are");
    putchar('\n');
    return status == EX_OK && (x.broken || t->damages) ? EX_DATAERR : status;
}
