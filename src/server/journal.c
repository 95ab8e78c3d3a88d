#include "server/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/queue.h"
#include "system/clock.h"
#include "system/file.h"
#include "system/heap.h"

enum {
    FILE_BYTES_MAX = INT32_MAX,
    /* The journal is written anew when this many lines, and half of all, say nothing any more. */
    LINES_WASTED = 1000,
};

static bool read_suppression(void *list, struct slice line)
{
    return suppressions_read_line(list, line);
}

static size_t write_suppressions(const void *list, int64_t now, struct buf *out)
{
    size_t count = 0;
    for (const struct suppression *s = NULL; (s = suppressions_next(list, s, now)); count++)
        suppression_write_line(out, s);
    return count;
}

static bool read_suspension(void *list, struct slice line)
{
    return suspensions_read_line(list, line);
}

static size_t write_suspensions(const void *list, int64_t now, struct buf *out)
{
    size_t count = 0;
    (void)now;
    for (const struct suspension *s = NULL; (s = suspensions_next(list, s)); count++)
        suspension_write_line(out, s);
    return count;
}

static bool read_source(void *list, struct slice line)
{
    return sources_read_line(list, line);
}

static size_t write_sources(const void *list, int64_t now, struct buf *out)
{
    const struct sources *all = list;
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (source_sent(&all->list[i], now)) {
            source_write_line(out, &all->list[i]);
            count++;
        }
    return count;
}

const struct journal_kind journal_suppressions = {.file = "suppressed",
                                                  .name = "suppression list",
                                                  .failed = "suppression-list-failed",
                                                  .damaged = "suppression-list-damaged",
                                                  .read = read_suppression,
                                                  .write = write_suppressions};
const struct journal_kind journal_suspensions = {.file = "suspended",
                                                 .name = "list of what is suspended",
                                                 .failed = "suspensions-failed",
                                                 .damaged = "suspensions-damaged",
                                                 .read = read_suspension,
                                                 .write = write_suspensions};
const struct journal_kind journal_sources = {.file = "sources",
                                             .name = "list of what each source sent",
                                             .failed = "sources-failed",
                                             .damaged = "sources-damaged",
                                             .read = read_source,
                                             .write = write_sources};

struct paths {
    char live[PATH_MAX], folder[PATH_MAX];
};

static bool name_files(struct paths *p, struct slice folder, const char *file)
{
    struct buf live;
    buf_init_fixed(&live, p->live, sizeof(p->live) - 1);
    buf_addf(&live, "%.*s/%s", SLICE_ARG(folder), file);
    if (live.failed)
        return false;
    p->live[live.len] = '\0';
    return slice_cstr(folder, p->folder, sizeof(p->folder));
}

static void complain(const struct journal *j, const char *what)
{
    LOG(j->log, LOG_LEVEL_ERROR, j->kind->failed, {"reason", slice_str(what)});
}

/* On a worker. */
static void sync_now(struct task *task)
{
    struct journal *j = LIST_ITEM(task, struct journal, sync);
    atomic_store(&j->is_syncing, false); /* what is written from here on is synced by the next */
    if (fdatasync(j->fd) != 0)
        complain(j, strerror(errno));
}

void journal_wrote(void *ctx, struct slice line)
{
    struct journal *j = ctx;
    int error = file_write_all(j->fd, line);
    if (error) {
        complain(j, strerror(error));
        return;
    }
    if (!atomic_exchange(&j->is_syncing, true))
        workers_post(j->workers, &j->sync);
}

/* Returns how many lines there were; those that can't be read are told together. The last one may
 * lack its end: a crash cut it. */
static size_t read_lines(const struct journal *j, void *list, struct slice text)
{
    struct slice line;
    size_t lines = 0, bad = 0;
    while (slice_find(text, '\n', 0) != SLICE_NONE && slice_split(&text, '\n', &line)) {
        lines++;
        bad += !j->kind->read(list, line);
    }
    if (bad) {
        char storage[80];
        struct buf what;
        buf_init_fixed(&what, storage, sizeof(storage));
        buf_addf(&what, "%zu of %zu lines can't be read, and are left out", bad, lines);
        LOG(j->log, LOG_LEVEL_WARNING, j->kind->damaged, {"reason", buf_slice(&what)});
    }
    return lines + (text.len > 0);
}

static bool load(const struct journal *j, void *list, const struct paths *p, const char **why)
{
    struct buf text;
    if (access(p->live, F_OK) != 0 && errno == ENOENT)
        return true;
    buf_init(&text, &heap, FILE_BYTES_MAX);
    bool good = file_read(p->live, FILE_BYTES_MAX - 1, &text, why);
    bool is_cut = text.len && text.at[text.len - 1] != '\n';
    size_t lines = read_lines(j, list, buf_slice(&text));
    buf_clear(&text);
    size_t used = good ? j->kind->write(list, clock_unix_ms(), &text) : 0;
    if (good && (is_cut || lines > 2 * used + LINES_WASTED)) {
        int error = text.failed ? ENOMEM : file_replace(p->folder, j->kind->file, buf_slice(&text));
        good = error == 0;
        *why = strerror(error);
    }
    buf_free(&text);
    return good;
}

bool journal_open(struct journal *j, const struct journal_kind *kind, void *list,
                  struct slice folder, struct buf *why)
{
    struct paths p;
    const char *what = "its path is too long";
    j->kind = kind;
    j->fd = -1;
    j->sync.run = sync_now;
    if (name_files(&p, folder, kind->file) && load(j, list, &p, &what)) {
        j->fd = open(p.live, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        what = strerror(errno);
    }
    if (j->fd < 0)
        buf_addf(why, "the %s %.*s/%s can't be opened: %s\n", kind->name, SLICE_ARG(folder),
                 kind->file, what);
    return j->fd >= 0;
}

void journal_close(struct journal *j)
{
    if (j->kind && j->fd >= 0)
        close(j->fd);
}
