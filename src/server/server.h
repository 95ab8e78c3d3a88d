/* The server: puts the rooms together and runs them until it is told to stop. */
#ifndef CANDOR_SERVER_SERVER_H
#define CANDOR_SERVER_SERVER_H

#include "base/err.h"
#include "system/config.h"

/* `file` is where `config` was read from: SIGHUP, or `reload` over the control socket, reads it
 * again. Runs in the foreground until SIGTERM or SIGINT, or `shutdown` over the control socket;
 * then what is under way is finished or kept. `rules`: the operator's own, of what replies mean;
 * NULL: none. `config`, `rules` and `log` must outlive it. Returns an exit status of sysexits.h;
 * what went wrong is said in `why`, a buffer of the caller's. */
struct rule_tables;
int server_run(const char *file, const struct config *config, const struct rule_tables *rules,
               const struct log *log, struct buf *why);

#endif
