/* ARC seals (RFC 8617) on mail of strangers that goes on to elsewhere. */
#ifndef CANDOR_SERVER_SEALING_H
#define CANDOR_SERVER_SEALING_H

#include "auth/dkim_sign.h"
#include "base/log.h"
#include "deliver/delivery.h"
#include "net/resolver.h"
#include "net/workers.h"

struct sealing_options {
    struct resolver *resolver;
    struct workers *workers;
    const struct log *log;
    const struct dkim_key *key;
    struct slice hostname;
};

/* Seals the delivery's content into d->signature, then calls `done` on a worker's thread. Where the
 * DNS fails, or what it is can't be sealed, it goes without. `is_open` false: the content can't be
 * read, and that is settled. On the thread of the resolver's loop. */
void sealing_begin(const struct sealing_options *o, struct delivery *d,
                   void (*done)(struct delivery *d, bool is_open));

#endif
