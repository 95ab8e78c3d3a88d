/* The parts of a message (RFC 2045, RFC 2046), one after the other, however deep they lie: bounded
 * in depth and count, whatever the message claims. No recursion, nothing is copied. */
#ifndef CANDOR_MAIL_MIME_H
#define CANDOR_MAIL_MIME_H

#include "base/arena.h"
#include "base/buf.h"

/* Multiparts inside each other, and parts in all; what lies beyond is not read. */
enum { MIME_DEPTH_MAX = 8, MIME_PARTS_MAX = 100 };

struct mime_part {
    struct slice header;   /* as header_next takes it */
    struct slice body;     /* as it stands, still encoded */
    struct slice content;  /* body of Content-Type, or empty */
    struct slice encoding; /* of Content-Transfer-Encoding, or empty */
    struct slice type;     /* `text/plain`: of Content-Type, or what its absence means */
    bool is_cut;           /* ends with the message, without the delimiter that should follow */
};

/* A multipart that is open. */
struct mime_frame {
    struct slice rest;
    struct slice boundary;
    bool is_over;
};

struct mime_walk {
    struct slice message;
    struct mime_frame frames[MIME_DEPTH_MAX];
    size_t depth;
    size_t parts;
};

/* The text with LF for each CR LF and each CR alone, which is what everything here wants. A view of
 * `text` where that changes nothing, else a copy in `arena`; false without room. */
MUST_CHECK bool mime_lines(struct slice text, struct arena *arena, struct slice *lines_r);

void mime_begin(struct mime_walk *w, struct slice message);
/* The next part: the message itself first, then a multipart's parts behind the multipart. Messages
 * in parts (message/rfc822) are not opened. False when there are no more. */
bool mime_next(struct mime_walk *w, struct mime_part *part_r);

/* A parameter of a structured field's body, without its quotes; empty when it is not there. */
struct slice mime_parameter(struct slice body, struct slice name);

/* Whether the body is text as it stands, without anything to decode: plain ASCII. */
bool mime_is_plain(const struct mime_part *part);

/* Adds the body as text: quoted-printable and base64 decoded, in UTF-8 (see charset.h) with `?` for
 * what is not known to be a character, lines ended by LF. It takes at most three times the bytes of
 * the body. */
void mime_write_text(struct buf *out, const struct mime_part *part);

/* Adds a field's body with its encoded words (RFC 2047) resolved; the same room is enough. */
void mime_write_words(struct buf *out, struct slice value);

#endif
