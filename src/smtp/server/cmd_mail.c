/* MAIL (RFC 5321 4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152), RET and ENVID (RFC 3461),
 * SMTPUTF8 (RFC 6531) and REQUIRETLS (RFC 8689). */
#include "smtp/server/command.h"
#include "smtp/server/dsn.h"
#include "smtp/server/path.h"

static bool take_size(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    enum { DIGITS_MAX = 20 }; /* RFC 1870 3 */
    uint64_t size, size_max = s->options->size_max;
    if (value.len > DIGITS_MAX || !slice_u64(value, &size)) {
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("SIZE"),
                      SLICE("it is the number of bytes, in at most 20 digits"));
        return false;
    }
    if (size_max && size > size_max) {
        char declared[NUMBER_TEXT], most[NUMBER_TEXT];
        SESSION_REPLY(s, SITUATION_TOO_LARGE_DECLARED, session_number(declared, size),
                      session_number(most, size_max));
        return false;
    }
    s->envelope.size = size;
    return true;
}

static bool take_body(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    bool is_8bit = slice_ieq(value, SLICE("8BITMIME"));
    s->envelope.body = is_8bit ? BODY_8BITMIME : BODY_7BIT;
    if (is_8bit || slice_ieq(value, SLICE("7BIT")))
        return true;
    if (value.len)
        SESSION_REPLY(s, SITUATION_PARAMETER_VALUE, SLICE("BODY"), value, SLICE("7BIT, 8BITMIME"));
    else
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("BODY"), SLICE("7BIT or 8BITMIME"));
    return false;
}

/* RFC 6531 3.4: it has no value. */
static bool take_smtputf8(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    s->envelope.smtputf8 = true;
    if (value.len)
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("SMTPUTF8"), SLICE("it takes none"));
    return value.len == 0;
}

/* RFC 8689 2: it has no value, and is not known where TLS is not. */
static bool take_tls(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    s->envelope.requires_tls = true;
    if (!s->is_secure)
        SESSION_REPLY(s, SITUATION_PARAMETER_UNKNOWN, SLICE("REQUIRETLS"));
    else if (value.len)
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("REQUIRETLS"), SLICE("it takes none"));
    return s->is_secure && value.len == 0;
}

/* Who submitted the message elsewhere (RFC 4954 5): taken, and believed of nobody. */
static bool take_auth(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    if (value.len > 0)
        return true;
    SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("AUTH"), SLICE("an address, or <>"));
    return false;
}

static const struct parameter parameters[] = {{"SIZE", take_size},     {"BODY", take_body},
                                              {"AUTH", take_auth},     {"SMTPUTF8", take_smtputf8},
                                              {"RET", dsn_take_ret},   {"ENVID", dsn_take_envid},
                                              {"REQUIRETLS", take_tls}};

static const struct path_grammar grammar = {
    .prefix = SLICE_INIT("FROM:"),
    .null_ok = true,
    .syntax = SITUATION_MAIL_SYNTAX,
    .address = SITUATION_SENDER_SYNTAX,
    .missing = "MAIL needs FROM: and the sender's address in < and >",
};

/* No transaction came of it; nobody has heard of it. */
static void forget(struct smtp_server *s)
{
    s->envelope = (struct envelope){0};
    arena_reset(&s->arena);
}

void cmd_mail(struct smtp_server *s, const struct command *c, struct slice args)
{
    (void)c;
    struct smtp_event event = {.kind = SMTP_EVENT_MAIL};
    struct slice rest;
    if (s->options->mails_max && s->mails >= s->options->mails_max) {
        char number[NUMBER_TEXT];
        const struct slice args_of[] = {session_number(number, s->mails)};
        session_say_last(s, SITUATION_TOO_MANY_MESSAGES, args_of, 1);
        return;
    }
    if (!path_take(s, &grammar, args, &event.address, &rest) ||
        !parameters_take(s, parameters, sizeof(parameters) / sizeof(*parameters), rest, NULL) ||
        !path_is_allowed(s, &event.address)) {
        forget(s);
        return;
    }
    s->envelope.sender = event.address.text;
    s->envelope.helo = s->helo;
    s->envelope.protocol = s->is_extended ? SLICE("ESMTP") : SLICE("SMTP");
    if (session_ask(s, &event))
        s->mails++;
    else
        forget(s);
}
