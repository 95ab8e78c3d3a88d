/* What the service manager that started us (systemd) is told: sd_notify(3). Without one nothing
 * happens. */
#ifndef CANDOR_SYSTEM_SERVICE_H
#define CANDOR_SYSTEM_SERVICE_H

#include <stdint.h>

enum service_state { SERVICE_READY, SERVICE_RELOADING, SERVICE_STOPPING, SERVICE_ALIVE };

void service_tell(enum service_state state);
/* Within how many ms it wants to hear that we are alive; 0: it does not ask. */
int64_t service_watchdog(void);

#endif
