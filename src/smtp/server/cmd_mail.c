/* MAIL (RFC 5321 4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152, RFC 3030), RET and ENVID (RFC
 * 3461), SMTPUTF8 (RFC 6531), REQUIRETLS (RFC 8689), HOLDFOR and HOLDUNTIL (RFC 4865),
 * MT-PRIORITY (RFC 6710), BY (RFC 2852) and XVERP. */
#include "mail/date.h"
#include "mail/envelope_text.h"
#include "smtp/server/command.h"
#include "smtp/server/dsn.h"
#include "smtp/server/path.h"
#include "smtp/server/xtext.h"

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
    if (envelope_text_body(value, &s->envelope.body))
        return true;
    if (value.len)
        SESSION_REPLY(s, SITUATION_PARAMETER_VALUE, SLICE("BODY"), value,
                      SLICE("7BIT, 8BITMIME, BINARYMIME"));
    else
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("BODY"),
                      SLICE("7BIT, 8BITMIME or BINARYMIME"));
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

/* RFC 4865 3: not both, and not longer than is offered. */
static bool take_hold(struct smtp_server *s, const char *keyword, const char *form, bool is_right,
                      int64_t until)
{
    const struct smtp_server_options *o = s->options;
    int64_t now = s->now + s->wall;
    const char *what = !is_right                   ? form
                       : s->envelope.hold_until    ? "HOLDFOR or HOLDUNTIL, not both"
                       : until - now > o->hold_max ? "that is longer than EHLO says"
                                                   : NULL;
    if (o->hold_max == 0) {
        SESSION_REPLY(s, SITUATION_PARAMETER_UNKNOWN, slice_str(keyword));
        return false;
    }
    if (what) {
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, slice_str(keyword), slice_str(what));
        return false;
    }
    s->envelope.hold_until = until > now ? until : now;
    return true;
}

static bool take_holdfor(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    enum { DIGITS_MAX = 9 };
    uint64_t seconds = 0;
    bool is_right = value.len <= DIGITS_MAX && slice_u64(value, &seconds) && seconds > 0;
    return take_hold(s, "HOLDFOR", "it is a number of seconds, in at most 9 digits", is_right,
                     s->now + s->wall + (int64_t)seconds * 1000);
}

static bool take_holduntil(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    int64_t until = 0;
    bool is_right = date_parse_3339(value, &until);
    return take_hold(s, "HOLDUNTIL", "it is a time such as 2026-11-23T20:15:00Z", is_right, until);
}

/* RFC 2852: seconds, which may be over already where the sender is only told of it. */
static bool read_by(const struct smtp_server *s, struct slice value, struct envelope *e,
                    int64_t *ms_r)
{
    enum { DIGITS_MAX = 9 };
    size_t end = slice_find(value, ';', 0);
    bool has_sign = value.len && (value.at[0] == '-' || value.at[0] == '+');
    struct slice digits = slice_from(slice_head(value, end), has_sign);
    uint64_t seconds;
    if (end == SLICE_NONE || digits.len > DIGITS_MAX || !slice_u64(digits, &seconds) ||
        !envelope_text_by_mode(slice_from(value, end), e))
        return false;
    *ms_r = (int64_t)seconds * (value.at[0] == '-' ? -1000 : 1000);
    e->deliver_by = s->now + s->wall + *ms_r;
    return *ms_r > 0 || e->by_mode == BY_NOTIFY;
}

static bool take_by(struct smtp_server *s, void *unused, struct slice value)
{
    const struct smtp_server_options *o = s->options;
    char least[NUMBER_TEXT];
    int64_t ms = 0;
    (void)unused;
    bool is_right = read_by(s, value, &s->envelope, &ms);
    bool is_long = s->envelope.by_mode == BY_NOTIFY || ms >= o->by_least;
    if (!o->offers_by)
        SESSION_REPLY(s, SITUATION_PARAMETER_UNKNOWN, SLICE("BY"));
    else if (!is_right)
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("BY"),
                      SLICE("it is seconds, and R to have the message back or N to be told of a "
                            "delay, such as 3600;R"));
    else if (!is_long)
        SESSION_REPLY(s, SITUATION_BY_TOO_SHORT, value,
                      session_number(least, (uint64_t)o->by_least / 1000));
    return o->offers_by && is_right && is_long;
}

static bool take_priority(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    bool is_right = envelope_text_priority(value, &s->envelope.priority);
    if (!s->options->offers_priority)
        SESSION_REPLY(s, SITUATION_PARAMETER_UNKNOWN, SLICE("MT-PRIORITY"));
    else if (!is_right)
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("MT-PRIORITY"),
                      SLICE("it is a number from -9 to 9"));
    return s->options->offers_priority && is_right;
}

/* A sender's address for each recipient, which Postfix' VERP_README describes. */
static bool take_verp(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    bool is_offered = session_offers_verp(s), is_right = envelope_set_verp(&s->envelope, value);
    if (!is_offered)
        SESSION_REPLY(s, SITUATION_PARAMETER_UNKNOWN, SLICE("XVERP"));
    else if (!is_right)
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("XVERP"),
                      SLICE("it is two delimiters out of - + and =, such as +=, or nothing"));
    return is_offered && is_right;
}

/* Who submitted the message elsewhere (RFC 4954 5): taken, and believed of nobody. */
static bool take_auth(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    if (slice_eq(value, SLICE("<>")) || xtext_is_valid(value, true))
        return true;
    SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, SLICE("AUTH"),
                  SLICE("it is <>, or an address in xtext: + and = are written as +2B and +3D"));
    return false;
}

static const struct parameter parameters[] = {{"SIZE", take_size},
                                              {"BODY", take_body},
                                              {"AUTH", take_auth},
                                              {"SMTPUTF8", take_smtputf8},
                                              {"RET", dsn_take_ret},
                                              {"ENVID", dsn_take_envid},
                                              {"REQUIRETLS", take_tls},
                                              {"HOLDFOR", take_holdfor},
                                              {"HOLDUNTIL", take_holduntil},
                                              {"MT-PRIORITY", take_priority},
                                              {"BY", take_by},
                                              {"XVERP", take_verp}};

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
