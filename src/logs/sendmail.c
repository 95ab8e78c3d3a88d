/* What Sendmail logs. */
#include "logs/inside.h"

enum { ID_MIN = 8, ID_MAX = 20 };

static bool take_id(struct slice *message, struct slice *id_r)
{
    size_t end = slice_find(slice_head(*message, ID_MAX), ':', 0);
    if (end == SLICE_NONE || end < ID_MIN || end + 1 >= message->len || message->at[end + 1] != ' ')
        return false;
    *id_r = slice_head(*message, end);
    *message = slice_from(*message, end + 2);
    return true;
}

/* `<a@b>`, `a@b`: up to the comma. */
static struct slice take_address(struct slice *rest)
{
    struct slice one = *rest, address;
    if (logs_bracketed(*rest, &address)) {
        *rest = slice_from(*rest, address.len + 2);
        return address;
    }
    one = slice_head(one, slice_find(one, ',', 0));
    *rest = slice_from(*rest, one.len);
    return one;
}

/* `mx.example.org. [192.0.2.1]` behind `relay=`. */
static struct slice relay_in(struct slice message)
{
    struct slice relay = logs_between(message, SLICE(", relay="), SLICE(", "));
    size_t space = slice_find(relay, ' ', 0);
    return logs_host(slice_head(relay, space));
}

static enum bounce_kind kind_of(struct slice stat, struct slice dsn)
{
    if (slice_starts(stat, SLICE("Deferred")) || slice_starts(stat, SLICE("queued")))
        return BOUNCE_DELAY;
    if (slice_starts(stat, SLICE("Sent")) || slice_starts(dsn, SLICE("2")))
        return BOUNCE_SUCCESS;
    return slice_starts(dsn, SLICE("4")) ? BOUNCE_DELAY : BOUNCE_FAILURE;
}

/* What the other server said, else what Sendmail makes of it. */
static struct slice text_of(struct slice message, struct slice stat)
{
    struct slice reply = logs_between(message, SLICE(", reply="), SLICE(", stat="));
    if (slice_starts(stat, SLICE("Deferred: ")))
        stat = slice_from(stat, 10);
    return reply.len ? reply : stat;
}

/* `to=<a@b>,<c@d>, delay=…, mailer=esmtp, relay=…, dsn=5.1.1, stat=User unknown` */
static void delivery(struct log_reader *r, const struct log_line *line, struct slice id,
                     struct slice message)
{
    struct slice stat = {"", 0}, rest = slice_from(message, 3);
    struct slice dsn = logs_between(message, SLICE(", dsn="), SLICE(", "));
    if (!logs_behind(message, SLICE(", stat="), &stat))
        return;
    enum bounce_kind kind = kind_of(stat, dsn);
    r->delivered += kind == BOUNCE_SUCCESS;
    if (kind == BOUNCE_SUCCESS || slice_eq(stat, SLICE("queued")))
        return;
    struct slice owner = logs_senders_get(r->senders, id);
    struct slice controller = logs_field(message, SLICE("ctladdr="));
    do {
        struct slice recipient = take_address(&rest);
        struct log_event *e = logs_add(r, line, LOG_SENDMAIL, LOG_OUTGOING);
        if (!e)
            return;
        logs_said(r, e, text_of(message, stat));
        struct enhanced status = logs_enhanced(dsn);
        if (e->in.reply.enhanced.class == 0 && (status.subject || status.detail))
            e->in.reply.enhanced = status;
        struct slice relay = relay_in(message);
        e->in.remote = relay.len ? relay : e->in.remote;
        e->kind = kind;
        e->queue_id = id;
        e->recipient = recipient;
        e->sender = owner.len ? owner : controller;
    } while (rest.len > 1 && rest.at[0] == ',' && rest.at[1] == '<' &&
             (rest = slice_from(rest, 1)).len);
}

/* What of the session `arg1` is in, and at which stage. */
static const struct {
    struct slice mark;
    enum stage stage;
} rulesets[] = {
    {SLICE_INIT("ruleset=check_rcpt, arg1="), STAGE_RCPT},
    {SLICE_INIT("ruleset=check_mail, arg1="), STAGE_MAIL},
    {SLICE_INIT("ruleset=check_relay, arg1="), STAGE_CONNECT},
    {SLICE_INIT("ruleset=check_eom, "), STAGE_END_OF_DATA},
    {SLICE_INIT("ruleset=check_data, "), STAGE_DATA},
    {SLICE_INIT("Milter: to="), STAGE_RCPT},
    {SLICE_INIT("Milter: from="), STAGE_MAIL},
    {SLICE_INIT("Milter: data, "), STAGE_END_OF_DATA},
    {SLICE_INIT("Milter: cmd=data, "), STAGE_DATA},
    {SLICE_INIT("Milter: connect"), STAGE_CONNECT},
    {SLICE_INIT("Milter: helo="), STAGE_EHLO},
};

/* `ruleset=check_rcpt, arg1=<a@b>, relay=h [192.0.2.9], reject=550 5.7.1 …` */
static void refusal(struct log_reader *r, const struct log_line *line, struct slice id,
                    struct slice message)
{
    struct slice said, address;
    for (size_t i = 0; i < sizeof(rulesets) / sizeof(*rulesets); i++) {
        if (!slice_starts(message, rulesets[i].mark) ||
            !logs_behind(message, SLICE("reject="), &said))
            continue;
        struct log_event *e = logs_add(r, line, LOG_SENDMAIL, LOG_INCOMING);
        if (!e)
            return;
        enum stage stage = rulesets[i].stage;
        logs_said(r, e, said);
        e->in.stage = stage;
        e->kind = logs_kind(&e->in, BOUNCE_FAILURE);
        e->client = logs_between(message, SLICE(", relay="), SLICE(", reject="));
        e->queue_id = id;
        e->sender = logs_senders_get(r->senders, id);
        if (!logs_bracketed(slice_from(message, rulesets[i].mark.len), &address))
            return;
        if (stage == STAGE_RCPT)
            e->recipient = address;
        else if (stage == STAGE_MAIL)
            e->sender = logs_sender(address);
        return;
    }
}

/* `<nobody@here.example>... User unknown`: of a recipient that RCPT named. */
static void unknown_user(struct log_reader *r, const struct log_line *line, struct slice id,
                         struct slice message)
{
    size_t end = slice_find_slice(message, SLICE(">... "), 0);
    if (end == SLICE_NONE)
        return;
    struct log_event *e = logs_add(r, line, LOG_SENDMAIL, LOG_INCOMING);
    if (!e)
        return;
    logs_said(r, e, slice_from(message, end + 5));
    e->in.stage = STAGE_RCPT;
    e->queue_id = id;
    e->recipient = slice_of(message.at + 1, end - 1);
}

void logs_read_sendmail(struct log_reader *r, const struct log_line *line)
{
    struct slice message = line->message, id = {"", 0}, from;
    /* a connection has no id yet */
    if (!take_id(&message, &id) && !slice_starts(message, SLICE("ruleset=")))
        return;
    if (slice_starts(message, SLICE("from="))) {
        from = slice_from(message, 5);
        logs_senders_put(r->senders, id, logs_sender(take_address(&from)));
    } else if (slice_starts(message, SLICE("to="))) {
        delivery(r, line, id, message);
    } else if (slice_starts(message, SLICE("ruleset=")) ||
               slice_starts(message, SLICE("Milter: "))) {
        refusal(r, line, id, message);
    } else if (slice_starts(message, SLICE("<"))) {
        unknown_user(r, line, id, message);
    }
}
