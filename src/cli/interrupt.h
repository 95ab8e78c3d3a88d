/* Ctrl-C: reading ends, what was found so far is still told, then the process ends by that signal,
 * as shells expect. The second Ctrl-C ends it at once. */
#ifndef CANDOR_CLI_INTERRUPT_H
#define CANDOR_CLI_INTERRUPT_H

#include <stdbool.h>

/* SIGINT and SIGTERM are noted from now on, and system calls that wait return. */
void interrupt_watch(void);
/* From any thread. */
bool interrupt_came(void);
/* Ends the process by the signal that came; returns if none did. */
void interrupt_end(void);

#endif
