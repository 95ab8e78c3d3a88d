/* A reply: code, optional enhanced status code, lines of text (RFC 5321 4.2, RFC 3463, RFC 2034).
 * It stays data until reply_write: nothing in Candor reads its own text back. */
#ifndef CANDOR_REPLY_REPLY_H
#define CANDOR_REPLY_REPLY_H

#include "base/arena.h"
#include "base/buf.h"

/* RFC 3463 2: class "." subject "." detail. */
struct enhanced {
    uint8_t class; /* 2, 4, 5; 0: there is none */
    uint16_t subject;
    uint16_t detail;
};

/* Each situation in which Candor itself replies; the words are in situations.def. */
enum situation {
    SITUATION_NONE, /* of a reply that somebody else wrote */
#define SITUATION(id, code, class, subject, detail, text) SITUATION_##id,
#include "reply/situations.def"
#undef SITUATION
    SITUATION_COUNT
};

struct reply {
    uint16_t code;            /* 200..599 of our own; 0: none (the connection failed before any) */
    struct enhanced enhanced; /* class 0: none */
    struct slice text;        /* lines joined with LF, without codes; UTF-8 when we wrote it */
    enum situation situation; /* that it answers */
};

/* Most bytes of a reply line, CRLF and code included (RFC 5321 4.5.3.1.5). */
enum { REPLY_LINE_MAX = 512 };

/* The one place where a reply of ours is built. Each `{}` of the situation's text takes the next of
 * `args`; control characters in args become '?', over-long args are cut. The text lives in `arena`;
 * without room the reply is still valid, with the text unfilled. */
struct reply reply_make(enum situation id, struct arena *arena, const struct slice *args,
                        size_t count);
/* The same where the text has no `{}`: nothing is allocated. */
struct reply reply_plain(enum situation id);
/* The situation's codes with text of the caller's, borrowed, LF between lines: for HELP, STATUS and
 * the answer to EHLO. */
struct reply reply_lines(enum situation id, struct slice text);
/* `no-such-mailbox`, for logs; nothing for SITUATION_NONE. */
void situation_write(struct buf *out, enum situation id);
#define REPLY_MAKE(id, arena, ...)                                                                 \
    reply_make(id, arena, (const struct slice[]){__VA_ARGS__},                                     \
               sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))

/* Wire form: `code-text` lines, the enhanced code in each (RFC 2034 4), CRLF; lines longer than
 * REPLY_LINE_MAX are broken at a space. Control characters become '?', whatever wrote the text.
 * Code 0 writes nothing. */
void reply_write(struct buf *out, const struct reply *r);

/* 2 success, 3 intermediate, 4 transient, 5 permanent failure; 0 when there is no code. */
static inline int reply_severity(const struct reply *r)
{
    return r->code / 100;
}

static inline bool enhanced_eq(struct enhanced a, struct enhanced b)
{
    return a.class == b.class && a.subject == b.subject && a.detail == b.detail;
}

void enhanced_write(struct buf *out, struct enhanced e);
/* `5.7.26` and nothing else; class 2, 4 or 5, numbers of at most three digits. */
MUST_CHECK bool enhanced_parse(struct slice s, struct enhanced *e_r);
/* The length of the enhanced code that `s` starts with, whatever follows it; 0 when there is none.
 */
size_t enhanced_prefix(struct slice s, struct enhanced *e_r);

#endif
