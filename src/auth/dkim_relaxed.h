/* The forms, `relaxed` above all, in which DKIM hashes a message (RFC 6376 3.4.2, 3.4.4). Only CR
 * LF ends a line; a CR or LF alone is a character like others. */
#ifndef CANDOR_AUTH_DKIM_RELAXED_H
#define CANDOR_AUTH_DKIM_RELAXED_H

#include "base/buf.h"

/* Takes what is made; called with at least one byte. */
typedef void dkim_sink(void *ctx, struct slice bytes);

/* A field as it stands, with or without its last line end: name in lower case, folds opened, white
 * space made one space. Without a line end. */
void dkim_relax_field(struct buf *out, struct slice field);

struct dkim_body {
    dkim_sink *sink;
    void *ctx;
    uint64_t empty_lines; /* seen, and kept back: at the body's end they don't count */
    bool has_cr;          /* the last byte was CR, and is kept back */
    bool has_space;       /* white space is kept back: at a line's end it does not count */
    bool is_in_line;      /* something of this line was given out */
    bool is_simple;       /* white space stays, and what is empty is one empty line */
    bool has_any;         /* something was given out */
    size_t len;
    char storage[1024];
};

void dkim_body_begin(struct dkim_body *b, dkim_sink *sink, void *ctx);
/* The form `simple` (RFC 6376 3.4.3). */
void dkim_body_begin_simple(struct dkim_body *b, dkim_sink *sink, void *ctx);
/* Bytes of the body, cut anywhere. */
void dkim_body_add(struct dkim_body *b, struct slice in);
void dkim_body_end(struct dkim_body *b);

#endif
