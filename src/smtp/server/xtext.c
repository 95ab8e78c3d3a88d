#include "smtp/server/xtext.h"

#include "base/utf8.h"

/* RFC 3461 4: upper-case digits only. */
static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t xtext_char(struct slice s, size_t at, int *char_r)
{
    char c = s.at[at];
    *char_r = (unsigned char)c;
    if (c != '+')
        return c > ' ' && c <= '~' && c != '=';
    if (s.len - at < 3 || hex_digit(s.at[at + 1]) < 0 || hex_digit(s.at[at + 2]) < 0)
        return 0;
    *char_r = hex_digit(s.at[at + 1]) * 16 + hex_digit(s.at[at + 2]);
    return 3;
}

bool xtext_is_valid(struct slice s, bool with_utf8)
{
    for (size_t at = 0, len; at < s.len; at += len) {
        int c;
        len = xtext_char(s, at, &c);
        if (len && (c < ' ' || c > '~'))
            return false;
        if (len == 0 && with_utf8 && (unsigned char)s.at[at] >= 0x80)
            len = utf8_char(s, at);
        if (len == 0)
            return false;
    }
    return s.len > 0;
}
