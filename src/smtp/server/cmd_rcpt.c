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

/* Counts the domains of those who were accepted, without the one at `i` if one before has it. */
static bool is_new_domain(const struct envelope *e, size_t i, struct slice domain)
{
    for (size_t k = 0; k < i; k++)
        if (slice_ieq(address_split(e->recipients[k].address).domain, domain))
            return false;
    return true;
}

/* A further domain, and there are as many as are taken at once (RCPTDOMAINMAX, RFC 9422). */
static bool is_one_domain_too_many(const struct smtp_server *s, struct slice domain)
{
    const struct envelope *e = &s->envelope;
    uint32_t count = 0;
    if (!s->options->domains_max || !is_new_domain(e, e->count, domain))
        return false;
    for (size_t i = 0; i < e->count; i++)
        count += is_new_domain(e, i, address_split(e->recipients[i].address).domain);
    return count >= s->options->domains_max;
}

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
    if (is_one_domain_too_many(s, event.address.domain)) {
        char number[NUMBER_TEXT];
        SESSION_REPLY(s, SITUATION_TOO_MANY_DOMAINS,
                      session_number(number, s->options->domains_max));
        return;
    }
    r->address = event.address.text;
    session_ask(s, &event);
}
