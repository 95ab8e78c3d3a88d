/* What the configuration says of mail that goes out, as the server and whoever looks at its ways
 * need it. */
#ifndef CANDOR_DELIVER_OUTGOING_H
#define CANDOR_DELIVER_OUTGOING_H

#include "deliver/targets.h"
#include "system/config.h"

/* What holds of all connections that are made. NULL with `why`, which names the file. */
struct tls_context *outgoing_tls(const struct config *c, struct buf *why);
/* Of an enum config_relay_tls. */
enum target_tls outgoing_target_tls(int configured);
/* `own` has room for OUTGOING_OWN_MAX addresses that the configuration listens at, and must live as
 * long. */
enum { OUTGOING_OWN_MAX = 64 };
struct targets_options outgoing_targets(const struct config *c, struct sts *sts,
                                        struct endpoint own[OUTGOING_OWN_MAX]);
/* Finds policies of MTA-STS; NULL when memory ends, or the spool's path is too long. `o` has the
 * loop, the resolver, TLS and the log, and a time-out if another than the usual one is wanted. */
struct sts *outgoing_sts(const struct config *c, struct sts_options o);

#endif
