#include "dns/record.h"

/* RFC 1035 2.3.4 */
enum { LABEL_MAX = 63, NAME_MAX_WIRE = 255 };

const char *dns_status_text(enum dns_status s)
{
    switch (s) {
#define X(id, text)                                                                                \
    case DNS_##id:                                                                                 \
        return text;
        DNS_STATUSES(X)
#undef X
    }
    return "unknown";
}

bool dns_status_is_failure(enum dns_status s)
{
    return s >= DNS_BOGUS;
}

static bool is_host_char(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_';
}

static bool label_is_host(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!is_host_char(label.at[i]))
            return false;
    return true;
}

bool dns_host_read(struct slice in, struct arena *arena, struct slice *name_r, size_t *used_r)
{
    char text[NAME_MAX_WIRE];
    size_t at = 0, len = 0;
    for (;;) {
        if (at >= in.len)
            return false;
        size_t label = (unsigned char)in.at[at++];
        if (label == 0)
            break;
        if (label > LABEL_MAX || label > in.len - at || at + label >= NAME_MAX_WIRE ||
            !label_is_host(slice_of(in.at + at, label)))
            return false;
        if (len)
            text[len++] = '.';
        memcpy(text + len, in.at + at, label);
        len += label;
        at += label;
    }
    *used_r = at;
    return arena_dup(arena, slice_of(text, len), name_r);
}

bool dns_host_clean(struct slice text, struct slice *name_r)
{
    struct slice rest, label;
    if (text.len && text.at[text.len - 1] == '.')
        text.len--;
    *name_r = rest = text;
    if (text.len == 0 || text.len >= NAME_MAX_WIRE - 1 || text.at[text.len - 1] == '.')
        return false;
    while (slice_split(&rest, '.', &label))
        if (label.len == 0 || label.len > LABEL_MAX || !label_is_host(label))
            return false;
    return true;
}

bool dns_mx_read(struct slice record, struct arena *arena, struct dns_mx *mx_r)
{
    size_t used;
    if (record.len < 3)
        return false;
    const unsigned char *at = (const unsigned char *)record.at;
    mx_r->preference = (uint16_t)(at[0] << 8 | at[1]);
    return dns_host_read(slice_from(record, 2), arena, &mx_r->host, &used) &&
           used == record.len - 2;
}
