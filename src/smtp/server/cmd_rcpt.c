/* RCPT (RFC 5321 4.1.1.3), with NOTIFY and ORCPT (RFC 3461). */
#include "smtp/server/command.h"
#include "smtp/server/dsn.h"
#include "smtp/server/path.h"

static const struct path_grammar grammar = {
    .prefix = SLICE_INIT("TO:"),
    .null_ok = false,
    .syntax = SITUATION_RCPT_SYNTAX,
    .address = SITUATION_RECIPIENT_SYNTAX,
    .missing = "RCPT needs TO: and the recipient's address in < and >",
};

static const struct parameter parameters[] = {{"NOTIFY", dsn_take_notify},
                                              {"ORCPT", dsn_take_orcpt}};

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
    struct recipient *r = &event.recipient;
    r->original = SLICE("");
    if (!path_take(s, &grammar, args, &event.address, &rest) ||
        !path_is_allowed(s, &event.address) ||
        !parameters_take(s, parameters, sizeof(parameters) / sizeof(*parameters), rest, r))
        return;
    r->address = event.address.text;
    session_ask(s, &event);
}
