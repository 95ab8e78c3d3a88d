/* How much each client did within the last minute, on all loops together. Thread-safe; of bounded
 * memory: when more clients come than it can hold, the newest are not counted. */
#ifndef CANDOR_RECEIVE_RATES_H
#define CANDOR_RECEIVE_RATES_H

#include <pthread.h>

#include "base/ip.h"
#include "base/map.h"

enum rate {
    RATE_CONNECTIONS,
    RATE_MESSAGES,
    RATE_RECIPIENTS,
    RATE_UNKNOWN_RECIPIENTS,
    RATE_ACCOUNT_MESSAGES, /* of who logged in, from wherever */
    RATE_ACCOUNT_RECIPIENTS,
    RATE_FAILED_LOGINS, /* of a client, and of an account from wherever */
    RATE_COUNT
};

struct rates {
    pthread_mutex_t lock;      /* held for a look into the tables; once a minute to empty one */
    struct name_map now;       /* counts of the minute that runs */
    struct name_map before;    /* and of the one before */
    int64_t begun;             /* monotonic ms: when the minute that runs began */
    uint32_t most[RATE_COUNT]; /* the most in a minute; 0: any number */
};

/* Room for the key of a client or an account. */
enum { RATES_KEY_MAX = 300 };

void rates_init(struct rates *r, const struct mem *mem, struct hash_key key,
                const uint32_t most[RATE_COUNT]);
/* Other limits from now on. */
void rates_allow(struct rates *r, const uint32_t most[RATE_COUNT]);
void rates_free(struct rates *r);
/* A client's name here: its address; of IPv6 the network, since each host has one to itself. */
void rates_client(struct ip ip, char name[IP_TEXT]);
/* The limit as it is now. */
uint32_t rates_most(struct rates *r, enum rate which);
/* Counts one more. */
void rates_count(struct rates *r, struct slice name, enum rate which, int64_t now);
/* Whether it has done all that it may in a minute, or so many times as much. The minute slides:
 * what was counted in the one before weighs as much as of it still lies within the last 60 seconds.
 */
bool rates_is_spent(struct rates *r, struct slice name, enum rate which, int64_t now,
                    unsigned times);
/* False: it is spent; else counted. */
MUST_CHECK bool rates_take(struct rates *r, struct slice name, enum rate which, int64_t now);

#endif
