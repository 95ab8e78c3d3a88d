/* Counts names, and tells the most frequent ones. Names beyond a bound are counted together, so
 * that no input makes it grow without end. */
#ifndef CANDOR_CLI_TALLY_H
#define CANDOR_CLI_TALLY_H

#include "base/arena.h"
#include "base/map.h"

struct tally_row {
    struct slice name;
    uint64_t count;
    void *about; /* of the caller's; NULL at first */
};

struct tally {
    struct arena *arena; /* of the caller's: names and rows */
    struct name_map rows;
    size_t most;
    uint64_t others; /* counted without their names */
};

void tally_init(struct tally *t, struct arena *arena, struct hash_key key, size_t most);
void tally_free(struct tally *t);
/* The row of a name, with one more in it; NULL when it is counted among the others. */
struct tally_row *tally_count(struct tally *t, struct slice name);
/* The most frequent rows first, `most` of them at most; of equal counts in the order of names. How
 * many there are. */
size_t tally_top(const struct tally *t, const struct tally_row **top, size_t most);

#endif
