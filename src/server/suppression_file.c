#include "server/suppression_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/file.h"
#include "system/heap.h"

enum {
    FILE_BYTES_MAX = INT32_MAX,
    /* The journal is written anew when this many lines, and half of all, say nothing any more. */
    LINES_WASTED = 1000,
};

struct paths {
    char live[PATH_MAX], next[PATH_MAX], folder[PATH_MAX];
};

static bool name_files(struct paths *p, struct slice folder)
{
    struct buf live, next;
    buf_init_fixed(&live, p->live, sizeof(p->live) - 1);
    buf_init_fixed(&next, p->next, sizeof(p->next) - 1);
    buf_addf(&live, "%.*s/suppressed", SLICE_ARG(folder));
    buf_addf(&next, "%.*s/suppressed.new", SLICE_ARG(folder));
    if (live.failed || next.failed)
        return false;
    p->live[live.len] = p->next[next.len] = '\0';
    return slice_cstr(folder, p->folder, sizeof(p->folder));
}

static bool write_all(int fd, struct slice bytes)
{
    while (bytes.len) {
        ssize_t sent = write(fd, bytes.at, bytes.len);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        bytes = slice_from(bytes, (size_t)sent);
    }
    return true;
}

static void complain(const struct suppression_file *f, const char *what)
{
    LOG(f->log, LOG_LEVEL_ERROR, "suppression-list-failed", {"reason", slice_str(what)});
}

/* On a worker. */
static void sync_now(struct task *task)
{
    struct suppression_file *f = LIST_ITEM(task, struct suppression_file, sync);
    atomic_store(&f->is_syncing, false); /* what is written from here on is synced by the next */
    if (fdatasync(f->fd) != 0)
        complain(f, strerror(errno));
}

static void on_wrote(void *ctx, struct slice line)
{
    struct suppression_file *f = ctx;
    if (!write_all(f->fd, line)) {
        complain(f, strerror(errno));
        return;
    }
    if (!atomic_exchange(&f->is_syncing, true))
        workers_post(f->workers, &f->sync);
}

/* Returns how many lines there were; those that can't be read are told together. The last one may
 * lack its end: a crash cut it. */
static size_t read_lines(struct suppression_file *f, struct slice text)
{
    struct slice line;
    size_t lines = 0, bad = 0;
    while (slice_find(text, '\n', 0) != SLICE_NONE && slice_split(&text, '\n', &line)) {
        lines++;
        bad += !suppressions_read_line(&f->list, line);
    }
    if (bad) {
        char storage[80];
        struct buf what;
        buf_init_fixed(&what, storage, sizeof(storage));
        buf_addf(&what, "%zu of %zu lines can't be read, and are left out", bad, lines);
        LOG(f->log, LOG_LEVEL_WARNING, "suppression-list-damaged", {"reason", buf_slice(&what)});
    }
    return lines + (text.len > 0);
}

/* The whole list into a new file, which then takes the place of the old one. */
static bool rewrite(const struct suppression_file *f, const struct paths *p, int64_t now)
{
    struct buf text;
    buf_init(&text, &heap, FILE_BYTES_MAX);
    for (const struct suppression *s = NULL; (s = suppressions_next(&f->list, s, now));)
        suppression_write_line(&text, s);
    int fd = open(p->next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && !text.failed && write_all(fd, buf_slice(&text)) && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    buf_free(&text);
    good = good && rename(p->next, p->live) == 0;
    int folder = good ? open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    good = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return good;
}

static bool load(struct suppression_file *f, const struct paths *p, const char **why)
{
    struct buf text;
    int64_t now = clock_unix_ms();
    size_t lines, used = 0;
    if (access(p->live, F_OK) != 0 && errno == ENOENT)
        return true;
    buf_init(&text, &heap, FILE_BYTES_MAX);
    bool good = file_read(p->live, FILE_BYTES_MAX - 1, &text, why);
    bool is_cut = text.len && text.at[text.len - 1] != '\n';
    lines = read_lines(f, buf_slice(&text));
    buf_free(&text);
    for (const struct suppression *s = NULL; (s = suppressions_next(&f->list, s, now));)
        used++;
    if (!good || !(is_cut || lines > 2 * used + LINES_WASTED) || rewrite(f, p, now))
        return good;
    *why = strerror(errno);
    return false;
}

bool suppression_file_open(struct suppression_file *f, struct slice folder, struct workers *workers,
                           struct hash_key key, const struct log *log, struct buf *why)
{
    struct paths p;
    const char *what = "its path is too long";
    f->fd = -1;
    f->workers = workers;
    f->log = log;
    f->sync.run = sync_now;
    suppressions_init(&f->list, &heap, key);
    if (name_files(&p, folder) && load(f, &p, &what)) {
        f->fd = open(p.live, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        what = strerror(errno);
    }
    if (f->fd < 0) {
        buf_addf(why, "the suppression list %.*s/suppressed can't be opened: %s\n",
                 SLICE_ARG(folder), what);
        return false;
    }
    f->list.wrote = on_wrote;
    f->list.ctx = f;
    return true;
}

void suppression_file_close(struct suppression_file *f)
{
    if (!f->workers)
        return;
    suppressions_free(&f->list);
    if (f->fd >= 0)
        close(f->fd);
}
