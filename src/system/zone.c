#include "system/zone.h"

#include <time.h>

int zone_at(void *ctx, int64_t local_ms)
{
    enum { QUARTER_MS = 15 * 60 * 1000 };
    struct zone *z = ctx;
    time_t seconds = (time_t)(local_ms / 1000);
    struct tm wall;
    if (local_ms / QUARTER_MS == z->quarter || !gmtime_r(&seconds, &wall))
        return z->minutes;
    wall.tm_isdst = -1;
    z->minutes = mktime(&wall) == (time_t)-1 ? 0 : (int)(wall.tm_gmtoff / 60);
    z->quarter = local_ms / QUARTER_MS;
    return z->minutes;
}
