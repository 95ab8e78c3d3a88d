/* Events in JSON: KumoMTA's log, and what Amazon SES, SendGrid, Mailgun and SparkPost tell of each
 * message. One object after the other, in lines, in arrays or wrapped. */
#include "base/json_read.h"
#include "logs/inside.h"
#include "mail/bounce_ses.h"

/* Where a service puts what; empty where it does not say so. */
struct form {
    enum log_format format;
    const char *event;
    const char *recipient, *sender, *queue_id, *message_id, *time;
    const char *code, *text, *more; /* `more` where `text` is missing */
    const char *status, *remote;
};

static const struct form forms[] = {
    {LOG_KUMOMTA, "type", "recipient", "sender", "id", "", "timestamp", "response.code",
     "response.content", "", "", "peer_address.name"},
    {LOG_SENDGRID, "event", "email", "", "sg_message_id", "smtp-id", "timestamp", "", "reason",
     "response", "status", ""},
    {LOG_MAILGUN, "event", "recipient", "envelope.sender", "id", "message.headers.message-id",
     "timestamp", "delivery-status.code", "delivery-status.message", "delivery-status.description",
     "delivery-status.enhanced-code", "delivery-status.mx-host"},
    {LOG_SPARKPOST, "type", "rcpt_to", "msg_from", "message_id", "", "timestamp", "", "raw_reason",
     "reason", "", "ip_address"},
};

/* What an event is called. */
static const struct {
    enum log_format format;
    struct slice word;
    enum bounce_kind kind;
    enum log_direction direction;
} words[] = {
    {LOG_KUMOMTA, SLICE_INIT("Bounce"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_KUMOMTA, SLICE_INIT("TransientFailure"), BOUNCE_DELAY, LOG_OUTGOING},
    {LOG_KUMOMTA, SLICE_INIT("Expiration"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_KUMOMTA, SLICE_INIT("AdminBounce"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_KUMOMTA, SLICE_INIT("OOB"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_KUMOMTA, SLICE_INIT("Feedback"), BOUNCE_COMPLAINT, LOG_OUTGOING},
    {LOG_KUMOMTA, SLICE_INIT("Rejection"), BOUNCE_FAILURE, LOG_INCOMING},
    {LOG_KUMOMTA, SLICE_INIT("Delivery"), BOUNCE_SUCCESS, LOG_OUTGOING},
    {LOG_SENDGRID, SLICE_INIT("bounce"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_SENDGRID, SLICE_INIT("blocked"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_SENDGRID, SLICE_INIT("dropped"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_SENDGRID, SLICE_INIT("deferred"), BOUNCE_DELAY, LOG_OUTGOING},
    {LOG_SENDGRID, SLICE_INIT("spamreport"), BOUNCE_COMPLAINT, LOG_OUTGOING},
    {LOG_SENDGRID, SLICE_INIT("delivered"), BOUNCE_SUCCESS, LOG_OUTGOING},
    {LOG_MAILGUN, SLICE_INIT("failed"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_MAILGUN, SLICE_INIT("rejected"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_MAILGUN, SLICE_INIT("complained"), BOUNCE_COMPLAINT, LOG_OUTGOING},
    {LOG_MAILGUN, SLICE_INIT("delivered"), BOUNCE_SUCCESS, LOG_OUTGOING},
    {LOG_SPARKPOST, SLICE_INIT("bounce"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_SPARKPOST, SLICE_INIT("out_of_band"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_SPARKPOST, SLICE_INIT("delay"), BOUNCE_DELAY, LOG_OUTGOING},
    {LOG_SPARKPOST, SLICE_INIT("policy_rejection"), BOUNCE_FAILURE, LOG_OUTGOING},
    {LOG_SPARKPOST, SLICE_INIT("spam_complaint"), BOUNCE_COMPLAINT, LOG_OUTGOING},
    {LOG_SPARKPOST, SLICE_INIT("delivery"), BOUNCE_SUCCESS, LOG_OUTGOING},
};

static struct slice text_of(struct log_reader *r, struct slice object, const char *path)
{
    return *path ? json_read_member_text(object, path, &r->arena) : (struct slice){"", 0};
}

/* `550 5.1.1 no such user`, put together of its parts. */
static struct slice reply_of(struct log_reader *r, const struct form *f, struct slice object)
{
    struct slice code = text_of(r, object, f->code), text = text_of(r, object, f->text);
    struct buf whole;
    if (text.len == 0)
        text = text_of(r, object, f->more);
    uint32_t number;
    if (!slice_u32(code, &number) || number < 200 || number > 599 || slice_starts(text, code))
        return text;
    size_t size = code.len + text.len + 2;
    char *storage = arena_text(&r->arena, size);
    if (!storage)
        return text;
    buf_init_fixed(&whole, storage, size);
    buf_add(&whole, code);
    buf_add_char(&whole, ' ');
    buf_add(&whole, text);
    return buf_slice(&whole);
}

/* KumoMTA takes the enhanced code out of the text. */
static struct enhanced enhanced_of(struct log_reader *r, struct slice object)
{
    static const char *const parts[] = {"response.enhanced_code.class",
                                        "response.enhanced_code.subject",
                                        "response.enhanced_code.detail"};
    uint32_t n[3];
    for (size_t i = 0; i < 3; i++)
        if (!slice_u32(text_of(r, object, parts[i]), &n[i]) || n[i] > 999)
            return (struct enhanced){0};
    if (n[0] != 2 && n[0] != 4 && n[0] != 5)
        return (struct enhanced){0};
    return (struct enhanced){(uint8_t)n[0], (uint16_t)n[1], (uint16_t)n[2]};
}

static void fill(struct log_reader *r, struct log_event *e, const struct form *f,
                 struct slice object)
{
    enum stage stage = STAGE_NONE;
    struct slice ignored;
    struct enhanced status = f->format == LOG_KUMOMTA
                                 ? enhanced_of(r, object)
                                 : logs_enhanced(text_of(r, object, f->status));
    struct slice remote = logs_host(text_of(r, object, f->remote));
    logs_said(r, e, reply_of(r, f, object));
    if (e->in.reply.enhanced.class == 0)
        e->in.reply.enhanced = status;
    if (f->format == LOG_KUMOMTA &&
        logs_command(text_of(r, object, "response.command"), &stage, &ignored))
        e->in.stage = stage;
    if (remote.len && e->direction == LOG_OUTGOING)
        e->in.remote = remote;
    else if (remote.len)
        e->client = remote;
    e->queue_id = text_of(r, object, f->queue_id);
    e->message_id = text_of(r, object, f->message_id);
    e->sender = text_of(r, object, f->sender);
}

/* One recipient, or a list of them. */
static void add(struct log_reader *r, const struct form *f, struct slice object,
                enum bounce_kind kind, enum log_direction direction)
{
    struct slice list = {"", 0}, item;
    struct log_line line = {.time = text_of(r, object, f->time)};
    bool is_list = json_read_member(object, f->recipient, &list) && list.at[0] == '[';
    while (!is_list || json_read_item(&list, &item)) {
        struct log_event *e = logs_add(r, &line, f->format, direction);
        if (!e)
            return;
        fill(r, e, f, object);
        e->kind = kind;
        e->recipient = json_read_text(is_list ? item : list, &r->arena);
        if (!is_list)
            return;
    }
}

static void read_form(struct log_reader *r, const struct form *f, struct slice object)
{
    struct slice event = text_of(r, object, f->event);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (words[i].format != f->format || !slice_eq(words[i].word, event))
            continue;
        enum bounce_kind kind = words[i].kind;
        if (f->format == LOG_MAILGUN && kind == BOUNCE_FAILURE &&
            slice_eq(text_of(r, object, "severity"), SLICE("temporary")))
            kind = BOUNCE_DELAY;
        if (kind == BOUNCE_SUCCESS)
            r->delivered++;
        else
            add(r, f, object, kind, words[i].direction);
        return;
    }
}

/* The notice that SNS wraps, as text, in one of its own. */
static struct slice unwrapped(struct log_reader *r, struct slice object)
{
    struct slice inner;
    if (json_read_member(object, "Type", &inner) && json_read_member(object, "Message", &inner)) {
        inner = json_read_text(inner, &r->arena);
        return inner.len ? inner : object;
    }
    return object;
}

/* Amazon itself refused the message: it names the recipients as the message's. */
static void read_ses_reject(struct log_reader *r, struct slice object)
{
    struct slice list, item, reason = text_of(r, object, "reject.reason");
    struct log_line line = {.time = text_of(r, object, "mail.timestamp")};
    if (reason.len == 0 || !json_read_member(object, "mail.destination", &list))
        return;
    while (json_read_item(&list, &item)) {
        struct log_event *e = logs_add(r, &line, LOG_SES, LOG_OUTGOING);
        if (!e)
            return;
        logs_said(r, e, reason);
        e->recipient = json_read_text(item, &r->arena);
        e->sender = text_of(r, object, "mail.source");
        e->queue_id = text_of(r, object, "mail.messageId");
    }
}

static void read_ses(struct log_reader *r, struct slice object)
{
    struct bounce b = {.kind = BOUNCE_NONE};
    static const char *const times[] = {"bounce.timestamp", "complaint.timestamp",
                                        "deliveryDelay.timestamp", "mail.timestamp"};
    struct log_line line = {.time = {"", 0}};
    object = unwrapped(r, object);
    read_ses_reject(r, object);
    if (!bounce_read_ses(object, &r->arena, &b))
        return;
    for (size_t i = 0; i < sizeof(times) / sizeof(*times) && line.time.len == 0; i++)
        line.time = text_of(r, object, times[i]);
    for (size_t i = 0; i < b.count; i++) {
        const struct bounce_recipient *of = &b.recipients[i];
        r->delivered += of->kind == BOUNCE_SUCCESS;
        struct log_event *e =
            of->kind == BOUNCE_SUCCESS ? NULL : logs_add(r, &line, LOG_SES, LOG_OUTGOING);
        if (!e)
            continue;
        e->in = of->in;
        e->kind = of->kind;
        e->recipient = of->recipient;
        e->sender = text_of(r, object, "mail.source");
        e->queue_id = text_of(r, object, "mail.messageId");
        e->message_id = text_of(r, object, "mail.commonHeaders.messageId");
    }
}

/* What wraps the event itself. */
static struct slice event_in(struct slice object)
{
    static const char *const wraps[] = {"event-data", "msys.message_event"};
    struct slice inner;
    for (size_t i = 0; i < sizeof(wraps) / sizeof(*wraps); i++)
        if (json_read_member(object, wraps[i], &inner) && inner.at[0] == '{')
            return inner;
    return object;
}

/* Keys that only this service has. */
static const struct {
    enum log_format format;
    const char *keys[3];
} marks[] = {
    {LOG_SES, {"notificationType", "mail"}},
    {LOG_SES, {"eventType", "mail"}},
    {LOG_SES, {"Type", "Message", "TopicArn"}},
    {LOG_SENDGRID, {"event", "email", "timestamp"}},
    {LOG_KUMOMTA, {"type", "response", "recipient"}},
    {LOG_KUMOMTA, {"type", "sender", "recipient"}},
    {LOG_MAILGUN, {"event", "recipient", "timestamp"}},
    {LOG_SPARKPOST, {"type", "rcpt_to"}},
};

enum log_format logs_json_whose(struct slice object)
{
    struct slice inner = event_in(object), value;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        bool has_all = true;
        for (size_t k = 0; k < 3 && marks[i].keys[k] && has_all; k++)
            has_all = json_read_member(inner, marks[i].keys[k], &value);
        if (has_all)
            return marks[i].format;
    }
    return LOG_NONE;
}

void logs_read_json(struct log_reader *r, struct slice object)
{
    enum log_format format = logs_json_whose(object);
    if (format == LOG_SES) {
        read_ses(r, object);
        return;
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
        if (forms[i].format == format)
            read_form(r, &forms[i], event_in(object));
}
