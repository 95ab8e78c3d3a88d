/* The last outcome of a recipient, kept as long as someone needs it: recipients that failed for the
 * same reply share one. */
#ifndef CANDOR_QUEUE_KEPT_H
#define CANDOR_QUEUE_KEPT_H

#include "base/mem.h"
#include "queue/attempt.h"

struct kept {
    uint32_t holders;
    enum cause cause;       /* CAUSE_COUNT: not asked for yet; use kept_cause */
    struct outcome outcome; /* its slices lie behind it */
};

/* A copy with one holder, texts cut to OUTCOME_TEXT_MAX and OUTCOME_HOST_MAX; NULL when memory
 * ends. */
struct kept *kept_new(const struct mem *mem, const struct outcome *o);
/* Why, as diagnose_with says; CAUSE_UNKNOWN for NULL. */
enum cause kept_cause(struct kept *k, const struct rule_tables *rules);
/* One more holder; NULL stays NULL. */
struct kept *kept_hold(struct kept *k);
/* One holder less; NULL is fine. */
void kept_drop(const struct mem *mem, struct kept *k);

#endif
