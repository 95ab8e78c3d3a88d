#include "base/wire.h"

void wire_add_u64(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_add_char(out, (char)(value | 0x80));
    buf_add_char(out, (char)value);
}

void wire_add_slice(struct buf *out, struct slice s)
{
    wire_add_u64(out, s.len);
    buf_add(out, s);
}

static uint64_t fail(struct wire *w)
{
    w->bad = true;
    w->rest.len = 0;
    return 0;
}

uint64_t wire_u64(struct wire *w, uint64_t most)
{
    uint64_t value = 0;
    for (unsigned shift = 0; w->rest.len && shift < 64; shift += 7) {
        uint64_t byte = (unsigned char)w->rest.at[0];
        w->rest = slice_from(w->rest, 1);
        if (shift == 63 && byte > 1)
            break; /* more than 64 bits */
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value <= most ? value : fail(w);
    }
    return fail(w);
}

struct slice wire_slice(struct wire *w, size_t most)
{
    size_t len = (size_t)wire_u64(w, most);
    if (len > w->rest.len)
        fail(w);
    struct slice s = slice_head(w->rest, len);
    w->rest = slice_from(w->rest, s.len);
    return s;
}

bool wire_is_done(const struct wire *w)
{
    return !w->bad && w->rest.len == 0;
}
