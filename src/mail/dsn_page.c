#include "mail/dsn_page.h"

#include "base/utf8.h"

enum { WIDTH = 72, LINE_INDENT = 4, WIDE_FROM = 0xe3 };

/* ---- plain ---- */

/* Lead bytes from U+3000 on: the writing of East Asia, two columns wide, without blanks. */
static bool is_wide(struct slice s, size_t at)
{
    unsigned char c = (unsigned char)s.at[at];
    return c >= WIDE_FROM && c < 0xf0 && utf8_char(s, at) == 3;
}

/* Columns, not bytes. */
static size_t width_of(struct slice word)
{
    size_t width = 0;
    for (size_t at = 0, step; at < word.len; at += step) {
        step = utf8_char(word, at);
        width += step && is_wide(word, at) ? 2 : 1;
        step = step ? step : 1;
    }
    return width;
}

/* Marks that never begin a line (JIS X 4051 calls that kinsoku). */
static bool is_closing(struct slice s, size_t at)
{
    static const struct slice marks[] = {SLICE_INIT("\xe3\x80\x81"), SLICE_INIT("\xe3\x80\x82"),
                                         SLICE_INIT("\xe3\x83\xbc"), SLICE_INIT("\xe3\x83\xa3"),
                                         SLICE_INIT("\xe3\x83\xa5"), SLICE_INIT("\xe3\x83\xa7"),
                                         SLICE_INIT("\xe3\x83\x83")};
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (slice_starts(slice_from(s, at), marks[i]))
            return true;
    return false;
}

/* The next piece that stays on one line, off the front of *word. */
static struct slice take_piece(struct slice *word)
{
    size_t at = 0;
    if (is_wide(*word, 0))
        for (at = 3; at < word->len && is_wide(*word, at) && is_closing(*word, at);)
            at += 3;
    else
        while (at < word->len && !is_wide(*word, at))
            at++;
    struct slice piece = slice_head(*word, at);
    *word = slice_from(*word, at);
    return piece;
}

static void indent(struct buf *out, size_t by)
{
    while (by--)
        buf_add_char(out, ' ');
}

/* A paragraph; on its first line stand `by` columns already, the others are indented so far. */
static void wrap(struct buf *out, struct slice text, size_t by)
{
    size_t column = by;
    for (struct slice word; slice_word(&text, &word);) {
        for (bool has_blank = column > by; word.len; has_blank = false) {
            struct slice piece = take_piece(&word);
            size_t width = width_of(piece);
            if (column > by && column + has_blank + width > WIDTH) {
                buf_add_char(out, '\n');
                indent(out, by);
                column = by;
            } else if (has_blank) {
                buf_add_char(out, ' ');
                column++;
            }
            utf8_add_harmless(out, piece);
            column += width;
        }
    }
    buf_add_char(out, '\n');
}

/* ---- HTML ---- */

static void add_html(struct buf *out, struct slice text)
{
    for (size_t from = 0, at = 0; at <= text.len; at++) {
        const char *name = NULL;
        if (at < text.len && text.at[at] == '<')
            name = "&lt;";
        else if (at < text.len && text.at[at] == '>')
            name = "&gt;";
        else if (at < text.len && text.at[at] == '&')
            name = "&amp;";
        if (!name && at < text.len)
            continue;
        utf8_add_harmless(out, slice_of(text.at + from, at - from));
        buf_add_str(out, name ? name : "");
        from = at + 1;
    }
}

static void add_element(struct buf *out, const char *name, struct slice text)
{
    buf_addf(out, "<%s>", name);
    for (struct slice word, rest = text; slice_word(&rest, &word);) {
        add_html(out, word);
        buf_add_str(out, rest.len ? "\n" : ""); /* short lines, as in the plain part */
    }
    buf_addf(out, "</%s>\n", name);
}

/* ---- both ---- */

static void end_list(struct dsn_page *p)
{
    if (p->steps && p->is_html)
        buf_add_str(p->out, "</ol>\n");
    p->steps = 0;
}

void dsn_page_begin(struct dsn_page *p, struct slice language)
{
    if (p->is_html)
        buf_addf(p->out,
                 "<!DOCTYPE html>\n<html lang=\"%.*s\">\n<head><meta charset=\"utf-8\"></head>\n"
                 "<body style=\"font-family: sans-serif; max-width: 40em\">\n",
                 SLICE_ARG(language));
}

void dsn_page_end(struct dsn_page *p)
{
    end_list(p);
    if (p->is_html)
        buf_add_str(p->out, "</body>\n</html>\n");
}

void dsn_page_heading(struct dsn_page *p, struct slice text)
{
    end_list(p);
    if (p->is_html) {
        add_element(p->out, "h3", text);
        return;
    }
    buf_add_char(p->out, '\n');
    utf8_add_harmless(p->out, text);
    buf_add_char(p->out, '\n');
}

void dsn_page_paragraph(struct dsn_page *p, struct slice text)
{
    end_list(p);
    if (p->is_html)
        add_element(p->out, "p", text);
    else
        wrap(p->out, text, 0);
}

void dsn_page_step(struct dsn_page *p, struct slice text)
{
    if (p->is_html) {
        buf_add_str(p->out, p->steps ? "" : "<ol>\n");
        add_element(p->out, "li", text);
    } else {
        buf_addf(p->out, "%zu. ", p->steps + 1);
        wrap(p->out, text, 3);
    }
    p->steps++;
}

void dsn_page_begin_lines(struct dsn_page *p)
{
    end_list(p);
    if (p->is_html)
        buf_add_str(p->out, "<pre>\n");
}

void dsn_page_line_behind(struct dsn_page *p, struct slice before, struct slice text)
{
    indent(p->out, p->is_html ? 0 : LINE_INDENT);
    buf_add(p->out, before);
    if (p->is_html)
        add_html(p->out, text);
    else
        utf8_add_harmless(p->out, text);
    buf_add_char(p->out, '\n');
}

void dsn_page_line(struct dsn_page *p, struct slice text)
{
    dsn_page_line_behind(p, SLICE(""), text);
}

void dsn_page_end_lines(struct dsn_page *p)
{
    if (p->is_html)
        buf_add_str(p->out, "</pre>\n");
}

void dsn_page_gap(struct dsn_page *p)
{
    if (!p->is_html)
        buf_add_char(p->out, '\n');
}
