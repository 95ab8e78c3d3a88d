#include "system/log.h"

#include <errno.h>
#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include "base/err.h"
#include "system/clock.h"
#include "system/heap.h"

enum target { TARGET_TERMINAL, TARGET_STDERR, TARGET_FILE, TARGET_JOURNAL, TARGET_SYSLOG };

enum { PATH_BYTES_MAX = 4096 };

struct log_sink {
    struct log log;
    enum target target;
    bool as_json;
    int fd;
    char path[PATH_BYTES_MAX];
};

/* syslog's numbers are also those that the journal reads from `<N>` in front of a line. */
static const struct {
    int priority;
    const char *color, *name;
} levels[] = {
    [LOG_LEVEL_ERROR] = {LOG_ERR, "\033[31m", "error  "},
    [LOG_LEVEL_WARNING] = {LOG_WARNING, "\033[33m", "warning"},
    [LOG_LEVEL_INFO] = {LOG_INFO, "", "info   "},
    [LOG_LEVEL_DEBUG] = {LOG_DEBUG, "\033[2m", "debug  "},
};

static void add_prefix(struct buf *line, enum target target, enum log_level level, int64_t now)
{
    if (target == TARGET_JOURNAL) {
        buf_addf(line, "<%d>", levels[level].priority);
    } else if (target == TARGET_TERMINAL) {
        buf_add_str(line, levels[level].color);
        log_write_time(line, now);
        buf_add_char(line, ' ');
    } else if (target != TARGET_SYSLOG) {
        log_write_time(line, now);
        buf_addf(line, " %s ", levels[level].name);
    }
}

/* If a line can't be written there is nowhere left to say so. */
static void put(int fd, struct slice line)
{
    while (line.len > 0) {
        ssize_t sent = write(fd, line.at, line.len);
        if (sent < 0 && errno != EINTR)
            return;
        if (sent > 0)
            line = slice_from(line, (size_t)sent);
    }
}

/* The event is complete or cut at a whole field's end, since a buffer takes no half writes. */
static void emit(void *ctx, enum log_level level, const char *event, const struct log_field *fields,
                 size_t count)
{
    const struct log_sink *sink = ctx;
    char storage[LOG_LINE_MAX];
    struct buf line;
    int64_t now = clock_unix_ms();
    buf_init_fixed(&line, storage, sizeof(storage) - sizeof("\033[0m\n"));
    if (sink->as_json && sink->target != TARGET_JOURNAL && sink->target != TARGET_SYSLOG) {
        log_write_json(&line, now, level, event, fields, count);
        if (line.failed) {
            buf_clear(&line);
            log_write_json(&line, now, level, event, NULL, 0);
        }
    } else {
        add_prefix(&line, sink->target, level, now);
        log_write_text(&line, event, fields, count);
    }
    if (sink->target == TARGET_SYSLOG) {
        syslog(LOG_MAIL | levels[level].priority, "%.*s", SLICE_ARG(buf_slice(&line)));
        return;
    }
    line.failed = false;
    line.size = line.limit = sizeof(storage);
    bool is_colored = sink->target == TARGET_TERMINAL && levels[level].color[0];
    buf_add_str(&line, is_colored ? "\033[0m\n" : "\n");
    put(sink->fd, buf_slice(&line));
}

static enum target find_target(struct slice to)
{
    if (to.len > 0 && to.at[0] == '/')
        return TARGET_FILE;
    if (slice_eq(to, SLICE("syslog")))
        return TARGET_SYSLOG;
    if (slice_eq(to, SLICE("journal")))
        return TARGET_JOURNAL;
    return isatty(STDERR_FILENO) ? TARGET_TERMINAL : TARGET_STDERR;
}

static int open_file(const char *path, const char **why)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        *why = strerror(errno);
    return fd;
}

struct log_sink *log_open(const struct log_options *options, const char **why)
{
    struct log_sink *sink = mem_take(&heap, sizeof(*sink));
    *why = err_text(ERR_MEMORY);
    if (!sink)
        return NULL;
    *sink = (struct log_sink){.log = {emit, sink, options->level},
                              .target = find_target(options->to),
                              .as_json = options->as_json,
                              .fd = STDERR_FILENO};
    if (sink->target == TARGET_SYSLOG)
        openlog("candor", LOG_PID | LOG_NDELAY, LOG_MAIL);
    if (sink->target != TARGET_FILE)
        return sink;
    *why = "this path is too long";
    sink->fd =
        slice_cstr(options->to, sink->path, sizeof(sink->path)) ? open_file(sink->path, why) : -1;
    if (sink->fd < 0) {
        mem_give(&heap, sink, sizeof(*sink));
        return NULL;
    }
    return sink;
}

const struct log *log_of(const struct log_sink *sink)
{
    return &sink->log;
}

bool log_reopen(struct log_sink *sink, const char **why)
{
    if (sink->target != TARGET_FILE)
        return true;
    int fd = open_file(sink->path, why);
    if (fd < 0)
        return false;
    /* dup3 puts the new file under the old number at once: a thread that writes sees one or the
     * other. */
    bool done = dup3(fd, sink->fd, O_CLOEXEC) >= 0;
    if (!done)
        *why = strerror(errno);
    close(fd);
    return done;
}

void log_close(struct log_sink **sink)
{
    if (!*sink)
        return;
    if ((*sink)->target == TARGET_FILE)
        close((*sink)->fd);
    if ((*sink)->target == TARGET_SYSLOG)
        closelog();
    mem_give(&heap, *sink, sizeof(**sink));
    *sink = NULL;
}
