/* A whole file at once: configuration, and what we keep over a restart. */
#ifndef CANDOR_SYSTEM_FILE_H
#define CANDOR_SYSTEM_FILE_H

#include "base/buf.h"

/* Adds all of a regular file to `out`. False: it can't be read, or is larger than `most`; *why says
 * so in words. */
MUST_CHECK bool file_read(const char *path, size_t most, struct buf *out, const char **why);
/* Frees what was read of a key or a password, and leaves none of it in memory. */
void file_forget(struct buf *secret);
/* All of it; 0 or errno. */
int file_write_all(int fd, struct slice bytes);
/* Syncs and closes what was written with this `error`: it, or what went wrong here, or 0. */
int file_finish(int fd, int error);
/* So that names made in it outlive a power cut; 0 or errno. */
int file_sync_folder(const char *path);
/* A new file in the place of the old one, synced: after a power cut there is one or the other,
 * whole. Until then it is called `.new-NAME`. 0 or errno: then the old one is there, unless only
 * the folder could not be synced. */
int file_replace(const char *folder, const char *name, struct slice bytes);

#endif
