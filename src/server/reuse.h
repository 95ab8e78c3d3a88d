/* Which agent holds a connection that a site's next message may use: each has its own loop, and an
 * open connection is worth more than an even spread. Only a guess: a connection may be closed by
 * then, which costs a new one. */
#ifndef CANDOR_SERVER_REUSE_H
#define CANDOR_SERVER_REUSE_H

#include "base/map.h"

struct reuse {
    struct id_map sites; /* by the hash of their names */
    struct hash_key key;
    size_t agents;
    int64_t keep; /* ms that an agent keeps an idle connection */
};

/* What a guess is kept under: the hosts, and our source there. */
uint64_t reuse_site(const struct reuse *r, struct slice hosts, uint8_t source);

void reuse_init(struct reuse *r, struct hash_key key, size_t agents, int64_t keep);
void reuse_free(struct reuse *r);
/* A delivery at the site is done: its agent has a connection to spare. Without memory nobody
 * remembers it. */
void reuse_give(struct reuse *r, uint64_t site, size_t agent, int64_t now);
/* Takes one; r->agents: none is known. */
size_t reuse_take(struct reuse *r, uint64_t site, int64_t now);

#endif
