/* Whose message it is: the domain of the From field (RFC 5322 3.6.2), which signatures and policies
 * go by (RFC 7489 3.1). */
#ifndef CANDOR_MAIL_AUTHOR_H
#define CANDOR_MAIL_AUTHOR_H

#include "base/slice.h"

/* The domain of the first address in the body of a From field, in `storage`; false: there is none,
 * or it is no domain name. */
MUST_CHECK bool author_domain(struct slice from, char *storage, size_t size,
                              struct slice *domain_r);

#endif
