/* Connects to a host that may have several addresses, some of them dead (RFC 8305, "happy
 * eyeballs"): the next one is begun a moment after the one before, or at once when that failed. The
 * first that connects is taken, all others are closed. */
#ifndef CANDOR_NET_RACE_H
#define CANDOR_NET_RACE_H

#include "net/address.h"
#include "net/loop.h"

struct race;

struct race_way {
    const struct net_address *to;   /* must live as long as the race */
    const struct net_address *from; /* as of stream_connect */
    const char *flaw;               /* static words on why it can't be tried; NULL: it can */
};

struct race_owner {
    /* One way failed; may be called before race_begin returns. */
    void (*fell)(void *ctx, size_t way, const char *failure);
    /* The end, one of these two: the race is gone already. The descriptor is the owner's. */
    void (*won)(void *ctx, size_t way, int fd);
    void (*lost)(void *ctx, const char *failure); /* in the words of the last that failed */
};

/* `patience`: ms that each way has to connect. NULL: none can even be begun, *failure_r says why.
 */
struct race *race_begin(struct loop *loop, const struct race_way *ways, size_t count,
                        int64_t patience, const struct race_owner *owner, void *ctx,
                        const char **failure_r);
/* Nobody waits for it any more; NULL is let pass. */
void race_stop(struct race *r);

#endif
