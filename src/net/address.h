/* Socket addresses in text form, and listening sockets. */
#ifndef CANDOR_NET_ADDRESS_H
#define CANDOR_NET_ADDRESS_H

#include <sys/socket.h>

#include "base/slice.h"

struct net_address {
    struct sockaddr_storage storage;
    socklen_t len;
};

/* `192.0.2.1` or `2001:db8::1`, without brackets or zone. */
MUST_CHECK bool net_address_parse(struct slice ip, uint16_t port, struct net_address *a_r);

/* Of a local socket; false: the path is empty or too long. */
MUST_CHECK bool net_address_from_path(struct net_address *a_r, struct slice path);

/* From 4 or 16 bytes in network order. */
void net_address_from_bytes(struct net_address *a_r, int family, const char *bytes, uint16_t port);

enum { NET_ADDRESS_TEXT = 46 };
/* The address without the port; an IPv4 address mapped into IPv6 is written as IPv4. */
void net_address_write(const struct sockaddr *a, char out[NET_ADDRESS_TEXT]);

uint16_t net_address_port(const struct sockaddr *a);

/* A listening TCP socket; each loop has its own for the same address (SO_REUSEPORT), so that the
 * kernel spreads connections. -1: *what_r says why, in words. */
int net_listen(const struct net_address *a, const char **what_r);
/* Why connections can't come from there, in words; NULL: they can. */
const char *net_address_flaw(const struct net_address *a);
/* Whether somebody listens there already: SO_REUSEPORT alone would share the port with them. */
bool net_is_taken(const struct net_address *a);

#endif
