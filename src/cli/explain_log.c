/* Logs and transcripts: each thing that failed, was put off or was refused is an item. */
#include <time.h>

#include "cli/explain_read.h"
#include "logs/log_reader.h"
#include "system/clock.h"
#include "system/heap.h"

/* This machine's zone; asked once for a quarter of an hour, in which no zone changes. */
struct zone {
    int64_t quarter;
    int minutes; /* east of UTC */
};

static int zone_at(void *ctx, int64_t local_ms)
{
    enum { QUARTER_MS = 15 * 60 * 1000 };
    struct zone *z = ctx;
    time_t seconds = (time_t)(local_ms / 1000);
    struct tm wall;
    if (local_ms / QUARTER_MS == z->quarter || !gmtime_r(&seconds, &wall))
        return z->minutes;
    wall.tm_isdst = -1;
    z->minutes = mktime(&wall) == (time_t)-1 ? 0 : (int)(wall.tm_gmtoff / 60);
    z->quarter = local_ms / QUARTER_MS;
    return z->minutes;
}

bool explain_event(struct explain_reader *r, const struct explain_task *task)
{
    const struct log_event *e = task->event;
    struct explained x = {.source = task->source,
                          .line = e->line,
                          .time = e->time == LOG_NO_TIME ? EXPLAINED_NO_TIME : e->time,
                          .event = e,
                          .in = e->in};
    arena_rewind(&r->item);
    diagnose_with(r->rules, &x.in, &x.diagnosis);
    if (!explain(&x.diagnosis, &x.in, &r->item, &x.explanation)) {
        r->is_out_of_memory = true;
        return false;
    }
    return r->listener->item(r->ctx, &x);
}

static bool found_event(struct explain_reader *r, const struct log_event *e)
{
    struct explain_task task = {
        .kind = TASK_EVENT, .source = buf_slice(&r->source), .line = e->line, .event = e};
    return explain_reader_found(r, &task);
}

static bool read_events(struct explain_reader *r, struct log_reader *log)
{
    struct log_event e;
    bool is_last = false, stopped = false;
    for (;;) {
        struct slice window = explain_input_window(&r->in);
        size_t before = window.len;
        enum log_found found = log_next(log, &window, is_last, &e);
        explain_input_take(&r->in, before - window.len);
        if (found == LOG_END)
            return true;
        if (found == LOG_MORE)
            is_last = !explain_reader_more(r, &stopped);
        if (stopped || (found == LOG_EVENT && !found_event(r, &e)))
            return false;
    }
}

static bool begin_log(struct explain_reader *r, struct log_reader *log, enum log_format format,
                      struct zone *zone)
{
    *zone = (struct zone){.quarter = INT64_MIN};
    const struct log_clock clock = {.now = clock_unix_ms(), .zone = zone_at, .ctx = zone};
    if (log_reader_init(log, format, &clock, &heap))
        return true;
    r->is_out_of_memory = true;
    return false;
}

bool explain_read_log(struct explain_reader *r, enum log_format format)
{
    struct log_reader log;
    struct zone zone;
    if (!begin_log(r, &log, format, &zone))
        return false;
    bool good = read_events(r, &log);
    r->logs++;
    r->delivered += log.delivered;
    log_reader_free(&log);
    return good;
}

bool explain_log_text(struct explain_reader *r, enum log_format format, struct slice text,
                      size_t *events_r)
{
    struct log_reader log;
    struct zone zone;
    struct log_event e;
    bool good = true;
    *events_r = 0;
    if (!begin_log(r, &log, format, &zone))
        return false;
    while (good && log_next(&log, &text, true, &e) == LOG_EVENT) {
        good = found_event(r, &e);
        ++*events_r;
    }
    log_reader_free(&log);
    return good;
}
