/* This machine's time zone, for logs that leave it out of their times. */
#ifndef CANDOR_SYSTEM_ZONE_H
#define CANDOR_SYSTEM_ZONE_H

#include <stdint.h>

/* Asked once for a quarter of an hour, in which no zone changes. Used by one thread. */
struct zone {
    int64_t quarter;
    int minutes; /* east of UTC */
};

#define ZONE_INIT                                                                                  \
    {                                                                                              \
        .quarter = INT64_MIN                                                                       \
    }

/* Minutes east of UTC at a local time, which is given as unix ms of the same wall clock in UTC;
 * `ctx` is a struct zone. */
int zone_at(void *ctx, int64_t local_ms);

#endif
