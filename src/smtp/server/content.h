/* The content of a message as it comes behind DATA (RFC 5321 4.1.1.4, 4.5.2): finds its end, takes
 * stuffed dots away, notices what may not be accepted. Only CR LF ends a line, only CR LF . CR LF
 * ends the content, whatever else is let pass. Nothing is copied: the bodies are views of the
 * input. */
#ifndef CANDOR_SMTP_SERVER_CONTENT_H
#define CANDOR_SMTP_SERVER_CONTENT_H

#include "base/slice.h"

/* Bits; lowest first is the order in which one of several is reported. */
enum content_flaw {
    CONTENT_BARE_LF = 1,
    CONTENT_BARE_CR = 2,
    CONTENT_TOO_LARGE = 4,
    CONTENT_LOOP = 8,
    CONTENT_LINE_TOO_LONG = 16,
    CONTENT_NUL = 32
};

/* Where the next byte stands. */
enum content_place {
    PLACE_LINE_START,
    PLACE_IN_LINE,
    PLACE_AFTER_CR,
    PLACE_AFTER_DOT,   /* the dot at a line's start is held back */
    PLACE_AFTER_DOT_CR /* and the CR behind it: LF would end the content */
};

struct content {
    uint64_t size_max; /* 0: no limit */
    size_t line_max;   /* bytes without CR LF */
    uint32_t hops_max; /* 0: no limit */
    bool normalizes;   /* a bare LF becomes CR LF; else it is a flaw. Not in chunks */
    bool is_chunked;   /* no dot is stuffing, nothing in it is its end (RFC 3030 2) */
    bool is_binary;    /* what is no text is no flaw behind the header (RFC 3030 3) */

    enum content_place place;
    bool after_bare_lf; /* the line before was ended by one: no dot here ends the content */
    bool in_header;
    bool has_8bit_header;
    bool needs_binary;   /* there was such */
    uint8_t hop_matched; /* bytes of this line that agree with `Received:` */
    uint32_t hops;       /* Received: fields so far */
    uint64_t size;       /* bytes of content, stuffed dots not counted */
    uint64_t line;       /* number of the current line, from 1 */
    size_t line_len;     /* its bytes so far */
    unsigned flaws;      /* enum content_flaw bits */
    /* the first lines with a bare line end, too long, and with a NUL */
    uint64_t bare_line, long_line, nul_line;
};

void content_begin(struct content *c, uint64_t size_max, size_t line_max, uint32_t hops_max);
/* Takes at least one byte of a non-empty `in` and returns how many. *body_r: the next bytes of
 * content, a view of `in`, maybe empty. *end_r: the content is whole. */
size_t content_take(struct content *c, struct slice in, struct slice *body_r, bool *end_r);
/* Of chunked content: no more comes. */
void content_end(struct content *c);

#endif
