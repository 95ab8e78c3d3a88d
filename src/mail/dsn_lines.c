#include "base/base64.h"
#include "base/utf8.h"
#include "mail/dsn_inside.h"

enum {
    LINE_MAX_BYTES = 998,
    FOLD_AT = 76,
    WORD_BYTES = 42 /* with its frame an encoded word has at most 75 (RFC 2047 2) */
};

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

/* Whole characters only (RFC 2047 5). */
static struct slice take_characters(struct slice *rest)
{
    size_t len = 0, step;
    while ((step = utf8_char(*rest, len)) > 0 && len + step <= WORD_BYTES)
        len += step;
    struct slice taken = slice_head(*rest, len ? len : 1);
    *rest = slice_from(*rest, taken.len);
    return taken;
}

void dsn_add_text_field(struct buf *out, const char *name, struct slice value)
{
    if (slice_is_ascii(value)) {
        dsn_add_field(out, name, value);
        return;
    }
    buf_addf(out, "%s:", name);
    for (bool is_first = true; value.len; is_first = false) {
        buf_add_str(out, is_first ? " =?utf-8?B?" : "\r\n =?utf-8?B?");
        base64_write(out, take_characters(&value));
        buf_add_str(out, "?=");
    }
    buf_add_str(out, "\r\n");
}

void dsn_add_base64(struct buf *out, struct slice text)
{
    enum { LINE_BYTES = 57 }; /* 76 characters */
    char storage[2 * LINE_BYTES];
    struct buf line;
    buf_init_fixed(&line, storage, sizeof(storage));
    for (size_t i = 0; i < text.len; i++) {
        /* a text's lines end in CR LF before they are encoded (RFC 2045 6.8) */
        buf_add(&line, text.at[i] == '\n' ? SLICE("\r\n") : slice_of(text.at + i, 1));
        bool is_last = i + 1 == text.len;
        while (line.len >= LINE_BYTES || (is_last && line.len)) {
            struct slice part = slice_head(buf_slice(&line), LINE_BYTES);
            base64_write(out, part);
            buf_add_str(out, "\r\n");
            buf_drop(&line, part.len);
        }
    }
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
