#include "mail/mime.h"

#include "base/eight.h"
#include "mail/charset.h"
#include "mail/header.h"

/* In place; a run of CRs in front of LF is one line end, as some gateways write it. */
static size_t end_lines(char *at, size_t len)
{
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        const char *cr = memchr(at + i, '\r', len - i);
        size_t plain = cr ? (size_t)(cr - at) - i : len - i, run = 0;
        if (used != i)
            memmove(at + used, at + i, plain);
        used += plain;
        i += plain;
        while (i + run < len && at[i + run] == '\r')
            run++;
        i += run;
        if (run == 0 || (i < len && at[i] == '\n'))
            continue;
        memset(at + used, '\n', run);
        used += run;
    }
    return used;
}

bool mime_lines(struct slice text, struct arena *arena, struct slice *lines_r)
{
    *lines_r = text;
    if (slice_find(text, '\r', 0) == SLICE_NONE)
        return true;
    char *copy = arena_text(arena, text.len);
    if (!copy)
        return false;
    memcpy(copy, text.at, text.len);
    *lines_r = slice_of(copy, end_lines(copy, text.len));
    return true;
}

/* The value that *rest_r begins with; *rest_r then stands behind the next semicolon. */
static struct slice take_value(struct slice *rest_r)
{
    struct slice rest = slice_trim(*rest_r);
    bool is_quoted = rest.len && rest.at[0] == '"';
    size_t begin = is_quoted, end = begin;
    while (end < rest.len &&
           (is_quoted ? rest.at[end] != '"' : rest.at[end] != ';' && !ascii_is_space(rest.at[end])))
        end += is_quoted && rest.at[end] == '\\' ? 2 : 1;
    if (end > rest.len)
        end = rest.len;
    size_t next = slice_find(rest, ';', end);
    *rest_r = next == SLICE_NONE ? slice_from(rest, rest.len) : slice_from(rest, next + 1);
    return slice_of(rest.at + begin, end - begin);
}

struct slice mime_parameter(struct slice body, struct slice name)
{
    struct slice first;
    slice_split(&body, ';', &first);
    while (body.len) {
        size_t equals = slice_find(body, '=', 0);
        if (equals == SLICE_NONE)
            break;
        struct slice key = slice_trim(slice_head(body, equals));
        body = slice_from(body, equals + 1);
        struct slice value = take_value(&body);
        if (slice_ieq(key, name))
            return value;
    }
    return (struct slice){"", 0};
}

static void read_part(struct slice text, struct mime_part *p)
{
    const struct slice none = {"", 0};
    struct slice rest = text, line;
    struct header_field f;
    p->content = p->encoding = none;
    while (header_next(&rest, &f)) {
        if (p->content.len == 0 && slice_ieq(f.name, SLICE("Content-Type")))
            p->content = f.body;
        else if (p->encoding.len == 0 && slice_ieq(f.name, SLICE("Content-Transfer-Encoding")))
            p->encoding = slice_trim(f.body);
    }
    p->header = slice_head(text, text.len - rest.len);
    p->body = rest;
    if (slice_line(&rest, &line) && line.len == 0)
        p->body = rest;
    p->type = slice_trim(slice_head(p->content, slice_find(p->content, ';', 0)));
    if (p->type.len == 0)
        p->type = SLICE("text/plain"); /* RFC 2045 5.2 */
}

enum delimiter { DELIMITER_NONE, DELIMITER_NEXT, DELIMITER_LAST };

static enum delimiter delimiter_in(struct slice line, struct slice boundary)
{
    if (!slice_starts(line, SLICE("--")) || !slice_starts(slice_from(line, 2), boundary))
        return DELIMITER_NONE;
    struct slice tail = slice_trim(slice_from(line, 2 + boundary.len));
    if (tail.len == 0)
        return DELIMITER_NEXT;
    return slice_eq(tail, SLICE("--")) ? DELIMITER_LAST : DELIMITER_NONE;
}

/* What stands before the next delimiter, without the line end that belongs to it (RFC 2046 5.1.1);
 * all that is left where the closing one was cut off. */
static bool take_piece(struct mime_frame *f, struct slice *piece_r)
{
    const struct slice whole = f->rest;
    size_t before = SLICE_NONE; /* the end of the line before */
    if (f->is_over)
        return false;
    do {
        size_t at = before + 1; /* 0 for the first line */
        struct slice rest = slice_from(whole, at), line;
        enum delimiter found =
            slice_line(&rest, &line) ? delimiter_in(line, f->boundary) : DELIMITER_NONE;
        if (found != DELIMITER_NONE) {
            *piece_r = slice_head(whole, at ? before : 0);
            f->rest = rest;
            f->is_over = found == DELIMITER_LAST;
            return true;
        }
        before = slice_find_pair(whole, '\n', '-', at);
    } while (before != SLICE_NONE);
    *piece_r = f->rest;
    f->is_over = true;
    return true;
}

/* A delimiter by its looks, for a multipart whose boundary is told wrong: `--` and more, in front
 * of a part's header. */
static struct slice boundary_by_looks(struct slice body)
{
    struct slice line, next, rest = body;
    while (slice_line(&rest, &line)) {
        struct slice behind = rest;
        if (line.len > 4 && slice_starts(line, SLICE("--")) && slice_line(&behind, &next) &&
            slice_istarts(next, SLICE("Content-")))
            return slice_from(line, 2);
    }
    return (struct slice){"", 0};
}

static bool begin_frame(struct mime_frame *f, struct slice body, struct slice boundary)
{
    struct slice preamble;
    *f = (struct mime_frame){.rest = body, .boundary = boundary};
    return boundary.len > 0 && take_piece(f, &preamble) && preamble.len < body.len;
}

static void open_multipart(struct mime_walk *w, const struct mime_part *p)
{
    if (!slice_istarts(p->type, SLICE("multipart/")) || w->depth == MIME_DEPTH_MAX)
        return;
    struct mime_frame *f = &w->frames[w->depth];
    if (begin_frame(f, p->body, mime_parameter(p->content, SLICE("boundary"))) ||
        begin_frame(f, p->body, boundary_by_looks(p->body)))
        w->depth++;
}

void mime_begin(struct mime_walk *w, struct slice message)
{
    *w = (struct mime_walk){.message = message};
}

bool mime_next(struct mime_walk *w, struct mime_part *part_r)
{
    struct slice piece = w->message;
    if (w->parts == MIME_PARTS_MAX)
        return false;
    while (w->parts > 0 && w->depth > 0 && !take_piece(&w->frames[w->depth - 1], &piece))
        w->depth--;
    if (w->parts > 0 && w->depth == 0)
        return false;
    w->parts++;
    read_part(piece, part_r);
    part_r->is_cut = piece.at + piece.len == w->message.at + w->message.len;
    open_multipart(w, part_r);
    return true;
}

static int hex_digit(char c)
{
    char lower = ascii_lower(c);
    if (ascii_is_digit(c))
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The bytes of a soft line break behind its `=`, with the blanks that transport may have added
 * (RFC 2045 6.7); 0 when it is none. */
static size_t soft_break(struct slice rest)
{
    size_t at = 0;
    while (at < rest.len && (rest.at[at] == ' ' || rest.at[at] == '\t'))
        at++;
    size_t end = at;
    if (end < rest.len && rest.at[end] == '\r')
        end++;
    if (end < rest.len && rest.at[end] == '\n')
        end++;
    return end > at ? end : 0;
}

static void write_quoted(struct buf *out, struct slice body)
{
    while (body.len) {
        size_t equals = slice_find(body, '=', 0);
        buf_add(out, slice_head(body, equals));
        if (equals == SLICE_NONE)
            return;
        struct slice next = slice_from(body, equals + 1);
        size_t taken = soft_break(next);
        bool is_pair = next.len > 1 && hex_digit(next.at[0]) >= 0 && hex_digit(next.at[1]) >= 0;
        if (is_pair) {
            buf_add_char(out, (char)(hex_digit(next.at[0]) * 16 + hex_digit(next.at[1])));
            taken = 2;
        } else if (!taken) {
            buf_add_char(out, '=');
        }
        body = slice_from(next, taken);
    }
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What is no digit is passed over (RFC 2045 6.8). */
static void write_base64(struct buf *out, struct slice body)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < body.len && body.at[i] != '='; i++) {
        int digit = base64_digit(body.at[i]);
        if (digit < 0)
            continue;
        bits = (bits << 6 | (uint32_t)digit) & 0xffffffU;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        buf_add_char(out, (char)(bits >> count & 0xffU));
    }
}

/* The bytes from `from` on as UTF-8, in place: they move to the end of the room that three times as
 * many need, so what is written never reaches what is read. */
static void convert(struct buf *b, size_t from, struct charset set)
{
    size_t len = b->len - from;
    if (!buf_reserve(b, 2 * len))
        return;
    memmove(b->at + from + 2 * len, b->at + from, len);
    struct slice text = slice_of(b->at + from + 2 * len, len);
    b->len = from;
    charset_write(b, text, set);
}

/* Bytes over 127, ESC (ISO 2022) and NUL (UTF-16) need a look; eight at a time. */
static bool is_all_ascii(struct slice s)
{
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        if (eight_load(s.at + i) & EIGHT_TOPS)
            return false;
    }
    for (; i < s.len; i++)
        if ((unsigned char)s.at[i] > 0x7f)
            return false;
    return slice_find(s, '\x1b', 0) == SLICE_NONE && slice_find(s, '\0', 0) == SLICE_NONE;
}

bool mime_is_plain(const struct mime_part *part)
{
    struct slice charset = mime_parameter(part->content, SLICE("charset"));
    bool is_encoded = slice_ieq(part->encoding, SLICE("quoted-printable")) ||
                      slice_ieq(part->encoding, SLICE("base64"));
    return !is_encoded && slice_ifind_slice(charset, SLICE("utf-7"), 0) == SLICE_NONE &&
           is_all_ascii(part->body);
}

void mime_write_text(struct buf *out, const struct mime_part *part)
{
    size_t from = out->len;
    struct charset set = charset_of(mime_parameter(part->content, SLICE("charset")));
    if (slice_ieq(part->encoding, SLICE("quoted-printable")))
        write_quoted(out, part->body);
    else if (slice_ieq(part->encoding, SLICE("base64")))
        write_base64(out, part->body);
    else
        buf_add(out, part->body);
    if (out->failed || out->len == from)
        return;
    if (!is_all_ascii(slice_of(out->at + from, out->len - from)) || set.kind == CHARSET_UTF7)
        convert(out, from, set);
    if (out->failed)
        return;
    out->len = from + end_lines(out->at + from, out->len - from);
}
