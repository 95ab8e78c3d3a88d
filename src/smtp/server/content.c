#include "smtp/server/content.h"

static const struct slice hop_field = SLICE_INIT("received:");

void content_begin(struct content *c, uint64_t size_max, size_t line_max, uint32_t hops_max)
{
    *c = (struct content){.size_max = size_max,
                          .line_max = line_max,
                          .hops_max = hops_max,
                          .in_header = true,
                          .line = 1};
}

/* What no text may have is met. False: it may stand here. */
static bool is_flaw(struct content *c)
{
    bool may_be = c->is_binary && !c->in_header;
    c->needs_binary = c->needs_binary || may_be;
    return !may_be;
}

static void note_bare(struct content *c, enum content_flaw which)
{
    if ((c->flaws & (CONTENT_BARE_LF | CONTENT_BARE_CR)) || !is_flaw(c))
        return;
    c->flaws |= which;
    c->bare_line = c->line;
}

/* Counts Received: fields, byte for byte: they may be cut anywhere. */
static void note_header(struct content *c, struct slice in)
{
    for (size_t i = 0; i < in.len && c->line_len + i == c->hop_matched; i++) {
        if (ascii_lower(in.at[i]) != hop_field.at[c->hop_matched])
            return;
        if (++c->hop_matched < hop_field.len)
            continue;
        c->hops++;
        if (c->hops_max && c->hops > c->hops_max)
            c->flaws |= CONTENT_LOOP;
        return;
    }
}

/* Bytes of a line, without the CR LF that ends it. */
static void note_text(struct content *c, struct slice in)
{
    if (c->in_header && c->hop_matched < hop_field.len)
        note_header(c, in);
    for (size_t i = 0; c->in_header && !c->has_8bit_header && i < in.len; i++)
        c->has_8bit_header = (unsigned char)in.at[i] >= 0x80;
    if (!(c->flaws & CONTENT_NUL) && slice_find(in, '\0', 0) != SLICE_NONE && is_flaw(c)) {
        c->flaws |= CONTENT_NUL;
        c->nul_line = c->line;
    }
    c->line_len += in.len;
    if (c->line_len > c->line_max && !(c->flaws & CONTENT_LINE_TOO_LONG) && is_flaw(c)) {
        c->flaws |= CONTENT_LINE_TOO_LONG;
        c->long_line = c->line;
    }
}

static void note_line_end(struct content *c)
{
    c->after_bare_lf = false;
    if (c->line_len == 0)
        c->in_header = false;
    c->line++;
    c->line_len = 0;
    c->hop_matched = 0;
    c->place = PLACE_LINE_START;
}

/* The rest of a line that has no LF in this piece. */
static void take_unended(struct content *c, struct slice in)
{
    size_t cr = slice_find(in, '\r', 0);
    if (cr != SLICE_NONE && cr < in.len - 1)
        note_bare(c, CONTENT_BARE_CR);
    bool ends_in_cr = in.at[in.len - 1] == '\r';
    note_text(c, slice_head(in, in.len - ends_in_cr));
    c->place = ends_in_cr ? PLACE_AFTER_CR : PLACE_IN_LINE;
}

/* A line's bytes up to an LF, which is the last of `in`. */
static void take_ended(struct content *c, struct slice in)
{
    size_t cr = slice_find(in, '\r', 0);
    if (cr != SLICE_NONE && cr + 2 < in.len)
        note_bare(c, CONTENT_BARE_CR);
    if (in.len >= 2 && in.at[in.len - 2] == '\r') {
        note_text(c, slice_head(in, in.len - 2));
        note_line_end(c);
    } else {
        note_bare(c, CONTENT_BARE_LF); /* and the line goes on */
        note_text(c, in);
        c->place = PLACE_IN_LINE;
    }
}

/* Not content: the first byte of a line that begins with it. */
static bool is_dot(const struct content *c, char next)
{
    return c->place == PLACE_LINE_START && next == '.' && !c->is_chunked;
}

/* The LF that ends in.at[lf] is to become CR LF. */
static bool is_to_be_mended(const struct content *c, struct slice in, size_t lf)
{
    return c->normalizes && !c->is_chunked && (lf == 0 || in.at[lf - 1] != '\r');
}

/* Whole lines and the start of the last, up to a dot at a line's start, or to an LF that is to be
 * mended. */
static size_t take_lines(struct content *c, struct slice in)
{
    size_t at = 0;
    while (at < in.len && !is_dot(c, in.at[at])) {
        size_t lf = slice_find(in, '\n', at);
        if (lf == SLICE_NONE) {
            take_unended(c, slice_from(in, at));
            return in.len;
        }
        if (is_to_be_mended(c, in, lf)) {
            if (lf > at)
                take_unended(c, slice_of(in.at + at, lf - at));
            return lf;
        }
        take_ended(c, slice_of(in.at + at, lf + 1 - at));
        at = lf + 1;
    }
    return at;
}

/* The byte behind a CR that ended the piece before. True if it is the LF, and taken. */
static bool take_after_cr(struct content *c, char next)
{
    if (next == '\n') {
        note_line_end(c);
        return true;
    }
    note_bare(c, CONTENT_BARE_CR);
    note_text(c, SLICE("\r"));
    c->place = PLACE_IN_LINE;
    return false;
}

/* What stands behind a dot at a line's start. The dot is stuffing and stays away. */
static size_t take_after_dot(struct content *c, char next, bool *end_r)
{
    if (c->place == PLACE_AFTER_DOT && next == '\r') {
        c->place = PLACE_AFTER_DOT_CR;
        return 1;
    }
    if (c->place == PLACE_AFTER_DOT_CR) {
        *end_r = next == '\n';
        if (*end_r)
            return 1;
        note_bare(c, CONTENT_BARE_CR);
        note_text(c, SLICE("\r"));
    }
    c->place = PLACE_IN_LINE;
    return 0;
}

/* An LF without CR in front of it, as old devices send it, becomes a whole line end. */
static size_t mend(struct content *c, struct slice *body_r)
{
    *body_r = SLICE("\r\n");
    c->size += body_r->len;
    note_line_end(c);
    c->after_bare_lf = true;
    return 1;
}

size_t content_take(struct content *c, struct slice in, struct slice *body_r, bool *end_r)
{
    size_t used = 0;
    *body_r = slice_head(in, 0);
    *end_r = false;
    if (is_dot(c, in.at[0])) {
        c->place = c->after_bare_lf ? PLACE_IN_LINE : PLACE_AFTER_DOT;
        used = 1;
    }
    while (used < in.len && (c->place == PLACE_AFTER_DOT || c->place == PLACE_AFTER_DOT_CR)) {
        size_t taken = take_after_dot(c, in.at[used], end_r);
        used += taken;
        if (*end_r)
            return used;
    }
    bool is_lf = used == 0 && in.at[0] == '\n' && c->place != PLACE_AFTER_CR;
    if (is_lf && is_to_be_mended(c, in, 0))
        return mend(c, body_r);
    size_t begin = used;
    if (used < in.len && c->place == PLACE_AFTER_CR)
        used += take_after_cr(c, in.at[used]);
    used += take_lines(c, slice_from(in, used));
    *body_r = slice_of(in.at + begin, used - begin);
    c->size += body_r->len;
    if (c->size_max && c->size > c->size_max)
        c->flaws |= CONTENT_TOO_LARGE;
    return used;
}

void content_end(struct content *c)
{
    if (c->place == PLACE_AFTER_CR)
        note_bare(c, CONTENT_BARE_CR);
    if (c->place != PLACE_LINE_START && c->is_binary)
        c->needs_binary = true; /* as text it would be given a last line's end */
}
