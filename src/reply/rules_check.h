/* Whether rules do what their samples say. */
#ifndef CANDOR_REPLY_RULES_CHECK_H
#define CANDOR_REPLY_RULES_CHECK_H

#include "reply/rules_compile.h"

/* Diagnoses each `match:` and `not:` of the book with its rules beside ours: a rule has to win its
 * matches and no `not`. `scratch` is reset for each. False: b->error tells the first that is wrong,
 * and which rule won instead. */
MUST_CHECK bool rules_check_samples(struct rule_book *b, const struct rule_tables *own,
                                    struct arena *scratch);

#endif
