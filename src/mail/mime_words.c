/* Encoded words in header fields (RFC 2047). */
#include "mail/mime.h"

enum { WORD_MAX = 2000, CHARSET_MAX = 40 };

struct word {
    struct slice charset;
    struct slice text;
    bool is_base64;
    size_t len; /* all of it, `=?` to `?=` */
};

/* `=?charset?B?text?=` at the front; a language behind `*` (RFC 2231 5) is no part of the charset.
 */
static bool word_at(struct slice s, struct word *w_r)
{
    if (!slice_starts(s, SLICE("=?")))
        return false;
    size_t charset = slice_find(s, '?', 2);
    if (charset == SLICE_NONE || charset + 3 > s.len || s.at[charset + 2] != '?')
        return false;
    char how = ascii_lower(s.at[charset + 1]);
    size_t end = slice_find_slice(s, SLICE("?="), charset + 3);
    if (end == SLICE_NONE || end - charset > WORD_MAX || (how != 'b' && how != 'q'))
        return false;
    w_r->charset = slice_of(s.at + 2, charset - 2);
    w_r->charset = slice_head(w_r->charset, slice_find(w_r->charset, '*', 0));
    w_r->text = slice_of(s.at + charset + 3, end - charset - 3);
    w_r->is_base64 = how == 'b';
    w_r->len = end + 2;
    return true;
}

/* A word is a small body. */
static void write_word(struct buf *out, const struct word *w)
{
    char text[WORD_MAX], content[CHARSET_MAX + 16];
    struct buf type;
    memcpy(text, w->text.at, w->text.len);
    for (size_t i = 0; i < w->text.len && !w->is_base64; i++)
        if (text[i] == '_')
            text[i] = ' ';
    buf_init_fixed(&type, content, sizeof(content));
    buf_add_str(&type, "x; charset=");
    buf_add(&type, slice_head(w->charset, CHARSET_MAX));
    struct mime_part part = {
        .content = buf_slice(&type),
        .body = slice_of(text, w->text.len),
        .encoding = w->is_base64 ? SLICE("base64") : SLICE("quoted-printable"),
    };
    mime_write_text(out, &part);
}

void mime_write_words(struct buf *out, struct slice value)
{
    bool is_behind_word = false;
    while (value.len) {
        struct word w;
        size_t blank = 0;
        while (blank < value.len && ascii_is_space(value.at[blank]))
            blank++;
        if (word_at(slice_from(value, blank), &w)) {
            /* white space between two words is there for folding only */
            if (!is_behind_word)
                buf_add(out, slice_head(value, blank));
            write_word(out, &w);
            value = slice_from(value, blank + w.len);
            is_behind_word = true;
            continue;
        }
        size_t next = slice_find(value, '=', blank + (blank < value.len));
        size_t space = next;
        while (space != SLICE_NONE && space > blank && ascii_is_space(value.at[space - 1]))
            space--;
        buf_add(out, slice_head(value, space));
        value = slice_from(value, space == SLICE_NONE ? value.len : space);
        is_behind_word = false;
    }
}
