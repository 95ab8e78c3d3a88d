/* What became of a message that was sent from the command line: words for a person, and the exit
 * status that scripts know. `rules`: the user's own, beside ours; NULL: none. */
#ifndef CANDOR_CLI_SEND_REPORT_H
#define CANDOR_CLI_SEND_REPORT_H

#include "queue/attempt.h"

/* EX_OK if it was accepted. */
int send_status(const struct outcome *o, const struct rule_tables *rules);
/* The status of all: EX_OK if all were accepted; that of the first permanent refusal, else the
 * first other one. */
int send_status_of_all(const struct outcome *outcomes, size_t count,
                       const struct rule_tables *rules);
/* Each refusal by `server` with its explanation; recipients that share one are named together. */
void send_report(struct buf *out, const struct envelope *e, const struct outcome *outcomes,
                 struct slice server, const struct rule_tables *rules, const struct mem *mem,
                 size_t width);

#endif
