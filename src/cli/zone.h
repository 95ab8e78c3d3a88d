/* This machine's time and zone, for logs that leave them out. */
#ifndef CANDOR_CLI_ZONE_H
#define CANDOR_CLI_ZONE_H

#include "logs/log_reader.h"

/* Asked once for a quarter of an hour, in which no zone changes. */
struct zone {
    int64_t quarter;
    int minutes; /* east of UTC */
};

/* A clock of now; *z has to live as long as it. */
struct log_clock zone_clock(struct zone *z);

#endif
