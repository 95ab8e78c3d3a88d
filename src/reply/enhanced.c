#include "reply/reply.h"

void enhanced_write(struct buf *out, struct enhanced e)
{
    buf_add_u64(out, e.class);
    buf_add_char(out, '.');
    buf_add_u64(out, e.subject);
    buf_add_char(out, '.');
    buf_add_u64(out, e.detail);
}

/* RFC 3463 2: at most three digits. */
static size_t number(struct slice s, uint16_t *value_r)
{
    size_t len = 0;
    unsigned value = 0;
    while (len < s.len && len < 4 && ascii_is_digit(s.at[len]))
        value = value * 10 + (unsigned)(s.at[len++] - '0');
    *value_r = (uint16_t)value;
    return len <= 3 ? len : 0;
}

size_t enhanced_prefix(struct slice s, struct enhanced *e_r)
{
    uint16_t class, subject, detail;
    if (number(s, &class) != 1 || (class != 2 && class != 4 && class != 5))
        return 0;
    if (s.len < 2 || s.at[1] != '.')
        return 0;
    size_t at = 2, len = number(slice_from(s, at), &subject);
    if (len == 0 || at + len >= s.len || s.at[at + len] != '.')
        return 0;
    at += len + 1;
    len = number(slice_from(s, at), &detail);
    if (len == 0)
        return 0;
    *e_r = (struct enhanced){(uint8_t) class, subject, detail};
    return at + len;
}

bool enhanced_parse(struct slice s, struct enhanced *e_r)
{
    struct enhanced e;
    if (s.len == 0 || enhanced_prefix(s, &e) != s.len)
        return false;
    *e_r = e;
    return true;
}
