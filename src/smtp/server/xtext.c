#include "smtp/server/xtext.h"

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
