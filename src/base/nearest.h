/* "Did you mean …?": the known name that is most like what was typed. */
#ifndef CANDOR_BASE_NEAREST_H
#define CANDOR_BASE_NEAREST_H

#include "base/slice.h"

enum { NEAREST_NAME_MAX = 40 };

/* Letters to insert, remove, exchange or swap with a neighbour to make one from the other, ASCII
 * case ignored. Texts longer than NEAREST_NAME_MAX are far from everything. */
size_t nearest_distance(struct slice a, struct slice b);
/* Whether `known` is near enough to `typed` to be worth naming. `best`: the least distance so far
 * (start with SIZE_MAX), updated when this one is nearer. */
bool nearest_improves(struct slice typed, struct slice known, size_t *best);

#endif
