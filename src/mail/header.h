/* The header section of a message: its fields one by one, as they stand (RFC 5322 2.2). Nothing is
 * copied; lines may end in CR LF or in LF alone. */
#ifndef CANDOR_MAIL_HEADER_H
#define CANDOR_MAIL_HEADER_H

#include "base/buf.h"
#include "base/slice.h"

struct header_field {
    struct slice name;  /* without white space before the colon */
    struct slice body;  /* what follows the colon, folds included, without the last line end */
    struct slice whole; /* name to last line end */
};

/* Takes the next field off the front of *rest_r. False at the end of the header: an empty line, the
 * end of the text, or a line that is no field, with which the body begins although the empty line
 * was forgotten. *rest_r then begins there. Start with the whole message, or its first part. */
bool header_next(struct slice *rest_r, struct header_field *field_r);

/* The header section without the empty line that ends it, and where the body begins. */
struct slice header_section(struct slice message);
size_t header_body_at(struct slice message);

/* The first field of that name, in any case, unfolded by the caller; false if there is none. */
bool header_find(struct slice message, struct slice name, struct slice *body_r);
size_t header_count(struct slice message, struct slice name);

/* The body as one line: line ends taken out (RFC 5322 2.2.3), white space at both ends dropped. */
void header_unfold(struct buf *out, struct slice body);

#endif
