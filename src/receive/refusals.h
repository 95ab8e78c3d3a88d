/* Replies that said no, by the reference that each of them carries, as long as there is room: the
 * oldest go first. In memory only; the log has them too. Thread-safe. */
#ifndef CANDOR_RECEIVE_REFUSALS_H
#define CANDOR_RECEIVE_REFUSALS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "spool/spool.h"

struct refusals {
    const struct mem *mem;
    pthread_mutex_t lock;
    struct list all; /* oldest first */
    size_t bytes, bytes_max;
    atomic_uint_fast64_t sessions; /* their names so far */
};

enum { REFUSALS_SESSION_TEXT = SPOOL_ID_TEXT + 1 };

/* `now`: unix ms, of which the names of sessions are made: those of an earlier run do not come
 * again. `bytes_max`: of all that is kept. */
void refusals_init(struct refusals *r, const struct mem *mem, int64_t now, size_t bytes_max);
void refusals_free(struct refusals *r);
/* A name for a session, of which its references are made; NUL-terminated. */
void refusals_name_session(struct refusals *r, char name[REFUSALS_SESSION_TEXT]);
/* Keeps an event of unix ms `at`; its keys are static. Without memory, nothing. Most are never
 * asked for: they become words only then. */
void refusals_keep(struct refusals *r, struct slice reference, int64_t at,
                   const struct log_field *fields, size_t count);
/* Adds its words, in JSON, to `out`; false: there is none of that reference. */
MUST_CHECK bool refusals_find(struct refusals *r, struct slice reference, struct buf *out);

#endif
