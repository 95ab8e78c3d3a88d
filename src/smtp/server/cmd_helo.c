/* HELO, EHLO (RFC 5321 4.1.1.1): the client's name, and what is offered. */
#include "mail/date.h"
#include "smtp/server/command.h"

enum { WORDS_MAX = 4096 };

/* What follows the keyword; NULL: nothing. */
typedef void extension_parameters(struct buf *out, const struct smtp_server *s);

static void size_parameters(struct buf *out, const struct smtp_server *s)
{
    buf_add_char(out, ' ');
    buf_add_u64(out, s->options->size_max); /* 0: no fixed limit, RFC 1870 4 */
}

static void limits_parameters(struct buf *out, const struct smtp_server *s)
{
    if (s->options->mails_max)
        buf_addf(out, " MAILMAX=%u", (unsigned)s->options->mails_max);
    buf_addf(out, " RCPTMAX=%u", (unsigned)s->options->recipients_max);
    if (s->options->domains_max)
        buf_addf(out, " RCPTDOMAINMAX=%u", (unsigned)s->options->domains_max);
}

static void auth_parameters(struct buf *out, const struct smtp_server *s)
{
    buf_add_char(out, ' ');
    buf_add(out, s->mechanisms);
}

static void hold_parameters(struct buf *out, const struct smtp_server *s)
{
    buf_add_char(out, ' ');
    buf_add_u64(out, (uint64_t)s->options->hold_max / 1000);
    buf_add_char(out, ' ');
    date_write_3339(out, s->now + s->wall + s->options->hold_max, 0);
}

static void by_parameters(struct buf *out, const struct smtp_server *s)
{
    if (s->options->by_least)
        buf_addf(out, " %llu", (unsigned long long)s->options->by_least / 1000);
}

static bool is_by_offered(const struct smtp_server *s)
{
    return s->options->offers_by;
}

static bool is_hold_offered(const struct smtp_server *s)
{
    return s->options->hold_max > 0;
}

static bool is_priority_offered(const struct smtp_server *s)
{
    return s->options->offers_priority;
}

/* Not without TLS: a client would send the password before we can say no. */
static bool is_auth_offered(const struct smtp_server *s)
{
    return s->mechanisms.len > 0 && s->is_secure && !s->is_logged_in;
}

static bool is_tls_offered(const struct smtp_server *s)
{
    return s->options->offers_tls && !s->is_secure;
}

static bool is_proxy(const struct smtp_server *s)
{
    return s->is_proxy;
}

/* RFC 8689 2: only where TLS is already. */
static bool is_in_tls(const struct smtp_server *s)
{
    return s->is_secure;
}

static const struct {
    const char *keyword;
    extension_parameters *parameters;
    bool (*is_offered)(const struct smtp_server *s); /* NULL: always */
} extensions[] = {
    {"PIPELINING", NULL, NULL},                          /* RFC 2920 */
    {"SIZE", size_parameters, NULL},                     /* RFC 1870 */
    {"8BITMIME", NULL, NULL},                            /* RFC 6152 */
    {"CHUNKING", NULL, NULL},                            /* RFC 3030 */
    {"BINARYMIME", NULL, NULL},                          /* RFC 3030 */
    {"DSN", NULL, NULL},                                 /* RFC 3461 */
    {"SMTPUTF8", NULL, NULL},                            /* RFC 6531 */
    {"ENHANCEDSTATUSCODES", NULL, NULL},                 /* RFC 2034 */
    {"LIMITS", limits_parameters, NULL},                 /* RFC 9422 */
    {"FUTURERELEASE", hold_parameters, is_hold_offered}, /* RFC 4865 */
    {"MT-PRIORITY", NULL, is_priority_offered},          /* RFC 6710 */
    {"DELIVERBY", by_parameters, is_by_offered},         /* RFC 2852 */
    {"ETRN", NULL, session_offers_etrn},                 /* RFC 1985 */
    {"STARTTLS", NULL, is_tls_offered},                  /* RFC 3207 */
    {"REQUIRETLS", NULL, is_in_tls},                     /* RFC 8689 */
    {"AUTH", auth_parameters, is_auth_offered},          /* RFC 4954 */
    {"XVERP", NULL, session_offers_verp},
    {"XCLIENT", proxy_list_xclient, is_proxy},
    {"XFORWARD", proxy_list_xforward, is_proxy},
    {"HELP", NULL, NULL}, /* RFC 5321 4.1.1.8 */
};

/* A dot at the end of the name, as resolvers write it, does no harm. */
static bool take_name(struct slice args, struct slice *name_r)
{
    *name_r = args;
    if (args.len > 1 && args.at[args.len - 1] == '.')
        name_r->len--;
    return domain_is_valid(*name_r);
}

static bool begin(struct smtp_server *s, const struct command *c, struct slice args,
                  bool is_extended)
{
    struct slice name;
    if (!take_name(args, &name)) {
        SESSION_REPLY(s, SITUATION_HELO_NO_NAME, c->verb, c->verb);
        return false;
    }
    session_reset(s);
    session_set_helo(s, name, is_extended);
    session_set_state(s, STATE_READY);
    struct smtp_event *event = session_event(s, SMTP_EVENT_HELO);
    event->text = name;
    event->is_extended = is_extended;
    return true;
}

void cmd_helo(struct smtp_server *s, const struct command *c, struct slice args)
{
    if (begin(s, c, args, false))
        SESSION_REPLY(s, SITUATION_HELO_OK, s->options->hostname, s->event.text);
}

void cmd_ehlo(struct smtp_server *s, const struct command *c, struct slice args)
{
    if (!begin(s, c, args, true))
        return;
    struct arena words;
    struct buf text;
    arena_init(&words, s->mem, WORDS_MAX);
    buf_init(&text, s->mem, WORDS_MAX);
    struct reply first = REPLY_MAKE(SITUATION_HELO_OK, &words, s->options->hostname, s->event.text);
    buf_add(&text, first.text);
    for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
        if (extensions[i].is_offered && !extensions[i].is_offered(s))
            continue;
        buf_add_char(&text, '\n');
        buf_add_str(&text, extensions[i].keyword);
        if (extensions[i].parameters)
            extensions[i].parameters(&text, s);
    }
    struct reply r = reply_lines(SITUATION_HELO_OK, buf_slice(&text));
    session_reply(s, &r);
    buf_free(&text);
    arena_reset(&words);
}
