/* The names under which the DNS keeps what is known of addresses. */
#ifndef CANDOR_DNS_REVERSE_H
#define CANDOR_DNS_REVERSE_H

#include "base/buf.h"
#include "base/ip.h"
#include "dns/record.h"

/* `1.2.0.192.`: the bytes of the address from the last to the first; of IPv6 the nibbles (RFC 3596
 * 2.5). With the dot at the end: a zone follows. */
void dns_reverse_write(struct buf *out, struct ip ip);
/* The name whose PTR records are the names of the address (RFC 1035 3.5, RFC 3596 2.5). */
void dns_reverse_question(struct buf *out, struct ip ip);
/* Whether an answer to a question for A or AAAA records holds it. */
bool dns_has_address(const struct dns_answer *answer, struct ip ip);

#endif
