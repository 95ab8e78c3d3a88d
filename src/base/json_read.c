#include "base/json_read.h"

static struct slice without_space(struct slice s)
{
    while (s.len && ascii_is_space(s.at[0]))
        s = slice_from(s, 1);
    return s;
}

/* Behind the quote that ends the string which begins at `at`. */
static size_t end_of_string(struct slice s, size_t at)
{
    for (at++; at < s.len; at++) {
        if (s.at[at] == '\\')
            at++;
        else if (s.at[at] == '"')
            return at + 1;
    }
    return SLICE_NONE;
}

static bool opens(char c)
{
    return c == '{' || c == '[';
}

static bool closes(char c)
{
    return c == '}' || c == ']';
}

size_t json_read_end(struct slice text)
{
    size_t depth = 0, at = 0;
    if (text.len && text.at[0] == '"')
        return end_of_string(text, 0);
    if (text.len == 0 || !opens(text.at[0])) {
        while (at < text.len && !closes(text.at[at]) && text.at[at] != ',' &&
               !ascii_is_space(text.at[at]))
            at++;
        return at < text.len ? at : SLICE_NONE;
    }
    while (at < text.len) {
        char c = text.at[at];
        if (c == '"') {
            at = end_of_string(text, at);
            if (at == SLICE_NONE)
                return SLICE_NONE;
            continue;
        }
        at++;
        depth += opens(c);
        if (closes(c) && --depth == 0)
            return at;
    }
    return SLICE_NONE;
}

/* The value at the front, whole or cut off. */
static struct slice value_at(struct slice s)
{
    return slice_head(s, json_read_end(s));
}

/* A member at the first level: `key` and the colon are taken off, the value is at the front. */
static bool member(struct slice object, struct slice key, struct slice *value_r)
{
    struct slice rest = without_space(object);
    if (!rest.len || rest.at[0] != '{')
        return false;
    rest = without_space(slice_from(rest, 1));
    while (rest.len && rest.at[0] == '"') {
        size_t end = end_of_string(rest, 0);
        if (end == SLICE_NONE)
            return false;
        struct slice name = slice_of(rest.at + 1, end - 2);
        rest = without_space(slice_from(rest, end));
        if (!rest.len || rest.at[0] != ':')
            return false;
        rest = without_space(slice_from(rest, 1));
        struct slice value = value_at(rest);
        if (slice_eq(name, key)) {
            *value_r = value;
            return value.len > 0;
        }
        rest = without_space(slice_from(rest, value.len));
        if (!rest.len || rest.at[0] != ',')
            return false;
        rest = without_space(slice_from(rest, 1));
    }
    return false;
}

bool json_read_member(struct slice object, const char *path, struct slice *value_r)
{
    struct slice rest = slice_str(path), key;
    *value_r = object;
    while (slice_split(&rest, '.', &key))
        if (!member(*value_r, key, value_r))
            return false;
    return true;
}

bool json_read_item(struct slice *rest_r, struct slice *item_r)
{
    struct slice rest = without_space(*rest_r);
    if (!rest.len || (rest.at[0] != '[' && rest.at[0] != ','))
        return false;
    rest = without_space(slice_from(rest, 1));
    *item_r = value_at(rest);
    *rest_r = slice_from(rest, item_r->len);
    return item_r->len > 0;
}

static bool hex4(struct slice s, uint32_t *value_r)
{
    uint32_t value = 0;
    if (s.len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char c = ascii_lower(s.at[i]);
        if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f'))
            return false;
        value = value << 4 | (uint32_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    *value_r = value;
    return true;
}

/* UTF-8 is never longer than `\uXXXX`. */
static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* The escape behind a backslash; how many bytes of it were taken. */
static size_t put_escape(struct slice s, char *to, size_t *used)
{
    static const char plain[] = "nrtbf", meant[] = "\n\r\t\b\f";
    uint32_t c, low;
    const char *known = s.at[0] ? strchr(plain, s.at[0]) : NULL;
    if (s.at[0] != 'u' || !hex4(slice_from(s, 1), &c)) {
        to[(*used)++] = known ? meant[known - plain] : s.at[0];
        return 1;
    }
    size_t taken = 5;
    bool is_high = c >= 0xd800 && c < 0xdc00;
    if (is_high && slice_starts(slice_from(s, 5), SLICE("\\u")) && hex4(slice_from(s, 7), &low) &&
        low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        taken = 11;
    } else if (c >= 0xd800 && c < 0xe000) {
        c = 0xfffd;
    }
    *used += put_utf8(to + *used, c);
    return taken;
}

struct slice json_read_text(struct slice value, struct arena *arena)
{
    const struct slice none = {"", 0};
    size_t used = 0;
    if (!value.len || opens(value.at[0]))
        return none;
    if (value.at[0] != '"')
        return ascii_is_digit(value.at[0]) || value.at[0] == '-' ? value : none;
    bool is_whole = value.len > 1 && end_of_string(value, 0) == value.len;
    struct slice s = slice_of(value.at + 1, value.len - 1 - is_whole);
    if (slice_find(s, '\\', 0) == SLICE_NONE)
        return s;
    char *to = arena_take(arena, s.len + 1);
    if (!to)
        return none;
    for (size_t i = 0; i < s.len;) {
        if (s.at[i] == '\\' && i + 1 < s.len)
            i += 1 + put_escape(slice_from(s, i + 1), to, &used);
        else
            to[used++] = s.at[i++];
    }
    return slice_of(to, used);
}

struct slice json_read_member_text(struct slice object, const char *path, struct arena *arena)
{
    struct slice value;
    return json_read_member(object, path, &value) ? json_read_text(value, arena)
                                                  : (struct slice){"", 0};
}
