/* The policies of MTA-STS that were fetched, a file for each domain: what was promised holds for as
 * long as it was promised, also after a restart (RFC 8461 5.1). Files are small: read where needed,
 * and believed only with their checksum. */
#ifndef CANDOR_DELIVER_STS_STORE_H
#define CANDOR_DELIVER_STS_STORE_H

#include "base/buf.h"
#include "deliver/sts_policy.h"

struct sts_stored {
    char id[STS_ID_MAX + 1];
    int64_t fetched_at; /* ms since 1970 */
    struct sts_policy policy;
    struct buf text; /* what the policy's views show */
};

/* False: there is none, or it is over at `now`; or *damage_r says why what is there is no policy
 * that we wrote: nothing of it holds. After true: sts_store_let_go. */
MUST_CHECK bool sts_store_read(const char *folder, struct slice domain, int64_t now,
                               struct sts_stored *s_r, const char **damage_r);
void sts_store_let_go(struct sts_stored *s);
void sts_store_remove(const char *folder, struct slice domain);
/* 0 or errno. The folder is made if it is missing. After a power cut there is the old policy or the
 * new one. */
int sts_store_write(const char *folder, struct slice domain, struct slice id, int64_t now,
                    struct slice policy);

#endif
