/* What a web server answers to a request of HTTP/1.0 (RFC 9112), as far as fetching one small text
 * needs it. No I/O. */
#ifndef CANDOR_NET_HTTP_RESPONSE_H
#define CANDOR_NET_HTTP_RESPONSE_H

#include "base/slice.h"

enum http_read { HTTP_MORE, HTTP_DONE, HTTP_BAD };

struct http_response {
    unsigned status;
    struct slice type; /* Content-Type without its parameters; empty: none was given */
    struct slice body;
};

/* Looks at all that came so far; `is_end`: no more will. All of *r_r are views of it. */
enum http_read http_response_read(struct slice in, bool is_end, struct http_response *r_r);

#endif
