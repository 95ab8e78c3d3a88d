/* An explained item on its way to the terminal, to JSON or into a table. */
#ifndef CANDOR_CLI_EXPLAIN_H
#define CANDOR_CLI_EXPLAIN_H

#include "guide/explained.h"
#include "reply/words.h"

struct decision;

struct explain_style {
    bool color;
    size_t width;
    const struct words *words; /* of another language; NULL: none was asked for */
};

/* For a person: a few lines, with an empty one before the next item. `decision`: a queue's; NULL:
 * it was not asked for. */
void explain_write_text(struct buf *out, const struct explained *x, const struct decision *decision,
                        const struct explain_style *style);
/* One line of JSON. */
void explain_write_json(struct buf *out, const struct explained *x,
                        const struct decision *decision);
/* A row of a table (RFC 4180), and the row above all. */
void explain_write_csv(struct buf *out, const struct explained *x);
struct slice explain_csv_head(void);

#endif
