#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *out, struct slice bytes)
{
    for (size_t at = 0; at < bytes.len; at += 3) {
        struct slice part = slice_head(slice_from(bytes, at), 3);
        uint32_t bits = 0;
        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < part.len ? (unsigned char)part.at[i] : 0);
        for (size_t i = 0; i < 4; i++)
            buf_add_char(out, i <= part.len ? digits[bits >> (18 - 6 * i) & 63] : '=');
    }
}

static bool value_of(char c, uint32_t *value_r)
{
    const char *at = c ? strchr(digits, c) : NULL;
    *value_r = at ? (uint32_t)(at - digits) : 0;
    return at != NULL;
}

/* Four digits, of which the last `padding` are `=`; bits that no byte holds must be 0. */
static bool read_four(struct buf *out, const char *at, size_t padding)
{
    uint32_t bits = 0, value;
    for (size_t i = 0; i < 4 - padding; i++) {
        if (!value_of(at[i], &value))
            return false;
        bits |= value << (18 - 6 * i);
    }
    if (bits & ((UINT32_C(1) << (8 * padding)) - 1))
        return false;
    for (size_t i = 0; i < 3 - padding; i++)
        buf_add_char(out, (char)(bits >> (16 - 8 * i)));
    return !out->failed;
}

bool base64_read(struct buf *out, struct slice text)
{
    size_t before = out->len, padding = 0;
    bool good = text.len % 4 == 0;
    while (good && padding < 2 && padding < text.len && text.at[text.len - 1 - padding] == '=')
        padding++;
    for (size_t at = 0; good && at < text.len; at += 4)
        good = read_four(out, text.at + at, at + 4 == text.len ? padding : 0);
    if (!good)
        out->len = before;
    return good;
}
