/* A recipient that is named a thousand times gets one copy, not a thousand. */
#ifndef CANDOR_RECEIVE_UNIQUE_H
#define CANDOR_RECEIVE_UNIQUE_H

#include "base/arena.h"
#include "base/hash.h"
#include "mail/envelope.h"
#include "policy/access.h"

/* Leaves out of *e those recipients that were named before; the new list is in `arena`. When memory
 * ends the list stays as it is. `key`: random. */
void unique_recipients(struct envelope *e, const struct access_table *t, const struct mem *mem,
                       struct hash_key key, struct arena *arena);

#endif
