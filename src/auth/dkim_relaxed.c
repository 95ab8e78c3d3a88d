#include "auth/dkim_relaxed.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(struct slice s, size_t at)
{
    return s.at[at] == '\r' && at + 1 < s.len && s.at[at + 1] == '\n';
}

void dkim_relax_field(struct buf *out, struct slice field)
{
    size_t colon = slice_find(field, ':', 0);
    struct slice name = slice_trim(slice_head(field, colon));
    bool is_begun = false, has_space = false;
    for (size_t i = 0; i < name.len; i++)
        buf_add_char(out, ascii_lower(name.at[i]));
    buf_add_char(out, ':');
    for (size_t i = colon == SLICE_NONE ? field.len : colon + 1; i < field.len; i++) {
        if (is_line_end(field, i)) {
            i++;
            continue;
        }
        if (is_blank(field.at[i])) {
            has_space = is_begun;
            continue;
        }
        if (has_space)
            buf_add_char(out, ' ');
        buf_add_char(out, field.at[i]);
        is_begun = true;
        has_space = false;
    }
}

void dkim_body_begin(struct dkim_body *b, dkim_sink *sink, void *ctx)
{
    b->sink = sink;
    b->ctx = ctx;
    b->empty_lines = 0;
    b->has_cr = b->has_space = b->is_in_line = b->is_simple = b->has_any = false;
    b->len = 0;
}

void dkim_body_begin_simple(struct dkim_body *b, dkim_sink *sink, void *ctx)
{
    dkim_body_begin(b, sink, ctx);
    b->is_simple = true;
}

static void flush(struct dkim_body *b)
{
    if (b->len)
        b->sink(b->ctx, slice_of(b->storage, b->len));
    b->len = 0;
}

static void give(struct dkim_body *b, char c)
{
    if (b->len == sizeof(b->storage))
        flush(b);
    b->storage[b->len++] = c;
}

static void give_line_end(struct dkim_body *b)
{
    give(b, '\r');
    give(b, '\n');
}

static void end_line(struct dkim_body *b)
{
    b->has_space = false;
    if (b->is_in_line)
        give_line_end(b);
    else
        b->empty_lines++;
    b->is_in_line = false;
}

/* A byte that stays, with what was kept back before it. */
static void add_byte(struct dkim_body *b, char c)
{
    for (; b->empty_lines; b->empty_lines--)
        give_line_end(b);
    if (b->has_space)
        give(b, ' ');
    give(b, c);
    b->has_space = false;
    b->is_in_line = b->has_any = true;
}

void dkim_body_add(struct dkim_body *b, struct slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        char c = in.at[i];
        if (b->has_cr) {
            b->has_cr = false;
            if (c == '\n') {
                end_line(b);
                continue;
            }
            add_byte(b, '\r');
        }
        if (c == '\r')
            b->has_cr = true;
        else if (is_blank(c) && !b->is_simple)
            b->has_space = true;
        else
            add_byte(b, c);
    }
}

void dkim_body_end(struct dkim_body *b)
{
    /* a last line without its end gets one on the wire; where half of it is there, the other half
     */
    if (b->is_in_line || b->has_cr)
        end_line(b);
    if (b->is_simple && !b->has_any)
        give_line_end(b);
    b->has_cr = false;
    flush(b);
}
