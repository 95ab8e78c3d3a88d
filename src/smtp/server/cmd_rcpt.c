/* RCPT (RFC 5321 4.1.1.3). */
#include "smtp/server/command.h"
#include "smtp/server/path.h"

static const struct path_grammar grammar = {
    .prefix = SLICE_INIT("TO:"),
    .null_ok = false,
    .syntax = SITUATION_RCPT_SYNTAX,
    .address = SITUATION_RECIPIENT_SYNTAX,
    .missing = "RCPT needs TO: and the recipient's address in < and >",
};

void cmd_rcpt(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)c;
    struct smtp_event event = {.kind = SMTP_EVENT_RCPT};
    struct slice rest;
    s->tried_rcpt = true;
    if (s->envelope.count >= s->options->recipients_max) {
        char number[NUMBER_TEXT];
        SESSION_REPLY(s, SITUATION_TOO_MANY_RECIPIENTS, session_number(number, s->envelope.count));
        return;
    }
    if (!path_take(s, &grammar, args, &event.address, &rest) || !parameters_take(s, NULL, 0, rest))
        return;
    event.recipient = (struct recipient){.address = event.address.text, .original = SLICE("")};
    session_ask(s, &event);
}
