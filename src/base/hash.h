/* SipHash-1-3, keyed: names from the network can't be chosen to collide. */
#ifndef CANDOR_BASE_HASH_H
#define CANDOR_BASE_HASH_H

#include "base/slice.h"

struct hash_key {
    uint64_t k0, k1;
};

uint64_t hash_slice(const struct hash_key *key, struct slice s);
/* The same for ASCII letters in either case (domains are compared so, RFC 5321 2.4). */
uint64_t hash_slice_nocase(const struct hash_key *key, struct slice s);

#endif
