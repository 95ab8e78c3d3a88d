/* The server: puts the rooms together and runs them until it is told to stop. */
#ifndef CANDOR_SERVER_SERVER_H
#define CANDOR_SERVER_SERVER_H

#include "base/err.h"
#include "system/config.h"

struct own_rules;

struct handover;

/* `file` is where `config` was read from: SIGHUP, or `reload` over the control socket, reads it
 * again. Runs in the foreground until SIGTERM or SIGINT, or `shutdown` over the control socket;
 * then what is under way is finished or kept. `rules`: the operator's own, of what replies mean;
 * NULL: none. `handover`: what the process was started with. All must outlive it. Returns an exit
 * status of sysexits.h; what went wrong is said in `why`, a buffer of the caller's. */
struct rule_tables;
int server_run(const char *file, struct config *config, const struct own_rules *rules,
               const struct log *log, struct handover *handover, struct buf *why);

/* The parent of such a server: keeps the ports and the rights of root, and starts a mail process
 * that does all the rest, again when it dies. SIGUSR2 changes both to the program and the
 * configuration that are there now, without a connection refused. Arguments as above. */
int parent_run(const char *file, const struct config *config, const struct log *log,
               struct handover *handover, struct buf *why);
/* Whether there is to be one: as root only, since else there is nothing to keep. */
bool parent_is_wanted(const struct config *config, const struct handover *handover);

/* The mailbox agent of such a parent: puts messages of the mail process into Maildirs, each as the
 * Maildir's owner. */
int mailboxes_run(const char *file, const struct config *config, const struct log *log,
                  struct handover *handover, struct buf *why);

/* Whether a server could be made of it, certificates and their keys included; else `why`. */
MUST_CHECK bool server_test(const struct config *config, struct buf *why);

#endif
