/* The pieces of a reply's text: words, and the things that only look like words. Addresses, URLs
 * and host names hold anything their owners like ("mailboxfull@…"), so nothing may be read out of
 * them as if the server had said it. */
#ifndef CANDOR_REPLY_TOKEN_H
#define CANDOR_REPLY_TOKEN_H

#include "base/eight.h"
#include "base/slice.h"

enum token_kind {
    TOKEN_WORD,    /* no white space, no brackets, quotes, commas or semicolons in it */
    TOKEN_FOREIGN, /* a run of bytes over 127 */
    TOKEN_ADDRESS, /* local@domain */
    TOKEN_IP,      /* 192.0.2.1, 2001:db8::1 */
    TOKEN_URL,     /* https://…, www.…, host/path */
    TOKEN_HOST,    /* a dotted name that ends in a plausible top-level domain */
};

/* What a byte is, and what it tells of the run of bytes that it stands in. */
enum token_byte {
    TOKEN_SEPARATOR = 1,
    TOKEN_OVER_127 = 2,
    TOKEN_HAS_AT = 4,
    TOKEN_HAS_DOT = 8,
    TOKEN_HAS_COLON = 16,
    TOKEN_IN_DOMAIN = 32, /* may stand in a host name */
    TOKEN_IN_HEX = 64,    /* with colons, an IPv6 address */
    TOKEN_HAS_DIGIT = 128,
    TOKEN_HAS_OTHER = 256, /* neither letter nor digit */
    TOKEN_HAS_BREAK = 512, /* behind which something may begin: `:`, `=`, `/` */
    /* Only with one of these a run can be anything else than words. */
    TOKEN_MAY_BE_SPECIAL = TOKEN_HAS_AT | TOKEN_HAS_DOT | TOKEN_HAS_COLON,
};
extern const uint16_t token_bytes[256];

struct token {
    enum token_kind kind;
    struct slice text;
    bool glued;    /* nothing stood between this one and the one before */
    uint16_t seen; /* in the run that it is taken from: TOKEN_HAS_DIGIT, TOKEN_HAS_OTHER */
};

/* Takes the next token off the front of *rest_r; false when none is left. Every byte of the text is
 * in a token or is a separator. */
static inline bool token_next(struct slice *rest_r, struct token *token_r);

/* ---- most tokens are plain words: they are found without a call ---- */

/* The token at the start of a run that may be special; `all` is the text from there on. */
void token_of_run(struct slice run, unsigned seen, struct slice all, struct token *token_r);

static inline unsigned token_byte(char c)
{
    return token_bytes[(unsigned char)c];
}

/* A letter or a digit of ASCII; by the table, for loops over whole texts. */
static inline bool token_is_alnum(char c)
{
    return !(token_byte(c) & (TOKEN_SEPARATOR | TOKEN_OVER_127 | TOKEN_HAS_OTHER));
}

/* Letters at the start, perhaps not all of them: such a run is a word, and most are. */
static inline size_t token_letters(struct slice s)
{
    size_t at = 0;
    while (s.len - at >= 8) {
        uint64_t other = eight_no_letters(eight_load(s.at + at));
        if (other)
            return at + eight_first(other);
        at += 8;
    }
    return at;
}

static inline bool token_next(struct slice *rest_r, struct token *token_r)
{
    const char *begin = rest_r->at, *end = begin + rest_r->len, *at;
    unsigned seen = 0, class = 0;
    while (begin < end && ((class = token_byte(*begin)) & TOKEN_SEPARATOR))
        begin++;
    token_r->glued = begin == rest_r->at;
    *rest_r = slice_of(begin, (size_t)(end - begin));
    if (begin == end)
        return false;
    unsigned stop =
        class & TOKEN_OVER_127 ? ~(unsigned)TOKEN_OVER_127 : TOKEN_SEPARATOR | TOKEN_OVER_127;
    at = begin + token_letters(*rest_r);
    for (; at < end && !((class = token_byte(*at)) & stop); at++)
        seen |= class;
    token_r->kind = seen & TOKEN_OVER_127 ? TOKEN_FOREIGN : TOKEN_WORD;
    token_r->seen = (uint16_t)(seen & (TOKEN_HAS_DIGIT | TOKEN_HAS_OTHER));
    token_r->text = slice_of(begin, (size_t)(at - begin));
    if (seen & TOKEN_MAY_BE_SPECIAL)
        token_of_run(token_r->text, seen, *rest_r, token_r);
    *rest_r = slice_from(*rest_r, token_r->text.len);
    return true;
}

#endif
