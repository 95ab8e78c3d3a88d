/* From the recipients that a client named to those that get the message: aliases become what they
 * stand for, and who is named a thousand times gets one copy. */
#ifndef CANDOR_RECEIVE_EXPAND_H
#define CANDOR_RECEIVE_EXPAND_H

#include "base/arena.h"
#include "base/hash.h"
#include "mail/envelope.h"
#include "policy/access.h"

/* The new list is in `arena`. False when memory ends or an alias stands for more recipients than a
 * message can have: nothing is to be delivered then. `key`: random. */
MUST_CHECK bool expand_recipients(struct envelope *e, const struct access_table *t,
                                  const struct mem *mem, struct hash_key key, struct arena *arena);

#endif
