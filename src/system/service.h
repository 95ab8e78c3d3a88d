/* What the service manager that started us (systemd) is told: sd_notify(3). Without one nothing
 * happens. */
#ifndef CANDOR_SYSTEM_SERVICE_H
#define CANDOR_SYSTEM_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

enum service_state { SERVICE_READY, SERVICE_RELOADING, SERVICE_STOPPING, SERVICE_ALIVE };

/* A mail process tells its parent, the only one whom the manager hears. */
void service_tell(enum service_state state);
/* What such a process said, as keeper_note() has it; false: that is none of ours. */
bool service_read(char note, enum service_state *state_r);
/* Within how many ms it wants to hear that we are alive; 0: it does not ask. */
int64_t service_watchdog(void);

#endif
