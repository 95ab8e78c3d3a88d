/* What Haraka logs: `[NOTICE] [UUID.1] [outbound] …`, with a time before it or by syslog. */
#include "logs/inside.h"

static const struct slice levels[] = {
    SLICE_INIT("[NOTICE] ["), SLICE_INIT("[INFO] ["), SLICE_INIT("[WARN] ["),
    SLICE_INIT("[ERROR] ["),  SLICE_INIT("[CRIT] ["), SLICE_INIT("[DEBUG] ["),
};

static bool take_level(struct slice *rest)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
        if (slice_starts(*rest, levels[i])) {
            *rest = slice_from(*rest, levels[i].len);
            return true;
        }
    return false;
}

/* The time, if any, the connection's id and the plugin's name are taken off. */
static bool split(struct slice raw, struct log_line *line_r, struct slice *id_r)
{
    struct slice rest = raw;
    size_t space = slice_find(slice_head(raw, 40), ' ', 0);
    line_r->time = slice_head(raw, 0);
    line_r->program = SLICE("haraka");
    if (raw.len && ascii_is_digit(raw.at[0]) && space != SLICE_NONE) {
        line_r->time = slice_head(raw, space);
        rest = slice_from(raw, space + 1);
    }
    if (!take_level(&rest))
        return false;
    size_t close = slice_find_slice(rest, SLICE("] ["), 0);
    if (close == SLICE_NONE)
        return false;
    *id_r = slice_head(rest, close);
    if (slice_eq(*id_r, SLICE("-")))
        id_r->len = 0;
    rest = slice_from(rest, close + 3);
    close = slice_find_slice(rest, SLICE("] "), 0);
    if (close == SLICE_NONE)
        return false;
    line_r->message = slice_trim(slice_from(rest, close + 2));
    return true;
}

static void add(struct log_reader *r, const struct log_line *line, struct slice id,
                struct slice recipient, struct slice text, enum bounce_kind kind)
{
    struct log_event *e = logs_add(r, line, LOG_HARAKA, LOG_OUTGOING);
    if (!e)
        return;
    logs_said(r, e, text);
    e->in.stage = recipient.len ? STAGE_RCPT : STAGE_NONE;
    e->kind = kind;
    e->queue_id = id;
    e->recipient = recipient;
}

/* `recipient <a@b> rejected: 550 …`, `recipient <a@b> deferred: 450 …` */
static void recipient(struct log_reader *r, const struct log_line *line, struct slice id,
                      struct slice rest)
{
    struct slice address, text;
    if (!logs_bracketed(rest, &address))
        return;
    rest = slice_from(rest, address.len + 2);
    bool is_rejected = logs_behind(slice_head(rest, 11), SLICE(" rejected: "), &text);
    if (is_rejected || slice_starts(rest, SLICE(" deferred: ")))
        add(r, line, id, address, slice_from(rest, 11),
            is_rejected ? BOUNCE_FAILURE : BOUNCE_DELAY);
}

/* Of the whole message; of single recipients it was told before. */
static void message(struct log_reader *r, const struct log_line *line, struct slice id,
                    struct slice text, enum bounce_kind kind)
{
    if (slice_starts(text, SLICE("Error: ")))
        text = slice_from(text, 7);
    if (slice_starts(text, SLICE("Some recipients ")))
        return;
    if (slice_starts(text, SLICE("Upstream error: ")))
        text = slice_from(text, 16);
    add(r, line, id, slice_head(text, 0), text, kind);
}

static const struct {
    struct slice hook;
    enum stage stage;
} hooks[] = {
    {SLICE_INIT("rcpt"), STAGE_RCPT},
    {SLICE_INIT("rcpt_ok"), STAGE_RCPT},
    {SLICE_INIT("mail"), STAGE_MAIL},
    {SLICE_INIT("ehlo"), STAGE_EHLO},
    {SLICE_INIT("helo"), STAGE_EHLO},
    {SLICE_INIT("connect"), STAGE_CONNECT},
    {SLICE_INIT("lookup_rdns"), STAGE_CONNECT},
    {SLICE_INIT("data"), STAGE_DATA},
    {SLICE_INIT("data_post"), STAGE_END_OF_DATA},
    {SLICE_INIT("queue"), STAGE_END_OF_DATA},
};

/* `hook=rcpt plugin=… function=… params="<a@b>" retval=DENY msg="…"` */
static void refusal(struct log_reader *r, const struct log_line *line, struct slice id)
{
    struct slice result = logs_field(line->message, SLICE("retval="));
    struct slice hook = logs_field(line->message, SLICE("hook="));
    struct slice address = logs_field(line->message, SLICE("params="));
    if (!slice_starts(result, SLICE("DENY")))
        return;
    struct log_event *e = logs_add(r, line, LOG_HARAKA, LOG_INCOMING);
    if (!e)
        return;
    logs_said(r, e, logs_field(line->message, SLICE("msg=")));
    e->kind = slice_starts(result, SLICE("DENYSOFT")) ? BOUNCE_DELAY : BOUNCE_FAILURE;
    e->queue_id = id;
    for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++)
        if (slice_eq(hook, hooks[i].hook))
            e->in.stage = hooks[i].stage;
    if (e->in.stage == STAGE_RCPT && logs_bracketed(address, &address))
        e->recipient = address;
    else if (e->in.stage == STAGE_MAIL && logs_bracketed(address, &address))
        e->sender = logs_sender(address);
}

void logs_read_haraka_message(struct log_reader *r, const struct log_line *of)
{
    struct log_line line;
    struct slice id, rest;
    if (!split(of->message, &line, &id))
        return;
    if (of->time.len)
        line.time = of->time;
    if (slice_starts(line.message, SLICE("recipient ")))
        recipient(r, &line, id, slice_from(line.message, 10));
    else if (slice_starts(line.message, SLICE("bouncing mail: ")))
        message(r, &line, id, slice_from(line.message, 15), BOUNCE_FAILURE);
    else if (slice_starts(line.message, SLICE("Temp failing ")) &&
             logs_behind(line.message, SLICE(" seconds: "), &rest))
        message(r, &line, id, rest, BOUNCE_DELAY);
    else if (slice_starts(line.message, SLICE("delivered file=")))
        r->delivered++;
    else if (slice_starts(line.message, SLICE("hook=")))
        refusal(r, &line, id);
}

bool logs_is_haraka(struct slice raw)
{
    struct log_line line;
    struct slice id;
    return split(raw, &line, &id);
}

void logs_read_haraka(struct log_reader *r, struct slice raw)
{
    if (logs_is_haraka(raw))
        logs_read_haraka_message(r, &(struct log_line){.time = {"", 0}, .message = raw});
    else
        logs_read_syslog(r, raw);
}
