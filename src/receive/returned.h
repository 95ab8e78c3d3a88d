/* Recipients that are reverse paths which this server made: mail that comes back. */
#ifndef CANDOR_RECEIVE_RETURNED_H
#define CANDOR_RECEIVE_RETURNED_H

#include "receive/inside.h"

/* False: the recipient is answered already, since it is one that leads elsewhere, or is forged. */
MUST_CHECK bool returned_admits(struct connection *c, const struct smtp_event *e);
/* Recipients that lead elsewhere become where they lead, in an array of `arena`. False when memory
 * ends. */
MUST_CHECK bool returned_decode(struct envelope *e, const struct reverse_paths *r,
                                struct arena *arena);

#endif
