#include "receive/guide.h"

#include "receive/help.h"
#include "receive/inside.h"
#include "receive/verdict.h"

enum { STATUS_MAX = 2048, LIST_MAX = 16 * 1024, ASKED_MAX = 512 };

/* ---- HELP ---- */

/* RFC 959's 211, as replies of status have been since; figures of the whole server are for those
 * it trusts. */
static void answer_status(struct connection *c, uint32_t ticket)
{
    char storage[STATUS_MAX];
    struct buf text;
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_addf(&text, "%.*s, this session:\n", SLICE_ARG(c->options->hostname));
    buf_addf(&text, "You are [%s]%s\n", c->client_text,
             c->is_trusted ? ", of a network that may send to anywhere" : "");
    buf_addf(&text, "The connection is %s\n", c->is_secure ? "encrypted (TLS)" : "not encrypted");
    if (c->user)
        buf_addf(&text, "You are logged in as %s", c->user);
    else
        buf_add_str(&text, "You are not logged in");
    if (c->is_trusted)
        buf_addf(&text, "\nConnections open here: %u, of at most %u",
                 (unsigned)atomic_load(c->receiver->connections),
                 (unsigned)c->options->connections_max);
    connection_answer(c, ticket, reply_lines(SITUATION_STATUS, buf_slice(&text)));
}

void guide_help(struct connection *c, const struct smtp_event *e)
{
    if (slice_ieq(e->text, SLICE("STATUS")))
        answer_status(c, e->ticket);
    else
        connection_answer(c, e->ticket, help_reply(e->text, smtp_server_arena(c->session)));
}

/* ---- VRFY and EXPN ---- */

static bool may_ask(const struct connection *c)
{
    return c->is_trusted || c->user;
}

/* Takes SMTPUTF8 off the end (RFC 6531 3.7.4.2): the answer may have non-ASCII then. */
static bool take_utf8(struct slice *text)
{
    static const struct slice word = SLICE_INIT(" SMTPUTF8");
    size_t at = text->len > word.len ? text->len - word.len : 0;
    if (!at || !slice_ieq(slice_from(*text, at), word))
        return false;
    *text = slice_trim(slice_head(*text, at));
    return true;
}

/* `alice`, `alice@here`, `<alice@here>` or `Alice <alice@here>` (RFC 5321 3.5.1); a name alone is
 * one of the first domain. False: too long to be one. */
static bool address_of(const struct connection *c, struct slice text, struct buf *storage,
                       struct address *a)
{
    size_t begin = slice_rfind(text, '<'), end = slice_rfind(text, '>');
    const struct access_domain *first = c->options->access->fallback;
    if (begin != SLICE_NONE && end != SLICE_NONE && end > begin)
        text = slice_from(slice_head(text, end), begin + 1);
    buf_add(storage, text);
    if (slice_rfind(text, '@') == SLICE_NONE && first)
        buf_addf(storage, "@%.*s", SLICE_ARG(first->name));
    struct slice whole = buf_slice(storage);
    size_t at = slice_rfind(whole, '@');
    *a = (struct address){.text = whole, .local = slice_head(whole, at), .domain = SLICE("")};
    if (at != SLICE_NONE)
        a->domain = slice_from(whole, at + 1);
    return !storage->failed && at != SLICE_NONE;
}

void guide_verify(struct connection *c, const struct smtp_event *e)
{
    char storage[ASKED_MAX];
    struct buf whole;
    struct address a;
    struct slice asked = e->text;
    bool with_utf8 = take_utf8(&asked);
    struct arena *arena = smtp_server_arena(c->session);
    const struct access_table *t = c->options->access;
    buf_init_fixed(&whole, storage, sizeof(storage));
    if (!may_ask(c) || !address_of(c, asked, &whole, &a)) {
        connection_answer(c, e->ticket, reply_plain(SITUATION_VRFY));
        return;
    }
    switch (access_check(t, NULL, &a)) {
    case ACCESS_LOCAL:
        connection_answer(c, e->ticket,
                          with_utf8 || slice_is_ascii(a.text)
                              ? REPLY_MAKE(SITUATION_VRFY_KNOWN, arena, a.text)
                              : reply_plain(SITUATION_VRFY_UTF8));
        return;
    case ACCESS_RELAY:
    case ACCESS_DENIED: /* elsewhere: only its own server knows, but who asks may send there */
        connection_answer(c, e->ticket, REPLY_MAKE(SITUATION_VRFY_ELSEWHERE, arena, a.text));
        return;
    case ACCESS_TOLD:
    case ACCESS_MOVED:
    case ACCESS_DISABLED:
    case ACCESS_PAUSED:
    case ACCESS_NO_MAILBOX:
    case ACCESS_NEVER:
        connection_answer(
            c, e->ticket,
            verdict_of_access(access_check(t, NULL, &a), t, &a, slice_str(c->client_text), arena));
    }
}

void guide_expand(struct connection *c, const struct smtp_event *e)
{
    char storage[ASKED_MAX];
    struct buf whole, list;
    struct address a;
    struct slice asked = e->text;
    bool with_utf8 = take_utf8(&asked);
    if (!may_ask(c)) {
        connection_answer(c, e->ticket, reply_plain(SITUATION_EXPN));
        return;
    }
    buf_init_fixed(&whole, storage, sizeof(storage));
    const struct access_alias *alias =
        address_of(c, asked, &whole, &a) ? access_alias(c->options->access, &a) : NULL;
    char *text = alias ? arena_take(smtp_server_arena(c->session), LIST_MAX) : NULL;
    if (!text) {
        connection_answer(
            c, e->ticket,
            REPLY_MAKE(SITUATION_EXPN_UNKNOWN, smtp_server_arena(c->session), buf_slice(&whole)));
        return;
    }
    buf_init_fixed(&list, text, LIST_MAX);
    for (size_t i = 0; i < alias->count && !list.failed; i++)
        buf_addf(&list, "%s<%.*s>", i ? "\n" : "", SLICE_ARG(alias->targets[i]));
    connection_answer(c, e->ticket,
                      with_utf8 || slice_is_ascii(buf_slice(&list))
                          ? reply_lines(SITUATION_EXPN_LIST, buf_slice(&list))
                          : reply_plain(SITUATION_VRFY_UTF8));
}
