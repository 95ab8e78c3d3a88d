/* Where something is to be asked over HTTPS: https://host[:port][/path] (RFC 9110 4.2.2). */
#ifndef CANDOR_BASE_HTTPS_URL_H
#define CANDOR_BASE_HTTPS_URL_H

#include "base/slice.h"

struct https_url {
    struct slice host; /* a name or an address, without brackets; at most 255 bytes */
    uint16_t port;
    struct slice path; /* with its query; `/` at least */
};

/* All of *u_r are views of the text. False: it is none, or holds what can't be asked for: a name
 * and a password, a fragment, a space, control characters. */
MUST_CHECK bool https_url_read(struct slice text, struct https_url *u_r);

#endif
