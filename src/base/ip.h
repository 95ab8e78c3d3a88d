/* IPv4 and IPv6 addresses, networks and endpoints as data: parsed, compared and written, no
 * sockets. An IPv4-mapped IPv6 address (::ffff:192.0.2.1, RFC 4291 2.5.5.2) is taken as the IPv4
 * address that it stands for, so that an access list for IPv4 can't be walked around over a
 * dual-stack socket. */
#ifndef CANDOR_BASE_IP_H
#define CANDOR_BASE_IP_H

#include "base/buf.h"
#include "base/slice.h"

enum ip_family { IP_NONE, IP_V4, IP_V6 };

struct ip {
    enum ip_family family;
    uint8_t bytes[16]; /* network order; IP_V4 uses the first four, the others are 0 */
};

struct cidr {
    struct ip ip;   /* bits behind the prefix are 0 */
    uint8_t prefix; /* 0 to 32 or 128 */
};

struct endpoint {
    struct ip ip;
    uint16_t port; /* host order, never 0 after a parse */
};

/* Longest text forms, with NUL: an IPv6 address, and [address]:port. */
enum { IP_TEXT = 46, ENDPOINT_TEXT = 54 };

/* `192.0.2.1` (four decimal numbers without leading zeros) or `2001:db8::1`; nothing before or
 * after, no brackets, no zone. */
MUST_CHECK bool ip_parse(struct slice s, struct ip *ip_r);
/* From bytes in network order: 4 or 16 of them (as in sockaddr_in and sockaddr_in6). */
struct ip ip_from_bytes(enum ip_family family, const uint8_t *bytes);
/* IPv6 in the canonical form of RFC 5952. */
void ip_write(struct buf *out, struct ip ip);
bool ip_eq(struct ip a, struct ip b);
/* `0.0.0.0` or `::`, which stand for all that a machine has. */
bool ip_is_any(struct ip ip);

/* `10.0.0.0/8`, `2001:db8::/32`; without a slash: the one address. Bits behind the prefix must be
 * 0: what_r (static text) says so otherwise, or what else is wrong. */
MUST_CHECK bool cidr_parse(struct slice s, struct cidr *cidr_r, const char **what_r);
void cidr_write(struct buf *out, struct cidr cidr);
bool cidr_contains(struct cidr net, struct ip ip);
/* Whether one of these networks does. */
bool cidr_list_contains(const struct cidr *nets, size_t count, struct ip ip);

/* `192.0.2.1:25`, `[2001:db8::1]:25`. */
MUST_CHECK bool endpoint_parse(struct slice s, struct endpoint *endpoint_r, const char **what_r);
void endpoint_write(struct buf *out, struct endpoint endpoint);
bool endpoint_eq(struct endpoint a, struct endpoint b);
/* Decimal, 1 to 65535. */
MUST_CHECK bool port_parse(struct slice s, uint16_t *port_r);

#endif
