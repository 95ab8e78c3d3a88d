/* XCLIENT and XFORWARD, as Postfix defines them: a proxy in front says for whom it speaks. XCLIENT
 * makes that client ours, from the greeting on; XFORWARD only tells, for the log. */
#include "base/ip.h"
#include "smtp/server/command.h"
#include "smtp/server/path.h"
#include "smtp/server/xtext.h"

enum { XCLIENT = 1, XFORWARD = 2, BOTH = XCLIENT | XFORWARD };

struct attribute {
    struct slice keyword;
    unsigned commands;
    size_t field; /* in struct smtp_claim */
    bool (*is_right)(struct slice value);
    const char *form;
};

static bool is_address(struct slice value)
{
    struct ip ip;
    return ip_parse(slice_from(value, slice_istarts(value, SLICE("IPV6:")) ? 5 : 0), &ip);
}

static bool is_port(struct slice value)
{
    uint16_t port;
    return port_parse(value, &port);
}

static bool is_protocol(struct slice value)
{
    return slice_ieq(value, SLICE("SMTP")) || slice_ieq(value, SLICE("ESMTP"));
}

static bool is_source(struct slice value)
{
    return slice_ieq(value, SLICE("LOCAL")) || slice_ieq(value, SLICE("REMOTE"));
}

/* It goes into the log and, as an account, into replies. */
static bool is_text(struct slice value)
{
    enum { TEXT_MAX = 255 };
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] < ' ' || value.at[i] > '~')
            return false;
    return value.len > 0 && value.len <= TEXT_MAX;
}

#define CLAIM(name) offsetof(struct smtp_claim, name)

static const struct attribute attributes[] = {
    {SLICE_INIT("NAME"), BOTH, CLAIM(name), is_text, "a host's name"},
    {SLICE_INIT("ADDR"), BOTH, CLAIM(address), is_address,
     "an address such as 192.0.2.1 or IPV6:2001:db8::1"},
    {SLICE_INIT("PORT"), BOTH, CLAIM(port), is_port, "a number from 1 to 65535"},
    {SLICE_INIT("PROTO"), BOTH, CLAIM(protocol), is_protocol, "SMTP or ESMTP"},
    {SLICE_INIT("HELO"), BOTH, CLAIM(helo), is_text, "what the client called itself"},
    {SLICE_INIT("LOGIN"), XCLIENT, CLAIM(login), is_text, "the name of an account"},
    {SLICE_INIT("IDENT"), XFORWARD, CLAIM(ident), is_text, "the message's name in the queue"},
    {SLICE_INIT("SOURCE"), XFORWARD, CLAIM(source), is_source, "LOCAL or REMOTE"},
};

enum { ATTRIBUTES = sizeof(attributes) / sizeof(*attributes) };

static void list(struct buf *out, unsigned command)
{
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (attributes[i].commands & command) {
            buf_add_char(out, ' ');
            buf_add(out, attributes[i].keyword);
        }
}

void proxy_list_xclient(struct buf *out, const struct smtp_server *s)
{
    (void)s;
    list(out, XCLIENT);
}

void proxy_list_xforward(struct buf *out, const struct smtp_server *s)
{
    (void)s;
    list(out, XFORWARD);
}

static const struct attribute *find(struct slice keyword, unsigned command)
{
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if ((attributes[i].commands & command) && slice_ieq(attributes[i].keyword, keyword))
            return &attributes[i];
    return NULL;
}

/* Into the arena, decoded; NULL `at`: it is no xtext, or memory ends. */
static struct slice decode(struct smtp_server *s, struct slice xtext)
{
    char *text = arena_take(&s->arena, xtext.len + 1);
    size_t len = 0;
    for (size_t at = 0, used; text && at < xtext.len; at += used) {
        int c;
        used = xtext_char(xtext, at, &c);
        if (used == 0)
            return slice_of(NULL, 0);
        text[len++] = (char)c;
    }
    return slice_of(text, text ? len : 0);
}

static bool take(struct smtp_server *s, const struct attribute *a, struct slice xtext,
                 struct smtp_claim *claim)
{
    struct slice value = decode(s, xtext);
    bool is_unknown =
        slice_ieq(value, SLICE("[UNAVAILABLE]")) || slice_ieq(value, SLICE("[TEMPUNAVAIL]"));
    if (is_unknown)
        value.len = 0;
    if (!value.at || (!is_unknown && !a->is_right(value))) {
        SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, a->keyword, slice_str(a->form));
        return false;
    }
    *(struct slice *)(void *)((char *)claim + a->field) = value;
    return true;
}

/* What the client says, in the arena, where nothing else lies now. NULL: it was wrong, and is
 * answered. */
static const struct smtp_claim *read_claim(struct smtp_server *s, const struct command *c,
                                           struct slice args, unsigned command)
{
    struct slice keyword, value;
    if (!s->is_proxy) {
        SESSION_REPLY(s, SITUATION_NOT_A_PROXY, c->verb);
        return NULL;
    }
    if (args.len == 0) {
        SESSION_REPLY(s, SITUATION_PROXY_SYNTAX, c->verb, c->verb);
        return NULL;
    }
    arena_reset(&s->arena);
    struct smtp_claim *claim = arena_take(&s->arena, sizeof(*claim));
    if (!claim) {
        session_reply_plain(s, SITUATION_LOCAL_ERROR);
        return NULL;
    }
    *claim = (struct smtp_claim){0};
    while (args.len) {
        if (!parameter_next(s, &args, &keyword, &value))
            return NULL;
        const struct attribute *a = find(keyword, command);
        if (!a)
            SESSION_REPLY(s, SITUATION_PROXY_ATTRIBUTE, keyword, c->verb);
        if (!a || !take(s, a, value, claim))
            return NULL;
        args = slice_trim(args);
    }
    return claim;
}

/* The session begins anew, with the verdict on the client: a greeting. */
void cmd_xclient(struct smtp_server *s, const struct command *c, struct slice args)
{
    const struct smtp_claim *claim = read_claim(s, c, args, XCLIENT);
    if (!claim)
        return;
    s->is_proxy = s->options->clients_in_turn; /* else the client is another now */
    s->is_logged_in = claim->login.len > 0;
    session_set_helo(s, SLICE(""), false);
    session_set_state(s, STATE_CONNECT);
    if (!session_ask(s, &(struct smtp_event){.kind = SMTP_EVENT_XCLIENT, .claim = claim}))
        session_close(s);
}

void cmd_xforward(struct smtp_server *s, const struct command *c, struct slice args)
{
    const struct smtp_claim *claim = read_claim(s, c, args, XFORWARD);
    if (!claim)
        return;
    session_event(s, SMTP_EVENT_XFORWARD)->claim = claim;
    session_reply_plain(s, SITUATION_XFORWARD_OK);
}
