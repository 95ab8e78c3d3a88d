/* DATA and the content behind it (RFC 5321 4.1.1.4). */
#include "smtp/server/command.h"

/* RFC 5321 4.5.3.1.6 asks for 1,000 octets, and 4.5.3.1 for no limit where that can be done. Real
 * mail has HTML of tens of KiB in one line, and a long line costs us nothing; this keeps out what
 * no program makes. */
enum { TEXT_LINE_MAX = 65536 };

void cmd_data(struct smtp_server *s, const struct command *c, struct slice args)
{
    if (!command_has_no_argument(s, c, args))
        return;
    if (s->state == STATE_MAIL) {
        session_reply_plain(s, s->tried_rcpt ? SITUATION_DATA_NO_VALID_RCPT
                                             : SITUATION_DATA_FIRST_RCPT);
        return;
    }
    if (s->envelope.body == BODY_BINARYMIME)
        session_reply_plain(s, SITUATION_DATA_BINARY); /* RFC 3030 3 */
    else
        data_begin(s, false);
}

void data_begin(struct smtp_server *s, bool is_chunked)
{
    const struct smtp_server_options *o = s->options;
    content_begin(&s->content, o->size_max, o->line_max ? o->line_max : TEXT_LINE_MAX, o->hops_max);
    s->content.is_chunked = is_chunked;
    s->content.is_binary = s->envelope.body == BODY_BINARYMIME;
    s->content.normalizes = o->normalizes;
    if (!session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_DATA}) && is_chunked)
        s->skip_left = s->chunk_left;
}

static void refuse(struct smtp_server *s)
{
    const struct content *c = &s->content;
    char number[NUMBER_TEXT], limit[NUMBER_TEXT];
    if (c->flaws & (CONTENT_BARE_LF | CONTENT_BARE_CR))
        SESSION_REPLY(s, SITUATION_BARE_LINE_END_IN_DATA, session_number(number, c->bare_line),
                      c->flaws & CONTENT_BARE_LF ? SLICE("LF") : SLICE("CR"));
    else if (c->flaws & CONTENT_NUL)
        SESSION_REPLY(s, SITUATION_NUL_IN_DATA, session_number(number, c->nul_line));
    else if (c->flaws & CONTENT_TOO_LARGE)
        SESSION_REPLY(s, SITUATION_TOO_LARGE, session_number(limit, c->size_max));
    else if (c->flaws & CONTENT_LOOP)
        SESSION_REPLY(s, SITUATION_LOOP, session_number(number, c->hops));
    else
        SESSION_REPLY(s, SITUATION_LINE_TOO_LONG_IN_DATA, session_number(number, c->long_line),
                      session_number(limit, c->line_max));
}

/* A client that always says SMTPUTF8 must not keep mail from servers without it that needs none of
 * it (RFC 6531 3.6: whoever passes the message on decides anew). */
static bool needs_utf8(const struct smtp_server *s)
{
    const struct envelope *e = &s->envelope;
    if (!e->smtputf8)
        return false;
    bool needs = s->content.has_8bit_header || !slice_is_ascii(e->sender);
    for (size_t i = 0; i < e->count && !needs; i++)
        needs =
            !slice_is_ascii(e->recipients[i].address) || !slice_is_ascii(e->recipients[i].original);
    return needs;
}

void data_end(struct smtp_server *s)
{
    session_set_state(s, STATE_END);
    if (!s->content.flaws) {
        s->envelope.size = s->content.size;
        s->envelope.smtputf8 = needs_utf8(s);
        /* ditto, for BINARYMIME: some clients say it of everything */
        if (s->content.is_binary && !s->content.needs_binary)
            s->envelope.body = BODY_8BITMIME;
        session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_END_OF_DATA,
                                            .has_utf8_header = s->content.has_8bit_header});
        return;
    }
    session_reset(s);
    refuse(s);
    session_stop_if_idle(s);
}

size_t data_take(struct smtp_server *s, struct slice in)
{
    struct slice body;
    bool is_end, was_good = !s->content.flaws;
    size_t used = content_take(&s->content, in, &body, &is_end);
    session_note_flow(s, used);
    if (s->content.flaws && was_good)
        s->told |= TOLD_ABORT;
    else if (body.len && was_good)
        session_event(s, SMTP_EVENT_BODY)->text = body;
    if (is_end)
        data_end(s);
    return used;
}
