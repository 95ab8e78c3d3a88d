/* Reads replies off the wire, as bytes come (RFC 5321 4.2), and takes what is out there: lines
 * ended by LF, no space behind the code, codes that differ from line to line, lines without any
 * code. What was odd is told in `oddities`. One parser a connection; it reads one reply after the
 * other. */
#ifndef CANDOR_REPLY_GRAMMAR_H
#define CANDOR_REPLY_GRAMMAR_H

#include "reply/reply.h"

/* Longer lines lose their tail; more text than fits loses lines; more lines, and the reply is BAD.
 */
enum { REPLY_READ_LINE_MAX = 4096, REPLY_READ_TEXT_MAX = 16384, REPLY_READ_LINES_MAX = 1024 };

enum reply_read {
    REPLY_BAD = -1, /* this peer does not speak SMTP: close */
    REPLY_MORE = 0, /* all bytes are taken and the reply goes on */
    REPLY_DONE = 1
};

enum reply_oddity {
    REPLY_ODD_LINE_END = 1,  /* a line ended with a bare LF, or held a CR */
    REPLY_ODD_NO_SPACE = 2,  /* text follows the code at once */
    REPLY_ODD_CODES = 4,     /* the lines' codes differ: the last one counts */
    REPLY_ODD_NO_CODE = 8,   /* a line in the middle has no code: taken as text */
    REPLY_ODD_ENHANCED = 16, /* the enhanced code's class is not the first digit */
    REPLY_ODD_CUT = 32,      /* too long: text was left out */
};

struct reply_parser {
    struct buf text; /* finished lines without codes, LF between, then the raw unfinished line */
    size_t line;     /* where the unfinished line begins in text */
    size_t lines;    /* finished so far */
    bool done;       /* the text is the last reply's, until more is fed */
    bool bad;        /* for good */
    uint16_t code;
    struct enhanced enhanced;
    unsigned oddities; /* enum reply_oddity bits of this reply */
};

/* Costs nothing until the first byte; `mem` must outlive the parser. */
void reply_parser_init(struct reply_parser *p, const struct mem *mem);
void reply_parser_free(struct reply_parser *p);
/* Takes bytes off the front of *in_r, up to the end of one reply. After DONE *reply_r is the reply,
 * its text a view until the next call. Control characters in it are '?', tabs are spaces; bytes
 * over 127 are as they came. After BAD the parser takes nothing more. */
MUST_CHECK enum reply_read reply_parser_feed(struct reply_parser *p, struct slice *in_r,
                                             struct reply *reply_r);
/* Whether a reply has begun and lacks its end. */
bool reply_parser_in_reply(const struct reply_parser *p);

#endif
