/* One explained item on its way to the terminal or to JSON. */
#ifndef CANDOR_CLI_EXPLAIN_H
#define CANDOR_CLI_EXPLAIN_H

#include "base/buf.h"
#include "reply/diagnosis.h"

struct explained {
    const char *source; /* `argument`, `-` */
    size_t line;        /* in the source, from 1; 0: it has no lines */
    struct diagnosis_input in;
    struct diagnosis diagnosis;
    struct explanation explanation;
};

struct explain_style {
    bool color;
    size_t width;
};

/* For a person: a few lines, with an empty one before the next item. */
void explain_write_text(struct buf *out, const struct explained *x,
                        const struct explain_style *style);
/* One line of JSON. */
void explain_write_json(struct buf *out, const struct explained *x);

#endif
