/* Which way a probe goes: as mail from its sender would. */
#ifndef CANDOR_CLI_PROBE_WAY_H
#define CANDOR_CLI_PROBE_WAY_H

#include "probe/probe.h"
#include "server/places.h"

/* Fills the question's route, section and login; what they point to lies in `places`, which the
 * caller frees, and in the arena. With `is_direct` smarthosts are passed by. False when memory
 * ends. */
MUST_CHECK bool probe_choose_way(struct probe_question *q, bool is_direct, struct places *places,
                                 struct arena *arena);

#endif
