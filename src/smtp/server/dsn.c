#include "smtp/server/dsn.h"

#include "smtp/server/xtext.h"

/* Octets, RFC 3461 4.2 and 4.4. */
enum { ORCPT_MAX = 500, ENVID_MAX = 100 };

static bool refuse(struct smtp_server *s, const char *keyword, const char *what)
{
    SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, slice_str(keyword), slice_str(what));
    return false;
}

static bool copy(struct smtp_server *s, struct slice value, struct slice *to)
{
    if (arena_dup(&s->arena, value, to))
        return true;
    session_reply_plain(s, SITUATION_LOCAL_ERROR);
    return false;
}

bool dsn_take_ret(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    bool is_full = slice_ieq(value, SLICE("FULL"));
    if (!is_full && !slice_ieq(value, SLICE("HDRS")))
        return refuse(s, "RET", "it is FULL or HDRS");
    s->envelope.return_type = is_full ? RETURN_FULL : RETURN_HEADERS;
    return true;
}

bool dsn_take_envid(struct smtp_server *s, void *unused, struct slice value)
{
    (void)unused;
    if (value.len > ENVID_MAX)
        return refuse(s, "ENVID", "it has at most 100 characters");
    if (!xtext_is_valid(value, false))
        return refuse(s, "ENVID", "it is xtext: + and = are written as +2B and +3D");
    return copy(s, value, &s->envelope.envid);
}

static const struct {
    struct slice word;
    enum dsn_notify bit;
} notify_words[] = {
    {SLICE_INIT("NEVER"), NOTIFY_NEVER},
    {SLICE_INIT("SUCCESS"), NOTIFY_SUCCESS},
    {SLICE_INIT("FAILURE"), NOTIFY_FAILURE},
    {SLICE_INIT("DELAY"), NOTIFY_DELAY},
};

static unsigned notify_bit(struct slice word)
{
    for (size_t i = 0; i < sizeof(notify_words) / sizeof(*notify_words); i++)
        if (slice_ieq(word, notify_words[i].word))
            return (unsigned)notify_words[i].bit;
    return 0;
}

bool dsn_take_notify(struct smtp_server *s, void *recipient, struct slice value)
{
    static const char form[] = "it is NEVER, or a list of SUCCESS, FAILURE and DELAY with commas";
    struct recipient *r = recipient;
    struct slice word, rest = value;
    unsigned bits = 0;
    if (value.len && value.at[value.len - 1] == ',')
        return refuse(s, "NOTIFY", form);
    while (slice_split(&rest, ',', &word)) {
        unsigned bit = notify_bit(word);
        if (bit == 0 || (bits & bit))
            return refuse(s, "NOTIFY", form);
        bits |= bit;
    }
    if (bits == 0 || ((bits & NOTIFY_NEVER) && bits != NOTIFY_NEVER))
        return refuse(s, "NOTIFY", form);
    r->notify = (uint8_t)bits;
    return true;
}

/* RFC 3461 4.2 addr-type: an atom. */
static bool is_address_type(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.at[i]) && s.at[i] != '-')
            return false;
    return s.len > 0;
}

bool dsn_take_orcpt(struct smtp_server *s, void *recipient, struct slice value)
{
    struct recipient *r = recipient;
    size_t semicolon = slice_find(value, ';', 0);
    struct slice type = slice_head(value, semicolon);
    if (value.len > ORCPT_MAX)
        return refuse(s, "ORCPT", "it has at most 500 characters");
    if (semicolon == SLICE_NONE || !is_address_type(type))
        return refuse(s, "ORCPT", "the form is type;address, for example rfc822;user@example.org");
    bool with_utf8 = slice_ieq(type, SLICE("utf-8")) && s->envelope.smtputf8;
    if (!xtext_is_valid(slice_from(value, semicolon + 1), with_utf8))
        return refuse(s, "ORCPT", "the address is xtext: + and = are written as +2B and +3D");
    return copy(s, value, &r->original);
}
