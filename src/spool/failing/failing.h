/* The engine that fails where a test says: every begin, write, commit, submit, open and read asks
 * `fault` first, and all else goes to another engine. A made failure of commit or submit is told at
 * once, on the caller's thread; the message or change never reaches the other engine. */
#ifndef CANDOR_SPOOL_FAILING_FAILING_H
#define CANDOR_SPOOL_FAILING_FAILING_H

#include "base/fault.h"
#include "spool/spool.h"

/* `inner` is closed with it. Failures are reported as `code`. The caller may look at and change
 * *fault while no operation is under way. NULL when memory ends; `inner` is the caller's then. */
struct spool *spool_failing_open(const struct mem *mem, struct spool *inner, struct fault *fault,
                                 enum err_code code);

#endif
