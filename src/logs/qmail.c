/* What qmail-send and its heirs log: by syslog, by multilog with its labels, or plain. */
#include "logs/inside.h"

enum { KEY_MAX = 24 };

/* The id of a message or a delivery, as the table of senders keeps it: both are small numbers that
 * are used again. */
static struct slice key_of(char *storage, char kind, struct slice number)
{
    size_t len = number.len < KEY_MAX - 1 ? number.len : KEY_MAX - 1;
    storage[0] = kind;
    if (len)
        memcpy(storage + 1, number.at, len);
    return slice_of(storage, len + 1);
}

static struct slice digits(struct slice s)
{
    size_t len = 0;
    while (len < s.len && ascii_is_digit(s.at[len]))
        len++;
    return slice_head(s, len);
}

/* How far it came, by the words that qmail-remote puts before the reply. */
static const struct {
    struct slice words;
    enum stage stage;
} stages[] = {
    {SLICE_INIT("does not like recipient"), STAGE_RCPT},
    {SLICE_INIT("does not like my"), STAGE_MAIL},
    {SLICE_INIT("does not like sender"), STAGE_MAIL},
    {SLICE_INIT("failed after I sent the message"), STAGE_END_OF_DATA},
    {SLICE_INIT("failed on DATA command"), STAGE_DATA},
    {SLICE_INIT("but greeting failed"), STAGE_CONNECT},
    {SLICE_INIT("but my name was rejected"), STAGE_EHLO},
    {SLICE_INIT("but sender was rejected"), STAGE_MAIL},
};

/* `192.0.2.1_does_not_like_recipient./Remote_host_said:_550_…/Giving_up_on_192.0.2.1./` */
static void said(struct log_reader *r, struct log_event *e, struct slice text)
{
    struct slice reply, host;
    text = logs_with(r, text, "_", ' ');
    struct slice whole = logs_with(r, text, "/", '\n');
    enum stage stage = STAGE_NONE;
    for (size_t i = 0; i < sizeof(stages) / sizeof(*stages) && !stage; i++)
        if (logs_behind(whole, stages[i].words, &reply))
            stage = stages[i].stage;
    bool has_reply = logs_behind(whole, SLICE("Remote host said: "), &reply);
    if (has_reply)
        reply = slice_head(reply, slice_find_slice(reply, SLICE("\nGiving up on "), 0));
    logs_said(r, e, has_reply ? reply : whole);
    e->in.stage = stage;
    if (slice_starts(whole, SLICE("Connected to ")))
        host = slice_from(whole, 13);
    else
        host = whole;
    host = logs_host(slice_head(host, slice_find(host, ' ', 0)));
    if (stage && host.len)
        e->in.remote = host;
}

/* `delivery 5: failure: …` */
static void delivery(struct log_reader *r, const struct log_line *line, struct slice rest)
{
    char storage[KEY_MAX];
    struct slice number = digits(rest);
    rest = slice_from(rest, number.len);
    bool is_failure = slice_starts(rest, SLICE(": failure: "));
    r->delivered += slice_starts(rest, SLICE(": success: "));
    if (!is_failure && !slice_starts(rest, SLICE(": deferral: ")))
        return;
    struct log_event *e = logs_add(r, line, LOG_QMAIL, LOG_OUTGOING);
    if (!e)
        return;
    said(r, e, slice_from(rest, is_failure ? 11 : 12));
    e->kind = is_failure ? BOUNCE_FAILURE : BOUNCE_DELAY;
    e->recipient = logs_senders_get(r->senders, key_of(storage, 'd', number));
    struct slice id = logs_senders_get(r->senders, key_of(storage, 'm', number));
    e->queue_id = id;
    e->sender = id.len ? logs_senders_get(r->senders, key_of(storage, 's', id)) : id;
}

/* `starting delivery 5: msg 123 to remote a@b` */
static void starting(struct log_reader *r, struct slice rest)
{
    char storage[KEY_MAX];
    struct slice number = digits(rest), message, address;
    if (!logs_behind(rest, SLICE(": msg "), &message))
        return;
    message = digits(message);
    if (!logs_behind(rest, SLICE(" to remote "), &address) &&
        !logs_behind(rest, SLICE(" to local "), &address))
        return;
    logs_senders_put(r->senders, key_of(storage, 'd', number), address);
    logs_senders_put(r->senders, key_of(storage, 'm', number), message);
}

/* `info msg 123: bytes 300 from <a@b> qp 1 uid 2` */
static void info(struct log_reader *r, struct slice rest)
{
    char storage[KEY_MAX];
    struct slice from;
    if (logs_behind(rest, SLICE(" from "), &from) && logs_bracketed(from, &from))
        logs_senders_put(r->senders, key_of(storage, 's', digits(rest)), logs_sender(from));
}

/* The label of multilog (`@` and 24 hexadecimal digits), the time that tai64nlocal makes of it, or
 * the seconds that splogger writes. */
static struct slice without_label(struct slice raw, struct slice *label_r)
{
    enum { DATE = 10 };
    if (raw.len > DATE && raw.at[4] == '-' && raw.at[7] == '-' && raw.at[DATE] == ' ') {
        size_t end = slice_find(raw, ' ', DATE + 1);
        *label_r = slice_head(raw, end == SLICE_NONE ? 0 : end);
        return end == SLICE_NONE ? raw : slice_from(raw, end + 1);
    }
    size_t space = slice_find(slice_head(raw, 30), ' ', 0);
    struct slice word = slice_head(raw, space == SLICE_NONE ? 0 : space);
    bool is_label = word.len >= 17 && (word.at[0] == '@' || slice_find(word, '.', 0) == 10);
    for (size_t i = 1; i < word.len && is_label; i++)
        is_label = ascii_is_alnum(word.at[i]) || word.at[i] == '.';
    *label_r = slice_head(word, is_label ? word.len : 0);
    return is_label ? slice_from(raw, space + 1) : raw;
}

static const struct slice verbs[] = {SLICE_INIT("delivery "), SLICE_INIT("starting delivery "),
                                     SLICE_INIT("info msg ")};

void logs_read_qmail_message(struct log_reader *r, const struct log_line *line)
{
    struct slice label, message = without_label(line->message, &label);
    struct log_line own = *line;
    if (own.time.len == 0)
        own.time = label;
    if (slice_starts(message, verbs[0]))
        delivery(r, &own, slice_from(message, verbs[0].len));
    else if (slice_starts(message, verbs[1]))
        starting(r, slice_from(message, verbs[1].len));
    else if (slice_starts(message, verbs[2]))
        info(r, slice_from(message, verbs[2].len));
}

bool logs_is_qmail(struct slice raw)
{
    struct slice label, message = without_label(raw, &label);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        if (slice_starts(message, verbs[i]) && message.len > verbs[i].len &&
            ascii_is_digit(message.at[verbs[i].len]))
            return slice_find(message, ':', verbs[i].len) != SLICE_NONE;
    return false;
}

void logs_read_qmail(struct log_reader *r, struct slice raw)
{
    if (logs_is_qmail(raw))
        logs_read_qmail_message(r, &(struct log_line){.time = {"", 0}, .message = raw});
    else
        logs_read_syslog(r, raw);
}
