/* What a log says, as text: one line for each event, so that a test is a log and what is in it. */
#ifndef CANDOR_TESTS_LOGS_EVENTS_H
#define CANDOR_TESTS_LOGS_EVENTS_H

#include <stdlib.h>

#include "check.h"
#include "logs/log_reader.h"
#include "mail/date.h"
#include "system/heap.h"

struct log_sample {
    const char *name;
    enum log_format format; /* as which the text is recognised */
    const char *log, *events;
};

static void events_put(struct buf *out, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    buf_addf(out, " %s=", name);
    buf_add(out, value);
}

/* `3 outgoing failure rcpt 550 5.1.1 id=… from=… to=… client=… remote=… text` */
static void events_write(struct buf *out, const struct log_event *e)
{
    const struct reply *reply = &e->in.reply;
    buf_addf(out, "%zu %s %s", e->line, log_direction_name(e->direction),
             bounce_kind_name(e->kind));
    if (e->in.stage != STAGE_NONE)
        buf_addf(out, " %s", stage_name(e->in.stage));
    if (reply->code)
        buf_addf(out, " %u", reply->code);
    if (reply->enhanced.class) {
        buf_add_char(out, ' ');
        enhanced_write(out, reply->enhanced);
    }
    events_put(out, "id", e->queue_id);
    events_put(out, "message", e->message_id);
    events_put(out, "from", e->sender);
    events_put(out, "to", e->recipient);
    events_put(out, "client", e->client);
    events_put(out, "remote", e->in.remote);
    buf_add_str(out, " : ");
    buf_add(out, reply->text);
    buf_add_char(out, '\n');
}

static int events_zone(void *ctx, int64_t local_ms)
{
    (void)ctx;
    (void)local_ms;
    return 60;
}

/* 2026-11-27 07:00:00 UTC */
static const struct log_clock events_clock = {.now = 1795762800000, .zone = events_zone};

/* The window grows by `step` bytes; it lies in memory of just its size. */
static void events_read(struct buf *out, enum log_format format, struct slice log, size_t step)
{
    struct log_reader r;
    struct log_event e;
    char *copy = malloc(log.len + 1);
    assert_non_null(copy);
    memcpy(copy, log.at, log.len);
    struct slice window = slice_of(copy, 0);
    assert_true(log_reader_init(&r, format, &events_clock, &heap));
    for (enum log_found found = LOG_MORE; found != LOG_END;) {
        size_t left = log.len - (size_t)(window.at - copy) - window.len;
        found = log_next(&r, &window, left == 0, &e);
        if (found == LOG_EVENT)
            events_write(out, &e);
        if (found == LOG_MORE)
            window.len += left < step ? left : step;
        assert_true(found != LOG_MORE || left > 0);
    }
    log_reader_free(&r);
    free(copy);
}

static void events_check(const struct log_sample *s)
{
    static const size_t steps[] = {1, 7, 100, 1 << 20};
    struct slice log = slice_str(s->log);
    enum log_format format = log_recognise(log);
    if (format != s->format)
        fail_msg("%s: recognised as `%s`", s->name, log_format_name(format));
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct buf out;
        buf_init(&out, &heap, 1 << 20);
        events_read(&out, s->format, log, steps[i]);
        if (!slice_eq(buf_slice(&out), slice_str(s->events)))
            fail_msg("%s, in steps of %zu bytes, says:\n%.*s\nand not:\n%s", s->name, steps[i],
                     SLICE_ARG(buf_slice(&out)), s->events);
        buf_free(&out);
    }
}

#endif
