/* What the process may and may not do, set once at start, before any thread. */
#ifndef CANDOR_SYSTEM_PRIVILEGES_H
#define CANDOR_SYSTEM_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* No core dumps and no ptrace by other processes of the user: memory holds other people's mail and
 * keys. No new privileges by exec. */
MUST_CHECK bool privileges_harden(const char **why);
/* As many open files as the hard limit allows, at most `want`; *got_r: how many it is now. */
MUST_CHECK bool privileges_raise_files(size_t want, size_t *got_r, const char **why);
/* When that process, our parent, ends, so do we, at once. After a change of user, which forgets it.
 * False: it has ended already. */
MUST_CHECK bool privileges_die_with(int parent);
bool privileges_is_root(void);
/* Becomes this user for good: groups, gid and uid, and checks that there is no way back. Only when
 * root. `why`: static text or strerror's. */
MUST_CHECK bool privileges_drop(const char *user, const char **why);

/* The same by numbers, with no other groups. False with errno; EPERM also for root itself. */
MUST_CHECK bool privileges_become(unsigned uid, unsigned gid);

#endif
