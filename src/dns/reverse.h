/* The names under which the DNS keeps what is known of addresses. */
#ifndef CANDOR_DNS_REVERSE_H
#define CANDOR_DNS_REVERSE_H

#include "base/buf.h"
#include "base/ip.h"

/* `1.2.0.192.`: the bytes of the address from the last to the first; of IPv6 the nibbles (RFC 3596
 * 2.5). With the dot at the end: a zone follows. */
void dns_reverse_write(struct buf *out, struct ip ip);

#endif
