#include "reply/grammar.h"

void reply_parser_init(struct reply_parser *p, const struct mem *mem)
{
    *p = (struct reply_parser){.line = 0};
    buf_init(&p->text, mem, REPLY_READ_TEXT_MAX + REPLY_READ_LINE_MAX);
}

void reply_parser_free(struct reply_parser *p)
{
    buf_free(&p->text);
}

bool reply_parser_in_reply(const struct reply_parser *p)
{
    return !p->done && (p->lines > 0 || p->text.len > 0);
}

static void start(struct reply_parser *p)
{
    buf_clear(&p->text);
    *p = (struct reply_parser){.text = p->text};
}

/* Three digits of a reply code, RFC 5321 4.2.1; 1yz is not used by SMTP. */
static uint16_t code_of(struct slice line)
{
    for (size_t i = 0; i < 3; i++)
        if (i >= line.len || !ascii_is_digit(line.at[i]))
            return 0;
    if (line.at[0] < '2' || line.at[0] > '5' || (line.len > 3 && ascii_is_digit(line.at[3])))
        return 0;
    return (uint16_t)((line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0'));
}

/* An enhanced code in front of the text, the same in every line (RFC 2034 4), is taken off. */
static struct slice strip_enhanced(struct reply_parser *p, struct slice text)
{
    struct enhanced e;
    size_t len = enhanced_prefix(text, &e);
    if (p->code / 100 == 3 || len == 0 || (len < text.len && !ascii_is_space(text.at[len])))
        return text;
    bool first = p->enhanced.class == 0;
    bool same = enhanced_eq(e, p->enhanced);
    if (!first && !same)
        return text;
    if (e.class != p->code / 100)
        p->oddities |= REPLY_ODD_ENHANCED;
    p->enhanced = e;
    text = slice_from(text, len);
    return text.len ? slice_from(text, 1) : text;
}

/* Takes code, hyphen or space off; *last_r: no line follows. False: no code in the first line. */
static bool take_code(struct reply_parser *p, struct slice *line_r, bool *last_r)
{
    uint16_t code = code_of(*line_r);
    *last_r = false;
    if (code == 0) {
        p->oddities |= REPLY_ODD_NO_CODE;
        return p->lines > 0;
    }
    if (p->code && p->code != code)
        p->oddities |= REPLY_ODD_CODES;
    p->code = code;
    *line_r = slice_from(*line_r, 3);
    *last_r = line_r->len == 0 || line_r->at[0] != '-';
    bool separated = line_r->len && (line_r->at[0] == '-' || ascii_is_space(line_r->at[0]));
    if (separated)
        *line_r = slice_from(*line_r, 1);
    else if (line_r->len)
        p->oddities |= REPLY_ODD_NO_SPACE;
    *line_r = strip_enhanced(p, *line_r);
    return true;
}

static void make_harmless(char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] == '\t')
            at[i] = ' ';
        else if ((unsigned char)at[i] < 0x20 || at[i] == 0x7F)
            at[i] = '?';
    }
}

/* The line's bytes lie raw at the end of text; what is left of them moves behind the earlier lines.
 */
static enum reply_read end_line(struct reply_parser *p)
{
    struct slice line = slice_from(buf_slice(&p->text), p->line);
    bool last, cr = line.len && line.at[line.len - 1] == '\r';
    line.len -= cr;
    if (!cr || slice_find(line, '\r', 0) != SLICE_NONE)
        p->oddities |= REPLY_ODD_LINE_END;
    if (!take_code(p, &line, &last))
        return REPLY_BAD;
    bool fits = p->line + line.len < REPLY_READ_TEXT_MAX;
    if (!fits)
        p->oddities |= REPLY_ODD_CUT;
    size_t to = p->line, len = fits ? line.len : 0;
    memmove(p->text.at + to, line.at, len);
    make_harmless(p->text.at + to, len);
    p->text.len = to + len;
    p->lines++;
    if (last)
        return REPLY_DONE;
    if (fits)
        buf_add_char(&p->text, '\n');
    p->line = p->text.len;
    return p->lines < REPLY_READ_LINES_MAX ? REPLY_MORE : REPLY_BAD;
}

static void add_bytes(struct reply_parser *p, struct slice bytes)
{
    size_t have = p->text.len - p->line;
    size_t room = REPLY_READ_LINE_MAX - have;
    if (bytes.len > room)
        p->oddities |= REPLY_ODD_CUT;
    buf_add(&p->text, slice_head(bytes, room));
}

/* Finished: the text without the LF that lines left out may have left behind. */
static struct reply finished(struct reply_parser *p)
{
    struct slice text = buf_slice(&p->text);
    while (text.len && text.at[text.len - 1] == '\n')
        text.len--;
    p->done = true;
    return (struct reply){.code = p->code, .enhanced = p->enhanced, .text = text};
}

static enum reply_read bad(struct reply_parser *p)
{
    p->bad = true;
    return REPLY_BAD;
}

enum reply_read reply_parser_feed(struct reply_parser *p, struct slice *in_r, struct reply *reply_r)
{
    if (p->done)
        start(p);
    while (in_r->len && !p->bad) {
        size_t end = slice_find(*in_r, '\n', 0);
        add_bytes(p, slice_head(*in_r, end));
        if (p->text.failed)
            return bad(p);
        if (end == SLICE_NONE) {
            *in_r = slice_from(*in_r, in_r->len);
            return REPLY_MORE;
        }
        *in_r = slice_from(*in_r, end + 1);
        enum reply_read got = end_line(p);
        if (got == REPLY_BAD)
            return bad(p);
        if (got == REPLY_DONE) {
            *reply_r = finished(p);
            return REPLY_DONE;
        }
    }
    return p->bad ? REPLY_BAD : REPLY_MORE;
}
