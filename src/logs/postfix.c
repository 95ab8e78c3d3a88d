/* What Postfix logs of mail that it delivers. */
#include "logs/inside.h"

enum { QUEUE_ID_MAX = 24 };

/* Where a program's lines go; those of the others are passed over. */
enum program { OTHER, DELIVERY, QUEUE, REFUSAL };

static const struct {
    struct slice name;
    enum program program;
} programs[] = {
    {SLICE_INIT("smtp"), DELIVERY},    {SLICE_INIT("smtpd"), REFUSAL},
    {SLICE_INIT("qmgr"), QUEUE},       {SLICE_INIT("cleanup"), REFUSAL},
    {SLICE_INIT("local"), DELIVERY},   {SLICE_INIT("lmtp"), DELIVERY},
    {SLICE_INIT("virtual"), DELIVERY}, {SLICE_INIT("pipe"), DELIVERY},
    {SLICE_INIT("error"), DELIVERY},   {SLICE_INIT("retry"), DELIVERY},
    {SLICE_INIT("bounce"), DELIVERY},  {SLICE_INIT("postscreen"), REFUSAL},
    {SLICE_INIT("nqmgr"), QUEUE},      {SLICE_INIT("relay"), DELIVERY},
};

static enum program which(struct slice program)
{
    struct slice name = slice_from(program, slice_rfind(program, '/') + 1);
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
        if (name.len == programs[i].name.len && slice_eq(name, programs[i].name))
            return programs[i].program;
    return OTHER;
}

bool logs_is_postfix(struct slice program)
{
    /* `postfix/smtp`, `postfix/submission/smtpd`, and with a name of its own `mta-out/smtp` */
    return slice_starts(program, SLICE("postfix")) ||
           (slice_find(program, '/', 0) != SLICE_NONE && which(program) != OTHER);
}

/* `4XyZ1Q2rT3z: ` at the front of *message; false when there is none. */
static bool queue_id(struct slice *message, struct slice *id_r)
{
    size_t end = slice_find(slice_head(*message, QUEUE_ID_MAX), ':', 0);
    if (end == SLICE_NONE || end + 1 >= message->len || message->at[end + 1] != ' ')
        return false;
    *id_r = slice_head(*message, end);
    *message = slice_from(*message, end + 2);
    return true;
}

/* What stands behind `status=`, and of which kind that is. */
static bool kind_of(struct slice status, enum bounce_kind *kind_r)
{
    static const struct {
        struct slice status;
        enum bounce_kind kind;
    } kinds[] = {
        {SLICE_INIT("bounced"), BOUNCE_FAILURE},       {SLICE_INIT("deferred"), BOUNCE_DELAY},
        {SLICE_INIT("undeliverable"), BOUNCE_FAILURE}, {SLICE_INIT("expired"), BOUNCE_FAILURE},
        {SLICE_INIT("SOFTBOUNCE"), BOUNCE_DELAY},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (slice_starts(status, kinds[i].status)) {
            *kind_r = kinds[i].kind;
            return true;
        }
    return false;
}

/* What `(… in reply to RCPT TO command)` says of where in the session it was; taken off the text.
 */
static enum stage take_stage(struct slice *text)
{
    static const struct {
        struct slice command;
        enum stage stage;
    } commands[] = {
        {SLICE_INIT("RCPT TO"), STAGE_RCPT},   {SLICE_INIT("end of DATA"), STAGE_END_OF_DATA},
        {SLICE_INIT("MAIL FROM"), STAGE_MAIL}, {SLICE_INIT("DATA"), STAGE_DATA},
        {SLICE_INIT("EHLO"), STAGE_EHLO},      {SLICE_INIT("HELO"), STAGE_EHLO},
        {SLICE_INIT("LHLO"), STAGE_EHLO},      {SLICE_INIT("STARTTLS"), STAGE_STARTTLS},
        {SLICE_INIT("AUTH"), STAGE_AUTH},      {SLICE_INIT("RSET"), STAGE_NONE},
    };
    size_t open = slice_rfind(*text, '(');
    struct slice tail = open == SLICE_NONE ? slice_head(*text, 0) : slice_from(*text, open + 1);
    if (!slice_starts(tail, SLICE("in reply to ")) || !slice_iends(tail, SLICE("command)")))
        return STAGE_NONE;
    tail = slice_from(tail, 12);
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if (slice_starts(tail, commands[i].command)) {
            *text = slice_trim(slice_head(*text, open));
            return commands[i].stage;
        }
    return STAGE_NONE;
}

/* `host mx.example.org[192.0.2.1] said: ` is taken off the text. */
static struct slice take_host(struct slice *text, enum stage *stage)
{
    struct slice rest = *text, host = {"", 0}, behind;
    if (!slice_starts(rest, SLICE("host ")))
        return host;
    rest = slice_from(rest, 5);
    size_t end = slice_find(rest, ' ', 0);
    if (end == SLICE_NONE)
        return host;
    host = logs_host(slice_head(rest, end));
    behind = slice_from(rest, end + 1);
    if (slice_starts(behind, SLICE("said: "))) {
        *text = slice_from(behind, 6);
    } else if (slice_starts(behind, SLICE("refused to talk to me: "))) {
        *text = slice_from(behind, 23);
        *stage = STAGE_CONNECT;
    }
    return host;
}

/* `host … said: 550 … (in reply to …)`, or what happened without any reply; `dsn` is Postfix's
 * own code, made of the reply's digits where the reply has none. */
static void said(struct log_reader *r, struct log_event *e, struct slice text, struct slice relay,
                 struct slice dsn)
{
    enum stage stage = take_stage(&text);
    struct slice host = take_host(&text, &stage);
    struct slice peer = logs_host(relay);
    logs_said(r, e, text);
    e->in.stage = stage;
    if (host.len || peer.len)
        e->in.remote = host.len ? host : peer;
    struct enhanced status = logs_enhanced(dsn);
    if (e->in.reply.enhanced.class == 0 && (status.subject || status.detail))
        e->in.reply.enhanced = status;
}

/* `to=<a@b>, relay=…, delay=…, dsn=5.1.1, status=bounced (…)` */
static void delivery(struct log_reader *r, const struct log_line *line)
{
    struct slice message = line->message, id, recipient, rest;
    if (!queue_id(&message, &id) || !slice_starts(message, SLICE("to=<")) ||
        !logs_bracketed(slice_from(message, 3), &recipient))
        return;
    rest = slice_from(message, recipient.len + 5);
    if (!logs_behind(rest, SLICE(", dsn="), &rest))
        return;
    struct slice dsn = slice_head(rest, slice_find(rest, ',', 0));
    enum bounce_kind kind;
    r->delivered += dsn.len && dsn.at[0] == '2';
    if (!slice_starts(slice_from(rest, dsn.len), SLICE(", status=")))
        return;
    rest = slice_from(rest, dsn.len + 9);
    struct log_event *e =
        kind_of(rest, &kind) ? logs_add(r, line, LOG_POSTFIX, LOG_OUTGOING) : NULL;
    if (!e)
        return;
    size_t open = slice_find(rest, '(', 0);
    rest = open == SLICE_NONE ? slice_head(rest, 0) : slice_from(rest, open + 1);
    if (rest.len && rest.at[rest.len - 1] == ')')
        rest.len--;
    said(r, e, rest, logs_between(message, SLICE(", relay="), SLICE(", ")), dsn);
    e->kind = kind;
    e->queue_id = id;
    e->recipient = recipient;
    e->sender = logs_senders_get(r->senders, id);
}

/* `from=<a@b>, size=1, nrcpt=1 (queue active)`, `from=<a@b>, status=expired, returned to sender` */
static void queue(struct log_reader *r, const struct log_line *line)
{
    struct slice message = line->message, id, sender;
    if (!queue_id(&message, &id) || !slice_starts(message, SLICE("from=<")) ||
        !logs_bracketed(slice_from(message, 5), &sender))
        return;
    struct slice rest = slice_from(message, sender.len + 7);
    logs_senders_put(r->senders, id, logs_sender(sender));
    if (!slice_starts(rest, SLICE(", status=")))
        return;
    rest = slice_from(rest, 9);
    struct log_event *e = logs_add(r, line, LOG_POSTFIX, LOG_OUTGOING);
    if (!e)
        return;
    logs_said(r, e, rest);
    e->in.stage = STAGE_QUEUE;
    e->queue_id = id;
    e->sender = logs_sender(sender);
}

void logs_read_postfix(struct log_reader *r, const struct log_line *line)
{
    switch (which(line->program)) {
    case DELIVERY:
        delivery(r, line);
        break;
    case QUEUE:
        queue(r, line);
        break;
    case REFUSAL:
        logs_read_postfix_refusal(r, line);
        break;
    case OTHER:
        break;
    }
}
