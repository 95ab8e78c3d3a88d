/* MTA-STS (RFC 8461): a domain's word in the DNS that it has a policy, and the policy, which says
 * what its mail exchangers are called and that they have certificates for these names. No I/O. */
#ifndef CANDOR_DELIVER_STS_POLICY_H
#define CANDOR_DELIVER_STS_POLICY_H

#include "base/arena.h"

/* RFC 8461 3.1, 3.2: of an id, and of max_age in seconds; of a policy's text more than any needs.
 */
enum { STS_ID_MAX = 32, STS_AGE_MAX = 31557600, STS_MX_MAX = 64, STS_TEXT_MAX = 64 * 1024 };

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
    enum sts_mode mode;
    uint64_t max_age; /* s */
    size_t count;
    struct slice mx[STS_MX_MAX]; /* names, or `*.` with the rest of one; views of the text */
};

/* The id in a TXT record's text; false: it is none of MTA-STS. */
MUST_CHECK bool sts_record_read(struct slice text, struct slice *id_r);
/* False with *why_r in static words. */
MUST_CHECK bool sts_policy_read(struct slice text, struct sts_policy *p_r, const char **why_r);
/* Whether the policy names the host (RFC 8461 4.1). */
bool sts_policy_names(const struct sts_policy *p, struct slice host);
/* A copy that lives as long as the arena; NULL without memory. */
struct sts_policy *sts_policy_dup(const struct sts_policy *p, struct arena *arena);

#endif
