/* Threads for work that blocks (files, passwords): tasks are taken in the order they were posted.
 */
#ifndef CANDOR_NET_WORKERS_H
#define CANDOR_NET_WORKERS_H

#include "net/loop.h"

struct workers;
/* NULL when the system gives no threads or memory. */
struct workers *workers_new(unsigned threads);
/* From any thread. */
void workers_post(struct workers *w, struct task *task);
/* Forgets what was posted and is not begun. */
void workers_cancel(struct workers *w);
/* Waits for what was posted, then ends the threads. */
void workers_free(struct workers *w);

#endif
