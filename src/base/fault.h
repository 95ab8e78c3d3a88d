/* Fault injection: a test counts down over every place that can fail, so that each fails once. */
#ifndef CANDOR_BASE_FAULT_H
#define CANDOR_BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>

struct fault {
    long after;  /* this many calls pass, then faults begin; negative: never */
    long length; /* how many calls in a row fail; 0: one */
};

/* True when this call is to fail. NULL: never. */
static inline bool fault_now(struct fault *f)
{
    if (!f || f->after < 0)
        return false;
    if (f->after > 0) {
        f->after--;
        return false;
    }
    if (--f->length <= 0)
        f->after = -1;
    return true;
}

#endif
