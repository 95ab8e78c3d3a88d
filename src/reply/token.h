/* The pieces of a reply's text: words, and the things that only look like words. Addresses, URLs
 * and host names hold anything their owners like ("mailboxfull@…"), so nothing may be read out of
 * them as if the server had said it. */
#ifndef CANDOR_REPLY_TOKEN_H
#define CANDOR_REPLY_TOKEN_H

#include "base/slice.h"

enum token_kind {
    TOKEN_WORD,    /* no white space, no brackets, quotes, commas or semicolons in it */
    TOKEN_FOREIGN, /* a run of bytes over 127 */
    TOKEN_ADDRESS, /* local@domain */
    TOKEN_IP,      /* 192.0.2.1, 2001:db8::1 */
    TOKEN_URL,     /* https://…, www.…, host/path */
    TOKEN_HOST,    /* a dotted name that ends in a plausible top-level domain */
};

/* What stands in the run of bytes that a token is taken from, so perhaps in the token too. */
enum { TOKEN_HAS_DIGIT = 128, TOKEN_HAS_OTHER = 256 /* neither letter nor digit */ };

struct token {
    enum token_kind kind;
    struct slice text;
    bool glued; /* nothing stood between this one and the one before */
    uint16_t seen;
};

/* Takes the next token off the front of *rest_r; false when none is left. Every byte of the text is
 * in a token or is a separator. */
bool token_next(struct slice *rest_r, struct token *token_r);

#endif
