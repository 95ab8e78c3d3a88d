/* Logs and transcripts: of each format, the same events whatever the size of the window; no address
 * and no id that does not stand in the log. The first byte chooses the format. */
#include "logs/log_reader.h"
#include "system/heap.h"

enum { MOST = 4096 };

static void must(bool good)
{
    if (!good)
        __builtin_trap();
}

struct seen {
    size_t events, last_line;
    uint64_t sum, delivered;
};

static void add(struct seen *s, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        s->sum = s->sum * 31 + (unsigned char)text.at[i];
    s->sum = s->sum * 31 + text.len;
}

static void look_at(struct seen *s, const struct log_event *e, struct slice whole)
{
    const struct reply *r = &e->in.reply;
    s->events++;
    must(e->line >= 1 && (e->line >= s->last_line || e->format == LOG_TRANSCRIPT));
    s->last_line = e->line;
    must(e->kind == BOUNCE_FAILURE || e->kind == BOUNCE_DELAY || e->kind == BOUNCE_COMPLAINT);
    must(r->code == 0 || (r->code >= 200 && r->code <= 999));
    /* JSON and tables may hold it escaped */
    if (slice_find(whole, '\\', 0) == SLICE_NONE &&
        slice_find_slice(whole, SLICE("\"\""), 0) == SLICE_NONE)
        must(slice_find_slice(whole, e->recipient, 0) != SLICE_NONE);
    add(s, e->recipient);
    add(s, e->sender);
    add(s, e->queue_id);
    add(s, e->message_id);
    add(s, e->client);
    add(s, e->time_text);
    add(s, e->in.remote);
    add(s, r->text);
    s->sum = s->sum * 31 + (uint64_t)e->kind * 1000 + r->code + (uint64_t)e->in.stage;
}

static struct seen read_all(enum log_format format, struct slice whole, size_t step)
{
    const struct log_clock clock = {.now = 1795762800000};
    struct log_reader r;
    struct log_event e;
    struct seen seen = {0};
    struct slice window = slice_head(whole, 0);
    must(log_reader_init(&r, format, &clock, &heap));
    for (enum log_found found = LOG_MORE; found != LOG_END;) {
        size_t left = whole.len - (size_t)(window.at - whole.at) - window.len;
        found = log_next(&r, &window, left == 0, &e);
        if (found == LOG_EVENT)
            look_at(&seen, &e, whole);
        must(found != LOG_MORE || left > 0);
        if (found == LOG_MORE)
            window.len += left < step ? left : step;
    }
    seen.delivered = r.delivered;
    log_reader_free(&r);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > MOST)
        return 0;
    struct slice whole = slice_of((const char *)data + 1, size - 1);
    enum log_format format = (enum log_format)(data[0] % LOG_FORMAT_COUNT);
    enum log_format found = log_recognise(whole);
    struct seen at_once = read_all(format, whole, size), in_bits = read_all(format, whole, 13);
    must(at_once.events == in_bits.events && at_once.sum == in_bits.sum &&
         at_once.delivered == in_bits.delivered);
    if (found != format)
        read_all(found, whole, size);
    return 0;
}
