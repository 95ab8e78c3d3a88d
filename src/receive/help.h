/* The guide over SMTP: what the session does not know by itself. */
#ifndef CANDOR_RECEIVE_HELP_H
#define CANDOR_RECEIVE_HELP_H

#include "reply/reply.h"

/* `topic`: the argument of HELP: a basic code (550) or an enhanced one (5.7.26). The answer's text
 * lives in `arena`. */
struct reply help_reply(struct slice topic, struct arena *arena);

#endif
