/* The header that a proxy puts before a connection's first byte, to say whose it is: the PROXY
 * protocol of HAProxy, versions 1 (a line of text) and 2 (binary). No I/O. */
#ifndef CANDOR_RECEIVE_PROXY_HEADER_H
#define CANDOR_RECEIVE_PROXY_HEADER_H

#include "base/ip.h"

/* Addresses need at most 232 bytes; the rest is for what else is told (TLV). */
enum { PROXY_HEADER_MAX = 4096 };

enum proxy_read {
    PROXY_MORE, /* all that came belongs to the header, and more has to come */
    PROXY_DONE,
    PROXY_BAD
};

struct proxy_header {
    size_t len;       /* of PROXY_DONE: its bytes; what stands behind them is the client's */
    struct ip client; /* family IP_NONE: not told, for example in a proxy's own health check */
    const char *what; /* of PROXY_BAD: what is wrong with it */
};

/* `in`: all that came so far. */
enum proxy_read proxy_header_read(struct slice in, struct proxy_header *r);

#endif
