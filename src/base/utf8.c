#include "base/utf8.h"

#include "base/eight.h"

/* Well-formed sequences by their first byte (RFC 3629 4); the second byte's range tells overlong
 * forms and surrogates apart. */
struct form {
    unsigned char first_low, first_high;
    unsigned char second_low, second_high;
    unsigned char len;
};

static const struct form forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool fits(const struct form *form, const unsigned char *bytes, size_t len)
{
    if (len < form->len || bytes[1] < form->second_low || bytes[1] > form->second_high)
        return false;
    for (size_t i = 2; i < form->len; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t utf8_char(struct slice s, size_t at)
{
    if (at >= s.len)
        return 0;
    const unsigned char *bytes = (const unsigned char *)s.at + at;
    if (bytes[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
        if (bytes[0] >= forms[i].first_low && bytes[0] <= forms[i].first_high)
            return fits(&forms[i], bytes, s.len - at) ? forms[i].len : 0;
    return 0;
}

static bool is_c1_control(const unsigned char *bytes)
{
    return bytes[0] == 0xc2 && bytes[1] < 0xa0;
}

static bool turns_direction(const unsigned char *bytes)
{
    return bytes[0] == 0xe2 && ((bytes[1] == 0x80 && bytes[2] >= 0xaa && bytes[2] <= 0xae) ||
                                (bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9));
}

size_t utf8_printable(struct slice s, size_t at)
{
    size_t len = utf8_char(s, at);
    if (len == 0)
        return 0;
    const unsigned char *bytes = (const unsigned char *)s.at + at;
    bool is_control = bytes[0] < ' ' || bytes[0] == 0x7f || is_c1_control(bytes);
    return is_control || turns_direction(bytes) ? 0 : len;
}

size_t utf8_plain(struct slice s, size_t at)
{
    size_t end = at;
    for (uint64_t other = 0; !other && s.len - end >= 8; end += other ? eight_first(other) : 8)
        other = eight_unprintable(eight_load(s.at + end));
    while (end < s.len && s.at[end] >= ' ' && s.at[end] <= '~')
        end++;
    return end - at;
}

bool utf8_is_valid(struct slice s)
{
    for (size_t at = 0; at < s.len;) {
        size_t len = utf8_char(s, at);
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

void utf8_add_harmless(struct buf *out, struct slice s)
{
    for (size_t at = 0; at < s.len;) {
        size_t plain = utf8_plain(s, at);
        buf_add(out, slice_of(s.at + at, plain));
        at += plain;
        if (at == s.len)
            return;
        size_t len = utf8_printable(s, at), skipped = utf8_char(s, at);
        buf_add(out, len ? slice_of(s.at + at, len) : SLICE("?"));
        at += len ? len : skipped ? skipped : 1;
    }
}
