/* Logs and transcripts: each thing that failed, was put off or was refused is an item. */
#include "guide/inside.h"

bool guide_explain_event(struct guide_reader *r, const struct guide_task *task)
{
    const struct log_event *e = task->event;
    struct explained x = {.source = task->source,
                          .line = e->line,
                          .time = e->time == LOG_NO_TIME ? EXPLAINED_NO_TIME : e->time,
                          .event = e,
                          .in = e->in};
    x.in.is_refusal = e->direction == LOG_INCOMING;
    arena_rewind(&r->item);
    diagnose_with(r->rules, &x.in, &x.diagnosis);
    if (!explain_with(r->rules, &x.diagnosis, &x.in, &r->item, &x.explanation))
        return guide_no_memory(r);
    return r->listener->item(r->ctx, &x);
}

static bool found_event(struct guide_reader *r, const struct log_event *e)
{
    struct guide_task task = {
        .kind = TASK_EVENT, .source = buf_slice(&r->source), .line = e->line, .event = e};
    return guide_found(r, &task);
}

static bool read_events(struct guide_reader *r, struct log_reader *log)
{
    struct log_event e;
    bool is_last = false, stopped = false;
    for (;;) {
        enum log_found found = log_next(log, &r->in.rest, is_last, &e);
        if (found == LOG_END)
            return true;
        if (found == LOG_MORE)
            is_last = !guide_more(r, &stopped);
        if (stopped || (found == LOG_EVENT && !found_event(r, &e)))
            return false;
    }
}

bool guide_read_log(struct guide_reader *r, enum log_format format)
{
    struct log_reader log;
    if (!log_reader_init(&log, format, &r->clock, r->mem))
        return guide_no_memory(r);
    bool good = read_events(r, &log);
    r->logs++;
    r->delivered += log.delivered;
    log_reader_free(&log);
    return good;
}

bool guide_read_log_text(struct guide_reader *r, enum log_format format, struct slice text,
                         size_t *events_r)
{
    struct log_reader log;
    struct log_event e;
    bool good = true;
    *events_r = 0;
    if (!log_reader_init(&log, format, &r->clock, r->mem))
        return guide_no_memory(r);
    while (good && log_next(&log, &text, true, &e) == LOG_EVENT) {
        good = found_event(r, &e);
        ++*events_r;
    }
    log_reader_free(&log);
    return good;
}
