/* One thread's event loop (libevent): sockets, timers, and a mailbox into which other threads post
 * tasks. What lives on a loop is touched by its thread alone; threads pass messages. */
#ifndef CANDOR_NET_LOOP_H
#define CANDOR_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;

/* Embedded in what it carries; run on the loop's thread, exactly once for each post. It may free or
 * post itself again while it runs. */
struct task {
    void (*run)(struct task *task);
    struct task *next;
};

/* NULL when the system gives no more (descriptors, memory). */
struct loop *loop_new(void);
/* Only when no thread runs it. Tasks that were posted and did not run are forgotten. */
void loop_free(struct loop *l);
/* Runs until loop_stop. */
void loop_run(struct loop *l);

/* From any thread. Lock-free; never fails. Tasks of one thread run in the order they were posted.
 */
void loop_post(struct loop *l, struct task *task);
/* From any thread: loop_run returns after the tasks at hand. */
void loop_stop(struct loop *l);

/* Monotonic ms, read anew each time: a value kept since before the loop slept would be old by as
 * long as it slept, and every time-out would be reckoned from it. */
int64_t loop_now(const struct loop *l);
/* For libraries that hook into libevent themselves. */
struct event_base *loop_base(struct loop *l);

/* A buffer that all streams of this loop read into, one after the other: an idle connection has
 * none of its own. Its content is gone at the next read. */
enum { LOOP_READ_SIZE = 64 * 1024 };
char *loop_read_buffer(struct loop *l);

#endif
