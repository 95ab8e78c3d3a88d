/* What Exim writes: its main log and its reject log, in files of its own or by syslog. */
#include "logs/inside.h"

/* Bytes of `2026-11-23 20:15:00`, and of an id: `1xWqSL-00042l-2x` and, since 4.97, longer. */
enum { TIME = 19, ID_MIN = 16, ID_MAX = 23 };

/* How a session that failed went so far; the longer words first. */
static const struct {
    struct slice words;
    enum stage stage;
} stages[] = {
    {SLICE_INIT("initial connection"), STAGE_CONNECT},
    {SLICE_INIT("EHLO"), STAGE_EHLO},
    {SLICE_INIT("HELO"), STAGE_EHLO},
    {SLICE_INIT("LHLO"), STAGE_EHLO},
    {SLICE_INIT("STARTTLS"), STAGE_STARTTLS},
    {SLICE_INIT("AUTH"), STAGE_AUTH},
    {SLICE_INIT("MAIL FROM"), STAGE_MAIL},
    {SLICE_INIT("RCPT TO"), STAGE_RCPT},
    {SLICE_INIT("DATA"), STAGE_DATA},
    {SLICE_INIT("sending data block"), STAGE_END_OF_DATA},
    {SLICE_INIT("end of data"), STAGE_END_OF_DATA},
};

/* `1xWqSL-00042l-2x ` at the front. */
static bool take_id(struct slice *rest, struct slice *id_r)
{
    size_t end = slice_find(slice_head(*rest, ID_MAX + 1), ' ', 0);
    if (end == SLICE_NONE || end < ID_MIN || rest->at[6] != '-' || rest->at[end - 3] == ' ')
        return false;
    size_t hyphens = 0;
    for (size_t i = 0; i < end; i++) {
        if (!ascii_is_alnum(rest->at[i]) && rest->at[i] != '-')
            return false;
        hyphens += rest->at[i] == '-';
    }
    if (hyphens != 2)
        return false;
    *id_r = slice_head(*rest, end);
    *rest = slice_from(*rest, end + 1);
    return true;
}

/* The time, a zone behind it, and the process's number in brackets. */
static bool split(struct slice raw, struct log_line *line_r)
{
    if (raw.len < TIME + 2 || !ascii_is_digit(raw.at[0]) || raw.at[4] != '-' || raw.at[7] != '-' ||
        raw.at[10] != ' ' || raw.at[13] != ':' || raw.at[16] != ':')
        return false;
    size_t end = slice_find(raw, ' ', TIME);
    if (end == SLICE_NONE)
        return false;
    struct slice rest = slice_from(raw, end + 1);
    if (rest.len > 6 && logs_is_in("+-", rest.at[0]) && rest.at[5] == ' ' &&
        ascii_is_digit(rest.at[1])) {
        end += 6;
        rest = slice_from(raw, end + 1);
    }
    size_t close = rest.len && rest.at[0] == '[' ? slice_find(rest, ' ', 0) : SLICE_NONE;
    if (close != SLICE_NONE && rest.at[close - 1] == ']' &&
        slice_find(slice_head(rest, close), '.', 0) == SLICE_NONE)
        rest = slice_from(rest, close + 1);
    *line_r = (struct log_line){.time = slice_head(raw, end), .message = rest};
    return true;
}

/* Where the text begins: behind the `: ` that ends the fields, quoted ones passed over. */
static bool behind_fields(struct slice rest, struct slice *text_r)
{
    bool is_quoted = false;
    for (size_t i = 0; i + 1 < rest.len; i++) {
        if (rest.at[i] == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && rest.at[i] == ':' && rest.at[i + 1] == ' ') {
            *text_r = slice_from(rest, i + 2);
            return true;
        }
    }
    return false;
}

/* `SMTP error from remote mail server after RCPT TO:<a@b>: host mx [192.0.2.1]: 550 …` */
static struct slice behind_stage(struct slice text, enum stage *stage_r, struct slice *host_r)
{
    struct slice rest, host;
    if (!logs_behind(slice_head(text, 80), SLICE(" error from remote mail server after "), &host))
        return text;
    rest = slice_from(text, (size_t)(host.at - text.at));
    if (slice_starts(rest, SLICE("pipelined ")))
        rest = slice_from(rest, 10);
    for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
        if (!slice_starts(rest, stages[i].words))
            continue;
        rest = slice_from(rest, stages[i].words.len);
        if (!logs_behind(rest, slice_starts(rest, SLICE(":<")) ? SLICE(">: ") : SLICE(": "),
                         &rest) &&
            !logs_behind(rest, SLICE(": "), &rest))
            return text;
        *stage_r = stages[i].stage;
        if (slice_starts(rest, SLICE("host ")) && logs_behind(rest, SLICE("]: "), &host)) {
            *host_r = logs_host(slice_head(slice_from(rest, 5), slice_find(rest, ' ', 5) - 5));
            rest = host;
        }
        return rest;
    }
    return text;
}

/* The address behind the mark: `a@b`, or of a file or a program the one in angle brackets. */
static struct slice address_in(struct slice rest)
{
    struct slice address = slice_head(rest, slice_find(rest, ' ', 0));
    if (address.len && logs_is_in("|/:", address.at[0]))
        address = logs_between(slice_head(rest, slice_find(rest, '>', 0)), SLICE(" <"), SLICE(">"));
    if (address.len && address.at[address.len - 1] == ':')
        address.len--;
    return slice_find(address, '@', 0) == SLICE_NONE &&
                   !ascii_is_alnum(*(address.len ? address.at : "-"))
               ? slice_head(address, 0)
               : address;
}

/* `** a@b R=… T=… H=mx.example [192.0.2.1]: …`, `== a@b … defer (-44) …: …` */
static void delivery(struct log_reader *r, const struct log_line *line, struct slice id,
                     struct slice rest, enum bounce_kind kind)
{
    struct slice text, host = {"", 0}, address = address_in(rest);
    enum stage stage = STAGE_NONE;
    if (!behind_fields(rest, &text))
        return;
    struct log_event *e = logs_add(r, line, LOG_EXIM, LOG_OUTGOING);
    if (!e)
        return;
    struct slice fields = slice_head(rest, (size_t)(text.at - rest.at));
    struct slice peer = logs_between(fields, SLICE(" H="), SLICE(" "));
    logs_said(r, e, logs_with(r, behind_stage(text, &stage, &host), "\\n", '\n'));
    e->in.stage = stage;
    host = host.len ? host : logs_host(peer);
    if (host.len)
        e->in.remote = host;
    e->kind = kind;
    e->queue_id = id;
    e->recipient = address;
    struct slice sender = logs_between(fields, SLICE(" F=<"), SLICE(">"));
    e->sender = sender.len ? sender : logs_senders_get(r->senders, id);
}

/* `name (helo) [192.0.2.1]` behind the mark. */
static struct slice client_behind(struct slice message, struct slice mark)
{
    struct slice rest;
    if (!logs_behind(message, mark, &rest))
        return (struct slice){"", 0};
    for (const char *end = " F=<\0 X=\0]: \0"; *end; end += strlen(end) + 1) {
        size_t at = slice_find_slice(rest, slice_str(end), 0);
        rest = at == SLICE_NONE ? rest : slice_head(rest, at + (*end == ']'));
    }
    return slice_head(rest, slice_rfind(rest, ']') + 1);
}

/* What was refused, by the word behind `rejected `. */
static struct slice refused(struct log_event *e, struct slice rest)
{
    struct slice text = {"", 0}, address;
    size_t space = slice_find(rest, ' ', 0);
    struct slice word = slice_head(rest, space);
    bool is_sender = slice_eq(word, SLICE("MAIL"));
    if (is_sender || slice_eq(word, SLICE("RCPT"))) {
        e->in.stage = is_sender ? STAGE_MAIL : STAGE_RCPT;
        if (!logs_bracketed(slice_from(rest, 5), &address))
            return text;
        if (is_sender)
            e->sender = logs_sender(address);
        else
            e->recipient = address;
        return logs_behind(slice_from(rest, address.len + 7), SLICE(": "), &text)
                   ? text
                   : slice_head(rest, 0);
    }
    e->in.stage = slice_eq(word, SLICE("after"))        ? STAGE_END_OF_DATA
                  : slice_eq(word, SLICE("EHLO"))       ? STAGE_EHLO
                  : slice_eq(word, SLICE("HELO"))       ? STAGE_EHLO
                  : slice_eq(word, SLICE("connection")) ? STAGE_CONNECT
                  : slice_eq(word, SLICE("during"))     ? STAGE_END_OF_DATA
                                                        : STAGE_NONE;
    return logs_behind(rest, SLICE(": "), &text) ? text : slice_head(rest, 0);
}

/* `H=… [192.0.2.1] F=<a@b> temporarily rejected RCPT <c@d>: …` */
static void refusal(struct log_reader *r, const struct log_line *line, struct slice id,
                    struct slice message, struct slice rest)
{
    struct log_event *e = logs_add(r, line, LOG_EXIM, LOG_INCOMING);
    struct slice sender;
    if (!e)
        return;
    struct slice before = slice_head(message, (size_t)(rest.at - message.at));
    bool is_later = slice_iends(before, SLICE("temporarily rejected "));
    struct slice said = refused(e, rest);
    enum stage stage = e->in.stage;
    logs_said(r, e,
              logs_with(r, said.len ? said : slice_from(message, before.len - 9), "\\n", '\n'));
    e->in.stage = said.len ? stage : STAGE_NONE; /* no words: the stage alone would mislead */
    e->kind = is_later ? BOUNCE_DELAY : BOUNCE_FAILURE;
    e->client =
        before.len > 9 ? client_behind(before, SLICE("H=")) : client_behind(rest, SLICE(" from "));
    e->queue_id = id;
    if (logs_behind(before, SLICE(" F="), &sender) && logs_bracketed(sender, &sender))
        e->sender = logs_sender(sender);
}

/* `plain_server authenticator failed for … [192.0.2.1]: 535 …`, `TLS error on connection from …` */
static void session(struct log_reader *r, const struct log_line *line, struct slice message)
{
    static const struct {
        struct slice mark;
        enum stage stage;
        enum bounce_kind kind;
    } marks[] = {
        {SLICE_INIT(" authenticator failed for "), STAGE_AUTH, BOUNCE_FAILURE},
        {SLICE_INIT("TLS error on connection from "), STAGE_STARTTLS, BOUNCE_DELAY},
    };
    struct slice rest, text;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        if (!logs_behind(slice_head(message, 100), marks[i].mark, &rest))
            continue;
        if (marks[i].stage != STAGE_AUTH || !logs_behind(message, SLICE("]: "), &text))
            text = message;
        struct log_event *e = logs_add(r, line, LOG_EXIM, LOG_INCOMING);
        if (!e)
            return;
        logs_said(r, e, text);
        e->in.stage = marks[i].stage;
        e->kind = marks[i].kind;
        e->client = client_behind(message, marks[i].mark);
    }
}

/* `H=… rejected …`; of who has not got so far, `rejected EHLO from …`. */
static bool is_refusal(struct slice message, struct slice *rest_r)
{
    if (slice_starts(message, SLICE("H=")) && logs_behind(message, SLICE(" rejected "), rest_r))
        return true;
    *rest_r = slice_from(message, 9);
    return slice_starts(message, SLICE("rejected "));
}

void logs_read_exim_message(struct log_reader *r, const struct log_line *of)
{
    struct log_line own, *line = &own;
    if (split(of->message, &own)) /* it has a time of its own too */
        own.time = of->time.len ? of->time : own.time;
    else
        own = *of;
    struct slice message = line->message, id = {"", 0}, rest;
    if (take_id(&message, &id) && message.len > 3 && message.at[2] == ' ') {
        rest = slice_from(message, 3);
        if (slice_starts(message, SLICE("<=")))
            logs_senders_put(r->senders, id, slice_head(rest, slice_find(rest, ' ', 0)));
        else if (slice_starts(message, SLICE("**")))
            delivery(r, line, id, rest, BOUNCE_FAILURE);
        else if (slice_starts(message, SLICE("==")))
            delivery(r, line, id, rest, BOUNCE_DELAY);
        r->delivered += message.at[1] == '>' && logs_is_in("=->*", message.at[0]);
    }
    if (is_refusal(message, &rest))
        refusal(r, line, id, message, rest);
    else if (id.len == 0)
        session(r, line, message);
}

void logs_read_exim(struct log_reader *r, struct slice raw)
{
    struct log_line line;
    if (split(raw, &line))
        logs_read_exim_message(r, &line);
    else
        logs_read_syslog(r, raw);
}

bool logs_is_exim(struct slice raw)
{
    static const struct slice marks[] = {
        SLICE_INIT("<= "), SLICE_INIT("=> "), SLICE_INIT("-> "),       SLICE_INIT("** "),
        SLICE_INIT("== "), SLICE_INIT("*> "), SLICE_INIT("Completed"), SLICE_INIT("H=")};
    struct log_line line;
    struct slice id, rest;
    if (!split(raw, &line))
        return false;
    rest = line.message;
    if (!take_id(&rest, &id))
        return slice_starts(rest, SLICE("exim ")) || slice_starts(rest, SLICE("Start queue run")) ||
               logs_behind(rest, SLICE(" authenticator failed for "), &id) || is_refusal(rest, &id);
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (slice_starts(rest, marks[i]))
            return true;
    return false;
}
