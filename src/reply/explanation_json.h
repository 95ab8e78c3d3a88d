/* An explanation as JSON: what `candor explain --json`, the queue and the page have in common. */
#ifndef CANDOR_REPLY_EXPLANATION_JSON_H
#define CANDOR_REPLY_EXPLANATION_JSON_H

#include "base/json.h"
#include "reply/diagnosis.h"

/* Whether this is a failure or a delay: success, and text that is about nothing of the kind, have
 * no cause to tell. */
bool explanation_has_cause(const struct diagnosis_input *in, const struct diagnosis *d);
/* `failure`, `delay`, `success`, `none`. */
const char *explanation_kind(const struct diagnosis_input *in, const struct diagnosis *d);

/* Adds the members `kind` to `rule` to the object that is open. What is not known is left out;
 * characters that could change what a terminal shows are '?'. */
void explanation_put_json(struct json *j, const struct diagnosis_input *in,
                          const struct diagnosis *d, const struct explanation *e);
/* The same where the input itself says of what kind it is, as a report does. */
void explanation_put_json_as(struct json *j, const char *kind, const struct diagnosis_input *in,
                             const struct diagnosis *d, const struct explanation *e);

#endif
