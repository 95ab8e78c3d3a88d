/* The only place that reads the time; everything below the servers is told it. */
#ifndef CANDOR_SYSTEM_CLOCK_H
#define CANDOR_SYSTEM_CLOCK_H

#include <stdint.h>

/* Milliseconds that only move forward, from an arbitrary start: for time-outs. */
int64_t clock_monotonic_ms(void);
/* Milliseconds since 1970-01-01 UTC: for dates and for due times that outlive the process. */
int64_t clock_unix_ms(void);

#endif
