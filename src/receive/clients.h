/* How many connections each client has open, on all loops together. Thread-safe. */
#ifndef CANDOR_RECEIVE_CLIENTS_H
#define CANDOR_RECEIVE_CLIENTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"

struct clients {
    pthread_mutex_t lock; /* held for one look into the table */
    struct name_map counts;
    atomic_uint most; /* changes while others count */
};

void clients_init(struct clients *c, const struct mem *mem, struct hash_key key, uint32_t most);
void clients_free(struct clients *c);
/* Counts one more connection of `client`; false: it has `most` already, and is not counted. */
MUST_CHECK bool clients_enter(struct clients *c, struct slice client);
/* For each clients_enter that was true. */
void clients_leave(struct clients *c, struct slice client);

#endif
