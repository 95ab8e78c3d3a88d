/* What Postfix logs of clients that it refused, or lost. */
#include "logs/inside.h"

static const struct {
    struct slice word;
    enum stage stage;
} stages[] = {
    {SLICE_INIT("RCPT"), STAGE_RCPT},
    {SLICE_INIT("MAIL"), STAGE_MAIL},
    {SLICE_INIT("DATA"), STAGE_DATA},
    {SLICE_INIT("BDAT"), STAGE_END_OF_DATA},
    {SLICE_INIT("END-OF-MESSAGE"), STAGE_END_OF_DATA},
    {SLICE_INIT("CONNECT"), STAGE_CONNECT},
    {SLICE_INIT("EHLO"), STAGE_EHLO},
    {SLICE_INIT("HELO"), STAGE_EHLO},
    {SLICE_INIT("AUTH"), STAGE_AUTH},
    {SLICE_INIT("STARTTLS"), STAGE_STARTTLS},
    {SLICE_INIT("UNKNOWN"), STAGE_NONE},
    {SLICE_INIT("VRFY"), STAGE_NONE},
    {SLICE_INIT("ETRN"), STAGE_NONE},
};

/* Takes the command at the front of *text and the space behind it. */
static bool take_command(struct slice *text, enum stage *stage_r)
{
    for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
        struct slice word = stages[i].word;
        if (slice_starts(*text, word) && text->len > word.len && text->at[word.len] == ' ') {
            *stage_r = stages[i].stage;
            *text = slice_from(*text, word.len + 1);
            return true;
        }
    }
    return false;
}

/* `name[address]` or postscreen's `[address]:port` up to the colon that ends it, taken off with the
 * space behind. */
static bool take_client(struct slice *text, struct slice *client_r)
{
    size_t close = slice_find(*text, ']', 0);
    if (close == SLICE_NONE)
        return false;
    size_t colon = close + 1;
    if (colon + 1 < text->len && text->at[colon] == ':' && ascii_is_digit(text->at[colon + 1]))
        colon = slice_find(*text, ':', colon + 1);
    *client_r = slice_head(*text, close + 1);
    bool has_colon = colon < text->len && text->at[colon] == ':';
    *text = slice_from(*text, has_colon ? colon + 2 : close + 1);
    return has_colon;
}

/* Where the last `; from=<…> to=<…> proto=… helo=<…>` begins; the length without one. */
static size_t where_fields_begin(struct slice text)
{
    for (size_t at = text.len; at > 0; at--) {
        struct slice tail = slice_from(text, at - 1);
        if (slice_starts(tail, SLICE("; from=<")) || slice_starts(tail, SLICE("; proto=")))
            return at - 1;
    }
    return text.len;
}

static void take_fields(struct log_event *e, struct slice fields)
{
    struct slice rest, address;
    if (slice_starts(fields, SLICE("; from=")) && logs_bracketed(slice_from(fields, 7), &address)) {
        e->sender = logs_sender(address);
        fields = slice_from(fields, address.len + 9);
    }
    if (logs_behind(fields, SLICE(" to="), &rest) && logs_bracketed(rest, &address))
        e->recipient = address;
}

/* The fields stand before the text: `from x[…]; from=<> to=<> proto=SMTP helo=<x>: 5.7.1 text`. */
static struct slice text_behind_fields(struct slice fields)
{
    struct slice rest;
    if (logs_behind(fields, SLICE(" helo=<"), &rest) && logs_behind(rest, SLICE(">: "), &rest))
        return rest;
    return slice_head(fields, 0);
}

/* `RCPT from x[192.0.2.1]: 550 5.1.1 …; from=<> to=<a@b> proto=SMTP helo=<x>` */
static void refusal(struct log_reader *r, const struct log_line *line, struct slice id,
                    struct slice text)
{
    enum stage stage = STAGE_END_OF_DATA; /* of `header …` and `body …` */
    struct slice client = {"", 0};
    bool is_of_content = slice_starts(text, SLICE("header ")) || slice_starts(text, SLICE("body "));
    if (!is_of_content && !take_command(&text, &stage))
        return;
    size_t fields = where_fields_begin(text);
    struct slice said = slice_head(text, fields), from;
    if (is_of_content) { /* what the header says comes first, and may say anything */
        from = slice_from(said, slice_rfind(said, ' ') + 1);
        said = text_behind_fields(slice_from(text, fields));
        if (!take_client(&from, &client) && client.len == 0)
            return;
    } else if (!slice_starts(said, SLICE("from "))) {
        return;
    } else {
        said = slice_from(said, 5);
        if (!take_client(&said, &client))
            return;
    }
    struct log_event *e = logs_add(r, line, LOG_POSTFIX, LOG_INCOMING);
    if (!e)
        return;
    logs_said(r, e, said);
    e->in.stage = stage;
    e->kind = logs_kind(&e->in, BOUNCE_FAILURE);
    e->client = client;
    e->queue_id = slice_eq(id, SLICE("NOQUEUE")) ? slice_head(id, 0) : id;
    take_fields(e, slice_from(text, fields));
}

static void without_reply(struct log_reader *r, const struct log_line *line, struct slice client,
                          enum stage stage, enum bounce_kind kind)
{
    struct log_event *e = logs_add(r, line, LOG_POSTFIX, LOG_INCOMING);
    if (!e)
        return;
    logs_said(r, e, line->message);
    e->in.stage = stage;
    e->kind = kind;
    e->client = client;
}

/* `lost connection after DATA (12 bytes) from x[192.0.2.1]`, `timeout after RCPT from …`: told only
 * of clients that had begun a message; scanners come and go all day. */
static void lost(struct log_reader *r, const struct log_line *line, struct slice rest)
{
    enum stage stage;
    struct slice client;
    if (!take_command(&rest, &stage) || !logs_behind(rest, SLICE("from "), &client))
        return;
    if (stage == STAGE_MAIL || stage == STAGE_RCPT || stage == STAGE_DATA ||
        stage == STAGE_END_OF_DATA)
        without_reply(r, line, client, stage, BOUNCE_DELAY);
}

/* `warning: x[192.0.2.1]: SASL LOGIN authentication failed: …` */
static void login(struct log_reader *r, const struct log_line *line, struct slice rest)
{
    struct slice client, ignored;
    if (take_client(&rest, &client) && slice_starts(rest, SLICE("SASL ")) &&
        logs_behind(rest, SLICE("authentication fail"), &ignored)) {
        struct log_line said = *line;
        said.message = rest;
        without_reply(r, &said, client, STAGE_AUTH, BOUNCE_FAILURE);
    }
}

void logs_read_postfix_refusal(struct log_reader *r, const struct log_line *line)
{
    struct slice message = line->message, client;
    static const struct slice lost_marks[] = {SLICE_INIT("lost connection after "),
                                              SLICE_INIT("timeout after "),
                                              SLICE_INIT("too many errors after ")};
    if (slice_starts(message, SLICE("connect ")) || slice_starts(message, SLICE("disconnect ")))
        return;
    for (size_t i = 0; i < sizeof(lost_marks) / sizeof(*lost_marks); i++)
        if (slice_starts(message, lost_marks[i])) {
            lost(r, line, slice_from(message, lost_marks[i].len));
            return;
        }
    if (slice_starts(message, SLICE("warning: "))) {
        login(r, line, slice_from(message, 9));
        return;
    }
    if (slice_starts(message, SLICE("SSL_accept error from "))) {
        client = slice_from(message, 22);
        client = slice_head(client, slice_find(client, ']', 0) + 1);
        without_reply(r, line, client, STAGE_STARTTLS, BOUNCE_DELAY);
        return;
    }
    size_t colon = slice_find(slice_head(message, 24), ':', 0);
    struct slice rest =
        colon == SLICE_NONE ? slice_head(message, 0) : slice_from(message, colon + 2);
    if (slice_starts(rest, SLICE("reject: ")))
        refusal(r, line, slice_head(message, colon), slice_from(rest, 8));
    else if (slice_starts(rest, SLICE("milter-reject: ")))
        refusal(r, line, slice_head(message, colon), slice_from(rest, 15));
}
