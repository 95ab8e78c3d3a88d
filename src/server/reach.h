/* Which files and folders a configuration leads to: what the server has to reach in its sandbox. */
#ifndef CANDOR_SERVER_REACH_H
#define CANDOR_SERVER_REACH_H

#include "base/arena.h"
#include "base/buf.h"
#include "system/config.h"
#include "system/sandbox.h"

struct reach {
    struct arena arena;
    struct sandbox_place *at;
    size_t count;
    size_t room;
    bool failed; /* memory ended */
};

void reach_init(struct reach *r);
void reach_free(struct reach *r);
/* Adds what `c`, read from `file`, leads to: folders rather than files, since files are renewed by
 * renaming, and both where a link lies and where it leads. */
void reach_add(struct reach *r, const char *file, const struct config *c);
/* Whether all of `want` lies within `r`, but for what is only read if files are given to us anyway;
 * else `why` gets a line for each place that does not. */
MUST_CHECK bool reach_has(const struct reach *r, const struct reach *want, bool are_files_given,
                          struct buf *why);
/* Each file that a reload reads, as it is named; empty where none is. `c` may be one that opened
 * none itself. */
void reach_each_file(const char *file, const struct config *c,
                     void (*visit)(void *ctx, struct slice file), void *ctx);

#endif
