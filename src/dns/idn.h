/* Internationalised domain names (RFC 5890): their form in ASCII, in which names are compared,
 * looked up and passed on. */
#ifndef CANDOR_DNS_IDN_H
#define CANDOR_DNS_IDN_H

#include "base/buf.h"

/* Adds `domain` with each label that is not ASCII as an A-label (RFC 5891 4.4, after the mapping of
 * UTS 46, so that it does not matter how it was typed); what is ASCII already, as it is. False: it
 * holds what no name may, or does not fit. */
MUST_CHECK bool idn_add_domain(struct buf *out, struct slice domain);
/* The same for `local@domain`, of which the domain alone changes. */
MUST_CHECK bool idn_add_address(struct buf *out, struct slice address);

#endif
