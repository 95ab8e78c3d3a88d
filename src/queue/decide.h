/* The one place that decides what the queue does after an outcome: one table, cause by permanence.
 */
#ifndef CANDOR_QUEUE_DECIDE_H
#define CANDOR_QUEUE_DECIDE_H

#include "queue/attempt.h"

enum verdict {
    VERDICT_DELIVERED,
    VERDICT_RETRY,    /* this recipient waits */
    VERDICT_SPLIT,    /* again at once, with fewer recipients in the transaction */
    VERDICT_BACK_OFF, /* the whole destination waits, and this recipient with it */
    VERDICT_BOUNCE    /* failed for good: the sender is told */
};

struct decision {
    enum verdict verdict;
    struct diagnosis diagnosis; /* why; not filled in for VERDICT_DELIVERED. Its details are views
                                   of the outcome's text. */
    bool suppress;              /* the address is dead: mail to it can be refused from now on */
    bool alert;                 /* the operator has to mend something */
    bool try_next_host;         /* another host of the destination may well answer otherwise */
    int64_t wait;               /* ms to wait; 0: as the retry schedule says */
    int64_t retry_at; /* unix ms, filled in by queue_report for RETRY, SPLIT and BACK_OFF */
};

/* `repeats`: how many of the last tries, in a row and this one not counted, ended with cause
 * `last_cause`. */
struct decide_input {
    const struct outcome *outcome;
    enum cause last_cause;
    uint32_t repeats;
};
void decide(const struct decide_input *in, struct decision *d_r);

/* Static text: "delivered", "retry", … */
const char *verdict_name(enum verdict v);

#endif
