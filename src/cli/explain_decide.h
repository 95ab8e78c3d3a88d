/* What a queue would do about an explained item, by the very function that our queue asks. */
#ifndef CANDOR_CLI_EXPLAIN_DECIDE_H
#define CANDOR_CLI_EXPLAIN_DECIDE_H

#include "base/json.h"
#include "cli/explain.h"
#include "queue/decide.h"

/* False: nothing was refused or put off, so there is nothing to decide. */
bool explain_decide(const struct explained *x, const struct rule_tables *rules,
                    struct decision *decision_r);
/* Why it does that, in one sentence. */
void explain_decide_because(struct buf *out, const struct decision *d);
void explain_decide_put_json(struct json *j, const struct decision *d);

#endif
