/* Accepts connections on a listening socket and hands each to its owner. */
#ifndef CANDOR_NET_LISTENER_H
#define CANDOR_NET_LISTENER_H

#include <sys/socket.h>

#include "net/loop.h"

struct listener;
/* `fd` is non-blocking and belongs to the callee. */
typedef void listener_accepted(void *ctx, int fd, const struct sockaddr *peer);

/* Takes over the listening `fd`. When descriptors run out it waits a moment instead of spinning.
 * NULL when memory ends. */
struct listener *listener_new(struct loop *loop, int fd, listener_accepted *accepted, void *ctx);
/* Closes; on the loop's thread, or when it does not run. */
void listener_free(struct listener *l);

#endif
