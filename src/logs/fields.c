#include "logs/inside.h"

bool logs_behind(struct slice text, struct slice mark, struct slice *rest_r)
{
    const char *at = text.len < mark.len ? NULL : memmem(text.at, text.len, mark.at, mark.len);
    if (at)
        *rest_r = slice_from(text, (size_t)(at - text.at) + mark.len);
    return at != NULL;
}

struct slice logs_between(struct slice text, struct slice mark, struct slice end)
{
    struct slice rest;
    if (!logs_behind(text, mark, &rest))
        return (struct slice){"", 0};
    const char *at = rest.len < end.len ? NULL : memmem(rest.at, rest.len, end.at, end.len);
    return at ? slice_head(rest, (size_t)(at - rest.at)) : rest;
}

bool logs_bracketed(struct slice text, struct slice *address_r)
{
    if (!text.len || text.at[0] != '<')
        return false;
    for (size_t end = 1; (end = slice_find(text, '>', end)) != SLICE_NONE; end++)
        if (end + 1 == text.len || logs_is_in(", :;", text.at[end + 1])) {
            *address_r = slice_of(text.at + 1, end - 1);
            return true;
        }
    return false;
}

static bool is_host(struct slice name)
{
    bool has_dot = false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        has_dot = has_dot || c == '.' || c == ':';
        if (!ascii_is_alnum(c) && !logs_is_in(".-_:", c))
            return false;
    }
    return has_dot;
}

struct slice logs_host(struct slice text)
{
    size_t open = slice_find(text, '[', 0);
    struct slice name = slice_head(text, open);
    if (open != SLICE_NONE && name.len == 0) {
        name = slice_from(text, 1);
        name = slice_head(name, slice_find(name, ']', 0));
        if (slice_istarts(name, SLICE("IPv6:")))
            name = slice_from(name, 5);
    }
    while (name.len && name.at[name.len - 1] == '.')
        name.len--;
    return is_host(name) ? name : (struct slice){"", 0};
}

struct enhanced logs_enhanced(struct slice text)
{
    struct enhanced e = {0};
    return enhanced_parse(text, &e) ? e : (struct enhanced){0};
}

enum bounce_kind logs_kind(const struct diagnosis_input *in, enum bounce_kind other)
{
    unsigned class =
        in->reply.enhanced.class ? in->reply.enhanced.class : (unsigned)reply_severity(&in->reply);
    return class == 5 ? BOUNCE_FAILURE : class == 4 ? BOUNCE_DELAY : other;
}

struct slice logs_sender(struct slice address)
{
    return address.len ? address : SLICE("<>");
}

struct slice logs_with(struct log_reader *r, struct slice text, const char *from, char to)
{
    struct slice rest = text, mark = slice_str(from), behind;
    char *copy = logs_behind(text, mark, &behind) ? arena_text(&r->arena, text.len + 1) : NULL;
    size_t len = 0;
    if (!copy)
        return text;
    while (logs_behind(rest, mark, &behind)) {
        size_t before = rest.len - behind.len - mark.len;
        memcpy(copy + len, rest.at, before);
        len += before;
        copy[len++] = to;
        rest = behind;
    }
    if (rest.len)
        memcpy(copy + len, rest.at, rest.len);
    return slice_of(copy, len + rest.len);
}

struct slice logs_field(struct slice text, struct slice name)
{
    struct slice rest = text, value;
    while (logs_behind(rest, name, &rest)) {
        const char *before = rest.at - name.len;
        if (before > text.at && !logs_is_in(" ,\t", before[-1]))
            continue;
        if (logs_bracketed(rest, &value))
            return value;
        if (rest.len && rest.at[0] == '"')
            return slice_head(slice_from(rest, 1), slice_find(slice_from(rest, 1), '"', 0));
        size_t end = 0;
        while (end < rest.len && !logs_is_in(" ,", rest.at[end]))
            end++;
        return slice_head(rest, end);
    }
    return (struct slice){"", 0};
}
