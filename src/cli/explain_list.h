/* What the guide knows, as lists: `candor explain --list codes|causes|providers`. */
#ifndef CANDOR_CLI_EXPLAIN_LIST_H
#define CANDOR_CLI_EXPLAIN_LIST_H

#include "base/buf.h"
#include "cli/explain.h"

enum explain_list {
    EXPLAIN_LIST_NONE,
    EXPLAIN_LIST_CODES,
    EXPLAIN_LIST_CAUSES,
    EXPLAIN_LIST_PROVIDERS
};

/* `codes`, `causes`, `providers`. */
MUST_CHECK bool explain_list_parse(struct slice word, enum explain_list *list_r);
/* One entry a line for a person, or one object a line. */
void explain_list_write_text(struct buf *out, enum explain_list list,
                             const struct explain_style *style);
void explain_list_write_json(struct buf *out, enum explain_list list);

#endif
