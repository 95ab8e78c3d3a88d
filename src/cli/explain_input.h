/* What `candor explain` reads: a stream that can be looked into before it is taken. */
#ifndef CANDOR_CLI_EXPLAIN_INPUT_H
#define CANDOR_CLI_EXPLAIN_INPUT_H

#include <stdio.h>

#include "base/buf.h"

struct explain_input {
    FILE *file;       /* the caller's */
    struct buf ahead; /* read, but not taken yet */
    size_t at;        /* of it taken */
};

void explain_input_init(struct explain_input *in, FILE *file);
void explain_input_free(struct explain_input *in);
/* Whether a mail begins here. Reads ahead only as long as the lines look like fields of a header,
 * so replies that come one by one are not held back. */
bool explain_input_is_mail(struct explain_input *in);
/* The next byte, or EOF. */
int explain_input_char(struct explain_input *in);
/* All that is left, at most `most` bytes of it; false without memory. */
MUST_CHECK bool explain_input_all(struct explain_input *in, struct buf *all, size_t most);

#endif
