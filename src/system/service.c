#include "system/service.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "system/keeper.h"

void service_tell(enum service_state state)
{
    static const char *const words[] = {
        [SERVICE_READY] = "READY=1",
        [SERVICE_STOPPING] = "STOPPING=1",
        [SERVICE_ALIVE] = "WATCHDOG=1",
    };
    struct timespec now;
    if (keeper_note((char)('0' + state)))
        return;
    if (state != SERVICE_RELOADING) {
        (void)sd_notify(0, words[state]);
        return;
    }
    /* since when: newer managers tell by it which READY=1 ends the reload */
    clock_gettime(CLOCK_MONOTONIC, &now);
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                     (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

bool service_read(char note, enum service_state *state_r)
{
    *state_r = (enum service_state)(note - '0');
    return note >= '0' + SERVICE_READY && note <= '0' + SERVICE_ALIVE;
}

int64_t service_watchdog(void)
{
    uint64_t usec = 0;
    return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)(usec / 1000) : 0;
}
