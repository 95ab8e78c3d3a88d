#include "logs/log_reader.h"

#include "base/json_read.h"
#include "logs/inside.h"
#include "reply/scan.h"

enum { ARENA_MAX = 4 * 1024 * 1024, SAID_MAX = 64 * 1024, OBJECT_MAX = 1024 * 1024 };

/* How each format is read: a line at a time. */
static void (*const readers[LOG_FORMAT_COUNT])(struct log_reader *r, struct slice line) = {
    [LOG_SYSLOG] = logs_read_syslog,
    [LOG_POSTFIX] = logs_read_syslog,
    [LOG_EXIM] = logs_read_exim,
    [LOG_SENDMAIL] = logs_read_syslog,
    [LOG_OPENSMTPD] = logs_read_opensmtpd_raw,
    [LOG_QMAIL] = logs_read_qmail,
    [LOG_TRANSCRIPT] = logs_read_transcript,
    [LOG_HARAKA] = logs_read_haraka,
    [LOG_EXCHANGE] = logs_read_table,
    [LOG_POWERMTA] = logs_read_table,
};

bool log_reader_init(struct log_reader *r, enum log_format format, const struct log_clock *clock,
                     const struct mem *mem)
{
    *r = (struct log_reader){.mem = mem, .clock = *clock, .format = format};
    arena_init(&r->arena, mem, ARENA_MAX);
    r->senders = logs_senders_new(mem);
    r->events = mem_take(mem, LOG_EVENTS_MAX * sizeof(*r->events));
    if (format == LOG_TRANSCRIPT)
        r->session = logs_session_new(mem);
    if (r->senders && r->events && (r->session || format != LOG_TRANSCRIPT))
        return true;
    log_reader_free(r);
    return false;
}

void log_reader_free(struct log_reader *r)
{
    arena_reset(&r->arena);
    logs_senders_free(r->senders);
    mem_give(r->mem, r->events, LOG_EVENTS_MAX * sizeof(*r->events));
    logs_session_free(r->session, r->mem);
    logs_journal_free(r->entry, r->mem);
    r->entry = NULL;
    r->session = NULL;
    r->senders = NULL;
    r->events = NULL;
}

struct log_event *logs_add(struct log_reader *r, const struct log_line *line,
                           enum log_format format, enum log_direction direction)
{
    if (r->count == LOG_EVENTS_MAX)
        return NULL;
    struct log_event *e = &r->events[r->count++];
    *e = (struct log_event){.line = r->line,
                            .time = logs_time(&r->clock, line->time),
                            .time_text = line->time,
                            .format = format,
                            .direction = direction,
                            .kind = BOUNCE_FAILURE};
    return e;
}

void logs_said(struct log_reader *r, struct log_event *e, struct slice text)
{
    reply_scan(slice_head(text, SAID_MAX), &r->arena, &e->in);
    if (e->in.reply.code < 200) /* an exit status */
        e->in.reply.code = 0;
    if (e->direction == LOG_INCOMING)
        e->in.remote = slice_head(text, 0);
}

/* Events in JSON may fill any number of lines. */
static bool is_json(enum log_format format)
{
    return format == LOG_KUMOMTA || format == LOG_SES || format == LOG_SENDGRID ||
           format == LOG_MAILGUN || format == LOG_SPARKPOST;
}

static void take(struct log_reader *r, struct slice *window, size_t len)
{
    struct slice taken = slice_head(*window, len);
    for (size_t at = 0; (at = slice_find(taken, '\n', at)) != SLICE_NONE; at++)
        r->line++;
    *window = slice_from(*window, len);
}

/* An object with its braces; false: its end is not in the window. What stands between two objects
 * is passed over, and so is one that is too long. */
static bool take_object(struct log_reader *r, struct slice *window, bool is_last,
                        struct slice *object_r)
{
    for (;;) {
        size_t open = slice_find(*window, '{', 0);
        take(r, window, open == SLICE_NONE ? window->len : open);
        size_t len = window->len ? json_read_end(*window) : SLICE_NONE;
        if (len != SLICE_NONE) {
            *object_r = slice_head(*window, len);
            return true;
        }
        if (window->len == 0 || (!is_last && window->len < OBJECT_MAX))
            return false;
        take(r, window, 1);
    }
}

/* A line without its end; false: its end is not in the window. */
static bool take_line(struct slice *window, bool is_last, struct slice *line_r)
{
    const char *end = window->len ? memchr(window->at, '\n', window->len) : NULL;
    if (!end && (!is_last || window->len == 0))
        return false;
    size_t len = end ? (size_t)(end - window->at) : window->len;
    *line_r = slice_head(*window, len);
    *window = slice_from(*window, len + (end != NULL));
    if (len && line_r->at[len - 1] == '\r')
        line_r->len--;
    return true;
}

enum log_found log_next(struct log_reader *r, struct slice *window_r, bool is_last,
                        struct log_event *event_r)
{
    if (r->at == r->count) {
        struct slice line;
        r->at = r->count = 0;
        if (r->arena.total)
            arena_reset(&r->arena);
        while (r->count == 0 && is_json(r->format)) {
            if (!take_object(r, window_r, is_last, &line))
                return is_last ? LOG_END : LOG_MORE;
            size_t before = r->line++;
            logs_read_json(r, line);
            r->line = before;
            take(r, window_r, line.len);
        }
        while (r->count == 0) {
            if (!take_line(window_r, is_last, &line))
                return is_last ? LOG_END : LOG_MORE;
            r->line++;
            if (readers[r->format])
                readers[r->format](r, logs_unwrapped(line, &r->arena));
        }
    }
    *event_r = r->events[r->at++];
    return LOG_EVENT;
}

const char *log_format_name(enum log_format format)
{
    static const char *const names[] = {
#define X(id, name, title) name,
        LOG_FORMATS(X)
#undef X
    };
    return names[format];
}

const char *log_format_title(enum log_format format)
{
    static const char *const titles[] = {
#define X(id, name, title) title,
        LOG_FORMATS(X)
#undef X
    };
    return titles[format];
}

const char *log_direction_name(enum log_direction direction)
{
    return direction == LOG_INCOMING ? "incoming" : "outgoing";
}
