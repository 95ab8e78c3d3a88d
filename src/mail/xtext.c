#include "mail/xtext.h"

static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void xtext_read(struct buf *out, struct slice xtext)
{
    for (size_t i = 0; i < xtext.len; i++) {
        bool is_pair = xtext.at[i] == '+' && i + 2 < xtext.len && hex_digit(xtext.at[i + 1]) >= 0 &&
                       hex_digit(xtext.at[i + 2]) >= 0;
        if (!is_pair) {
            buf_add_char(out, xtext.at[i]);
            continue;
        }
        buf_add_char(out, (char)(hex_digit(xtext.at[i + 1]) * 16 + hex_digit(xtext.at[i + 2])));
        i += 2;
    }
}

/* RFC 3461 4: `!` to `~`, but for `+` and `=`. */
void xtext_write(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c > ' ' && c <= '~' && c != '+' && c != '=')
            buf_add_char(out, (char)c);
        else
            buf_addf(out, "+%02X", c);
    }
}
