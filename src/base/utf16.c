#include "base/utf16.h"

/* No character: half a pair, whose other half may follow. */
enum { NONE = 0x110000 };

bool utf16_begins(struct slice head, struct utf16 *t_r)
{
    *t_r = (struct utf16){.is_little = slice_starts(head, SLICE("\xff\xfe"))};
    return t_r->is_little || slice_starts(head, SLICE("\xfe\xff"));
}

static unsigned take_unit(struct utf16 *t, unsigned unit)
{
    bool is_high = (unit & 0xfc00) == 0xd800, is_low = (unit & 0xfc00) == 0xdc00;
    unsigned high = t->high;
    t->high = is_high ? unit : 0;
    if (is_high)
        return high ? '?' : NONE;
    if (is_low)
        return high ? 0x10000 + ((high & 0x3ff) << 10) + (unit & 0x3ff) : '?';
    return unit;
}

static size_t put(char *out, unsigned c)
{
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(leads[len] | c);
    return len;
}

size_t utf16_run(struct utf16 *t, struct slice *in, char *out, size_t room)
{
    enum { ROOM = 4 };
    size_t at = 0, used = 0;
    for (; at < in->len && room - used >= ROOM; at++) {
        unsigned byte = (unsigned char)in->at[at];
        t->is_half = !t->is_half;
        if (t->is_half) {
            t->first = byte;
            continue;
        }
        unsigned c = take_unit(t, t->is_little ? byte << 8 | t->first : t->first << 8 | byte);
        bool is_mark = !t->is_begun && c == 0xfeff;
        t->is_begun = true;
        if (c != NONE && !is_mark)
            used += put(out + used, c);
    }
    *in = slice_from(*in, at);
    return used;
}

bool utf16_is_whole(const struct utf16 *t)
{
    return !t->is_half && !t->high;
}

void utf16_add(struct buf *out, struct utf16 t, struct slice text)
{
    char piece[4096];
    while (text.len && !out->failed) {
        size_t used = utf16_run(&t, &text, piece, sizeof(piece));
        buf_add(out, slice_of(piece, used));
    }
}
