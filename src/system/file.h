/* A whole file at once: configuration and the like. */
#ifndef CANDOR_SYSTEM_FILE_H
#define CANDOR_SYSTEM_FILE_H

#include "base/buf.h"

/* Adds all of a regular file to `out`. False: it can't be read, or is larger than `most`; *why says
 * so in words. */
MUST_CHECK bool file_read(const char *path, size_t most, struct buf *out, const char **why);
/* Frees what was read of a key or a password, and leaves none of it in memory. */
void file_forget(struct buf *secret);

#endif
