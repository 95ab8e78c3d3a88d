#include "smtp/server/path.h"

/* The address in the words of a refusal: as it was sent, without its brackets. */
static struct slice shown(struct slice path)
{
    size_t close = slice_find(path, '>', 0);
    struct slice s = slice_head(path, close == SLICE_NONE ? slice_find(path, ' ', 0) : close);
    if (s.len && s.at[0] == '<')
        s = slice_from(s, 1);
    return s;
}

bool path_take(struct smtp_server *s, const struct path_grammar *g, struct slice args,
               struct address *address_r, struct slice *rest_r)
{
    /* A space behind the colon is wrong, yet so common that RFC 5321 3.3 warns of it; it is
     * harmless.
     */
    struct slice path = slice_trim(slice_from(args, g->prefix.len));
    if (!slice_istarts(args, g->prefix) || path.len == 0 || path.at[0] != '<') {
        SESSION_REPLY(s, g->syntax, slice_str(g->missing));
        return false;
    }
    struct err err = {0};
    size_t used;
    if (!address_parse_path(path, g->null_ok, &used, address_r, &err)) {
        SESSION_REPLY(s, g->address, shown(path), slice_str(err.what));
        return false;
    }
    if (used < path.len && path.at[used] != ' ') {
        SESSION_REPLY(s, g->syntax, SLICE("A space is missing behind the address"));
        return false;
    }
    *rest_r = slice_from(path, used);
    if (address_copy(address_r, &s->arena))
        return true;
    session_reply_plain(s, SITUATION_LOCAL_ERROR);
    return false;
}

bool path_is_allowed(struct smtp_server *s, const struct address *a)
{
    bool is_allowed = !a->is_utf8 || s->envelope.smtputf8;
    if (!is_allowed)
        SESSION_REPLY(s, SITUATION_UTF8_NOT_ASKED, a->text);
    return is_allowed;
}

/* RFC 5321 4.1.2 esmtp-keyword. */
static bool is_keyword(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.at[i]) && !(i && s.at[i] == '-'))
            return false;
    return s.len > 0;
}

/* RFC 5321 4.1.2 esmtp-value: printable, without space and `=`, which XVERP alone has. UTF-8 (RFC
 * 6531 3.3) is left to the parameter that may have it. */
static bool is_value(struct slice keyword, struct slice s)
{
    bool may_equal = slice_ieq(keyword, SLICE("XVERP"));
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7F || (s.at[i] == '=' && !may_equal))
            return false;
    return s.len > 0;
}

static size_t find_parameter(const struct parameter *table, size_t count, struct slice keyword)
{
    size_t i = 0;
    while (i < count && !slice_ieq(slice_str(table[i].keyword), keyword))
        i++;
    return i;
}

bool parameter_next(struct smtp_server *s, struct slice *rest_r, struct slice *keyword_r,
                    struct slice *value_r)
{
    struct slice word = SLICE("");
    (void)slice_word(rest_r, &word);
    size_t equals = slice_find(word, '=', 0);
    *keyword_r = slice_head(word, equals);
    *value_r = equals == SLICE_NONE ? SLICE("") : slice_from(word, equals + 1);
    if (is_keyword(*keyword_r) && (equals == SLICE_NONE || is_value(*keyword_r, *value_r)))
        return true;
    SESSION_REPLY(s, SITUATION_PARAMETER_SYNTAX, *keyword_r,
                  SLICE("the form is KEYWORD or KEYWORD=value"));
    return false;
}

bool parameters_take(struct smtp_server *s, const struct parameter *table, size_t count,
                     struct slice rest, void *ctx)
{
    struct slice keyword, value;
    unsigned seen = 0;
    while ((rest = slice_trim(rest)).len) {
        if (!parameter_next(s, &rest, &keyword, &value))
            return false;
        size_t i = find_parameter(table, count, keyword);
        if (i == count) {
            SESSION_REPLY(s, SITUATION_PARAMETER_UNKNOWN, keyword);
            return false;
        }
        if (seen & 1U << i) {
            SESSION_REPLY(s, SITUATION_PARAMETER_TWICE, keyword);
            return false;
        }
        seen |= 1U << i;
        if (!table[i].take(s, ctx, value))
            return false;
    }
    return true;
}
