#include "mail/author.h"

#include "base/buf.h"
#include "mail/address.h"

/* What of a mailbox list is being read. */
struct reading {
    struct buf text; /* of the address, without quoted strings, comments and white space */
    unsigned depth;  /* of comments */
    bool is_quoted;
    bool is_in_angle;
};

/* Inside a comment or quoted string: whether `c` was part of it. */
static bool skip(struct reading *r, char c)
{
    if (r->is_quoted) {
        r->is_quoted = c != '"';
        return true;
    }
    if (c == '(')
        r->depth++;
    else if (c == ')' && r->depth)
        r->depth--;
    else if (r->depth == 0 && c == '"')
        r->is_quoted = true;
    else
        return r->depth > 0;
    return true;
}

/* False: the first address is over. A group's name ends in a colon; what stands before < is a
 * name. */
static bool take(struct reading *r, char c)
{
    if (r->is_in_angle ? c == '>' : c == ',' || c == ';')
        return false;
    if (!r->is_in_angle && (c == ':' || c == '<')) {
        buf_clear(&r->text);
        r->is_in_angle = c == '<';
    } else if (!ascii_is_space(c)) {
        buf_add_char(&r->text, c);
    }
    return true;
}

bool author_domain(struct slice from, char *storage, size_t size, struct slice *domain_r)
{
    struct reading r = {0};
    buf_init_fixed(&r.text, storage, size);
    for (size_t i = 0; i < from.len; i++) {
        bool is_escaped = from.at[i] == '\\' && (r.is_quoted || r.depth);
        if (is_escaped)
            i++;
        else if (!skip(&r, from.at[i]) && !take(&r, from.at[i]))
            break;
    }
    size_t at = slice_rfind(buf_slice(&r.text), '@');
    if (r.text.failed || at == SLICE_NONE)
        return false;
    *domain_r = slice_from(buf_slice(&r.text), at + 1);
    return domain_r->len <= ADDRESS_DOMAIN_MAX && domain_is_valid(*domain_r);
}
