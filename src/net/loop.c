#include "net/loop.h"

#include <event2/event.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "system/clock.h"

struct loop {
    struct event_base *base;
    struct event *wake_event;
    int wake_fd;
    _Atomic(struct task *) posted; /* a stack: newest first */
    atomic_bool stopping;
    char read_buffer[LOOP_READ_SIZE];
};

static struct task *reversed(struct task *task)
{
    struct task *first = NULL;
    while (task) {
        struct task *next = task->next;
        task->next = first;
        first = task;
        task = next;
    }
    return first;
}

static void run_posted(evutil_socket_t fd, short what, void *ctx)
{
    struct loop *l = ctx;
    (void)what;
    eventfd_t count;
    eventfd_read(fd, &count);
    struct task *task = reversed(atomic_exchange(&l->posted, NULL));
    while (task) {
        struct task *next = task->next;
        task->run(task);
        task = next;
    }
    if (atomic_load(&l->stopping))
        event_base_loopbreak(l->base);
}

struct loop *loop_new(void)
{
    struct loop *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->base = event_base_new();
    if (l->wake_fd >= 0 && l->base)
        l->wake_event = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, run_posted, l);
    if (!l->wake_event || event_add(l->wake_event, NULL) != 0) {
        loop_free(l);
        return NULL;
    }
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    if (l->wake_event)
        event_free(l->wake_event);
    if (l->base)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    free(l);
}

void loop_run(struct loop *l)
{
    while (!atomic_load(&l->stopping))
        event_base_loop(l->base, EVLOOP_ONCE);
}

static void wake(struct loop *l)
{
    /* fails only when the counter is full: then the loop is awake anyway */
    (void)!eventfd_write(l->wake_fd, 1);
}

void loop_post(struct loop *l, struct task *task)
{
    struct task *head = atomic_load(&l->posted);
    do
        task->next = head;
    while (!atomic_compare_exchange_weak(&l->posted, &head, task));
    if (!head)
        wake(l);
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stopping, true);
    wake(l);
}

int64_t loop_now(const struct loop *l)
{
    (void)l;
    return clock_monotonic_ms();
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}

char *loop_read_buffer(struct loop *l)
{
    return l->read_buffer;
}
