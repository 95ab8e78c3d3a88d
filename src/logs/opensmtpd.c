/* What OpenSMTPD logs, since 5.x. */
#include "logs/inside.h"

static const struct {
    struct slice word;
    enum bounce_kind kind;
} results[] = {
    {SLICE_INIT("PermFail"), BOUNCE_FAILURE},     {SLICE_INIT("TempFail"), BOUNCE_DELAY},
    {SLICE_INIT("LoopDetected"), BOUNCE_FAILURE}, {SLICE_INIT("Expire"), BOUNCE_FAILURE},
    {SLICE_INIT("Ok"), BOUNCE_SUCCESS},
};

static bool result_of(struct slice word, enum bounce_kind *kind_r)
{
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (slice_starts(word, results[i].word)) {
            *kind_r = results[i].kind;
            return true;
        }
    return false;
}

/* `192.0.2.1 (mx.example.org)`, of 5.x `mx.example.org (192.0.2.1)`: the name rather than the
 * address. */
static struct slice relay_host(struct slice relay)
{
    struct slice in = logs_host(logs_between(relay, SLICE("("), SLICE(")")));
    struct slice before = logs_host(slice_head(relay, slice_find(relay, ' ', 0)));
    bool is_name =
        in.len && ascii_is_alpha(in.at[in.len - 1]) && slice_find(in, ':', 0) == SLICE_NONE;
    return is_name || !before.len ? in : before;
}

/* `stat=` is the last field: its value, without the quotes around it. */
static struct slice stat_of(struct slice message)
{
    struct slice text = {"", 0};
    if (!logs_behind(message, SLICE("stat="), &text) || text.len < 2 || text.at[0] != '"' ||
        text.at[text.len - 1] != '"')
        return text;
    return slice_of(text.at + 1, text.len - 2);
}

static struct log_event *delivery(struct log_reader *r, const struct log_line *line,
                                  enum bounce_kind kind)
{
    struct slice message = line->message;
    struct slice from = logs_field(message, SLICE("from=")), to = logs_field(message, SLICE("to="));
    r->delivered += kind == BOUNCE_SUCCESS;
    struct log_event *e =
        kind == BOUNCE_SUCCESS ? NULL : logs_add(r, line, LOG_OPENSMTPD, LOG_OUTGOING);
    if (!e)
        return NULL;
    logs_said(r, e, stat_of(message));
    struct slice relay = relay_host(logs_between(message, SLICE("relay="), SLICE("delay=")));
    e->in.remote = relay.len ? relay : e->in.remote;
    e->kind = kind;
    e->recipient = to;
    e->sender = logs_sender(from);
    return e;
}

/* `SESSION mta delivery evpid=… from=<> to=<> rcpt=<> source="" relay="" delay=1s result="PermFail"
 * stat="550 …"`; `mda delivery` without quotes. */
static void delivery_by_fields(struct log_reader *r, const struct log_line *line)
{
    enum bounce_kind kind;
    struct slice rest;
    if (!logs_behind(line->message, SLICE(" result="), &rest) ||
        !result_of(slice_from(rest, rest.len && rest.at[0] == '"'), &kind))
        return;
    struct log_event *e = delivery(r, line, kind);
    if (e)
        e->queue_id = logs_field(line->message, SLICE("evpid="));
}

/* `relay: PermFail for 4a…: session=…, from=<>, to=<>, …, relay=mx (192.0.2.1), delay=1s,
 * stat=550 …` */
static void delivery_by_colon(struct log_reader *r, const struct log_line *line, struct slice rest)
{
    enum bounce_kind kind;
    struct slice id;
    if (!result_of(rest, &kind) || !logs_behind(rest, SLICE(" for "), &id))
        return;
    struct log_event *e = delivery(r, line, kind);
    if (e)
        e->queue_id = slice_head(id, slice_find(id, ':', 0));
}

/* `smtp failed-command command="RCPT TO:<a@b>" result="550 …"` */
static void refusal(struct log_reader *r, const struct log_line *line, struct slice session,
                    struct slice command, struct slice result)
{
    struct slice address;
    struct log_event *e = logs_add(r, line, LOG_OPENSMTPD, LOG_INCOMING);
    if (!e)
        return;
    logs_said(r, e, result);
    e->kind = logs_kind(&e->in, BOUNCE_FAILURE);
    e->client = logs_senders_get(r->senders, session);
    if (!logs_command(command, &e->in.stage, &address))
        return;
    if (e->in.stage == STAGE_RCPT)
        e->recipient = address;
    else if (e->in.stage == STAGE_MAIL)
        e->sender = logs_sender(address);
}

/* Behind the session's number. */
static void session(struct log_reader *r, const struct log_line *line, struct slice id,
                    struct slice rest)
{
    struct slice command, result;
    if (slice_starts(rest, SLICE("smtp connected "))) {
        struct slice host = logs_field(rest, SLICE("host="));
        logs_senders_put(r->senders, id, host.len ? host : logs_field(rest, SLICE("address=")));
    } else if (slice_starts(rest, SLICE("smtp failed-command "))) {
        if (!logs_behind(rest, SLICE("\" result=\""), &result) ||
            !logs_behind(rest, SLICE(" command=\""), &command))
            return;
        command = slice_head(command, command.len - result.len - 10);
        if (result.len && result.at[result.len - 1] == '"')
            result.len--;
        refusal(r, line, id, command, result);
    } else if (slice_starts(rest, SLICE("mta delivery ")) ||
               slice_starts(rest, SLICE("mda delivery "))) {
        delivery_by_fields(r, line);
    }
}

void logs_read_opensmtpd(struct log_reader *r, const struct log_line *line)
{
    static const struct slice old[] = {SLICE_INIT("relay: "), SLICE_INIT("delivery: "),
                                       SLICE_INIT("smtp-out: ")};
    struct slice message = line->message, id, command, result;
    size_t space = slice_find(slice_head(message, 24), ' ', 0);
    for (size_t i = 0; i < sizeof(old) / sizeof(*old); i++)
        if (slice_starts(message, old[i])) {
            delivery_by_colon(r, line, slice_from(message, old[i].len));
            return;
        }
    if (slice_starts(message, SLICE("smtp-in: Failed command on session ")) &&
        logs_behind(message, SLICE(": \""), &command) &&
        logs_behind(command, SLICE("\" => "), &result)) {
        refusal(r, line, slice_head(message, 0), slice_head(command, command.len - result.len - 5),
                result);
        return;
    }
    if (space == SLICE_NONE)
        return;
    id = slice_head(message, space);
    session(r, line, id, slice_from(message, space + 1));
}

static bool is_hex(char c)
{
    return ascii_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* `a3ac25d76dc7eccb mta delivery …` */
bool logs_is_opensmtpd(struct slice raw)
{
    enum { SESSION = 16 };
    size_t digits = 0;
    while (digits < raw.len && digits <= SESSION && is_hex(raw.at[digits]))
        digits++;
    struct slice rest = slice_from(raw, digits);
    return digits == SESSION &&
           (slice_starts(rest, SLICE(" smtp ")) || slice_starts(rest, SLICE(" mta ")) ||
            slice_starts(rest, SLICE(" mda ")));
}

void logs_read_opensmtpd_raw(struct log_reader *r, struct slice raw)
{
    if (logs_is_opensmtpd(raw) || slice_starts(raw, SLICE("relay: ")))
        logs_read_opensmtpd(r, &(struct log_line){.message = raw});
    else
        logs_read_syslog(r, raw);
}
