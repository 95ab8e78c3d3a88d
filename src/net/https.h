/* Asks a server for one small text over HTTPS, on a loop; its certificate is proven by authorities.
 * Follows no redirection. */
#ifndef CANDOR_NET_HTTPS_H
#define CANDOR_NET_HTTPS_H

#include "net/address.h"
#include "net/http_response.h"
#include "net/loop.h"
#include "net/tls.h"

struct https;

enum { HTTPS_ADDRESSES_MAX = 8, HTTPS_HOST_MAX = 255 };

struct https_request {
    struct loop *loop;
    const struct tls_context *tls; /* trusts the authorities; must outlive the fetch */
    struct slice host;
    const struct net_address *addresses; /* tried in this order, HTTPS_ADDRESSES_MAX at most */
    size_t count;
    struct slice path;          /* begins with a slash; must outlive the fetch */
    struct slice form;          /* is sent to it; empty: something is fetched. Ditto */
    struct slice authorization; /* value of the header; empty: none. Ditto */
    size_t most;                /* bytes of the whole answer */
    int64_t timeout;            /* ms, for all of it */
};

/* `r` NULL: it failed, `why` in words. Both are valid during the call only, which is the last. */
typedef void https_done(void *ctx, const struct http_response *r, struct slice why);

/* NULL when memory ends: `done` is not called then. It is not called before this returns. */
struct https *https_ask(const struct https_request *request, https_done *done, void *ctx);
/* `done` will not be called. */
void https_cancel(struct https *h);

#endif
