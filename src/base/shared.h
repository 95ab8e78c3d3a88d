/* What several threads hold and the last one frees: a counter inside the thing itself. */
#ifndef CANDOR_BASE_SHARED_H
#define CANDOR_BASE_SHARED_H

#include <stdatomic.h>

struct shared {
    atomic_uint holders;
    void (*free)(struct shared *shared); /* on the thread of whoever let go last */
};

/* With one holder. */
static inline void shared_init(struct shared *s, void (*free)(struct shared *shared))
{
    atomic_init(&s->holders, 1);
    s->free = free;
}

/* NULL is let pass, here and below. */
static inline void shared_hold(struct shared *s)
{
    if (s)
        atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed);
}

/* All that any holder did to it comes before it is freed. */
static inline void shared_drop(struct shared *s)
{
    if (s && atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) == 1)
        s->free(s);
}

#endif
