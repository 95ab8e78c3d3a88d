#include "mail/dsn_inside.h"

enum { LINE_MAX_BYTES = 998, FOLD_AT = 76 };

bool dsn_is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] >= 0x80)
            return false;
    return true;
}

static char printable(char c)
{
    if (ascii_is_space(c))
        return ' ';
    return c > ' ' && c < 0x7f ? c : '?';
}

void dsn_add_field(struct buf *out, const char *name, struct slice value)
{
    size_t column = strlen(name) + 1;
    buf_add_str(out, name);
    buf_add_char(out, ':');
    for (struct slice word; slice_word(&value, &word);) {
        while (word.len) { /* a word of any length, in pieces that fit on a line */
            struct slice piece = slice_head(word, LINE_MAX_BYTES / 2);
            bool folds = column + 1 + piece.len > FOLD_AT && column > strlen(name) + 1;
            buf_add_str(out, folds ? "\r\n " : " ");
            for (size_t i = 0; i < piece.len; i++)
                buf_add_char(out, printable(piece.at[i]));
            column = (folds ? 1 : column + 1) + piece.len;
            word = slice_from(word, piece.len);
        }
    }
    buf_add_str(out, "\r\n");
}

static void add_hex(struct buf *out, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_add_char(out, '=');
    buf_add_char(out, digits[c >> 4]);
    buf_add_char(out, digits[c & 15]);
}

static void add_quoted_line(struct buf *out, struct slice line)
{
    size_t column = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];
        bool is_last_blank = i + 1 == line.len && ascii_is_space(line.at[i]);
        bool is_plain = ((c >= ' ' && c < 0x7f) || c == '\t') && c != '=' && !is_last_blank;
        size_t width = is_plain ? 1 : 3;
        if (column + width > FOLD_AT - 1) {
            buf_add_str(out, "=\r\n");
            column = 0;
        }
        if (is_plain)
            buf_add_char(out, (char)c);
        else
            add_hex(out, c);
        column += width;
    }
    buf_add_str(out, "\r\n");
}

void dsn_add_quoted(struct buf *out, struct slice text)
{
    for (struct slice line; slice_split(&text, '\n', &line);)
        add_quoted_line(out, line);
}

static void add_clean(struct buf *out, struct slice part)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = part.at[i];
        bool is_control = ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
        buf_add_char(out, is_control ? '?' : c);
    }
}

/* As many bytes as fit, cut at a blank if there is one. */
static size_t fold_length(struct slice line)
{
    if (line.len <= LINE_MAX_BYTES)
        return line.len;
    for (size_t i = LINE_MAX_BYTES - 1; i > LINE_MAX_BYTES / 2; i--)
        if (line.at[i] == ' ' || line.at[i] == '\t')
            return i;
    return LINE_MAX_BYTES - 1;
}

void dsn_add_headers(struct buf *out, struct slice text)
{
    for (struct slice line; slice_line(&text, &line);) {
        for (bool is_first = true; is_first || line.len; is_first = false) {
            size_t len = fold_length(line);
            /* a fold begins with a blank: the line's own, or one of ours */
            if (!is_first && line.at[0] != ' ' && line.at[0] != '\t') {
                buf_add_char(out, ' ');
                len = len == LINE_MAX_BYTES ? len - 1 : len;
            }
            add_clean(out, slice_head(line, len));
            buf_add_str(out, "\r\n");
            line = slice_from(line, len);
        }
    }
}

void dsn_add_lines(struct buf *out, struct slice text)
{
    for (struct slice line; slice_line(&text, &line);) {
        buf_add(out, line);
        buf_add_str(out, "\r\n");
    }
}

bool dsn_lines_are_fit(struct slice text)
{
    for (struct slice line; slice_line(&text, &line);)
        if (line.len > LINE_MAX_BYTES || slice_find(line, '\0', 0) != SLICE_NONE ||
            slice_find(line, '\r', 0) != SLICE_NONE)
            return false;
    return true;
}
