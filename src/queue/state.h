/* What is remembered of a recipient, and its byte form in the spool. */
#ifndef CANDOR_QUEUE_STATE_H
#define CANDOR_QUEUE_STATE_H

#include "queue/kept.h"
#include "queue/queue.h"

/* Bits of recipient_state.flags. All but the first are stored. */
enum {
    RECIPIENT_IN_NOTICE = 1,   /* part of the notice that is being written */
    RECIPIENT_DELAY_TOLD = 2,  /* the sender knows of the delay */
    RECIPIENT_EXPIRED = 4,     /* failed since the message got too old */
    RECIPIENT_SUCCESS_DUE = 8, /* delivered, and the sender wants to hear of it (NOTIFY=SUCCESS) */
    RECIPIENT_FLAGS_STORED = 14
};

struct recipient_state {
    int64_t due;       /* WAITING: next try, unix ms */
    struct kept *last; /* NULL: never tried */
    uint32_t next;     /* of the same job, RECIPIENT_NONE ends */
    uint32_t attempts;
    uint32_t
        job; /* index into the message's jobs; not set for one that was settled when it came in */
    uint8_t repeats; /* how many of the last tries in a row ended with the cause of `last` */
    uint8_t status;  /* enum recipient_status */
    uint8_t flags;
};

#define RECIPIENT_NONE UINT32_MAX

/* RECIPIENT_ACTIVE is stored as waiting: after a crash the attempt is made again. */
void state_encode(struct buf *out, const struct recipient_state *states, size_t count, bool held);
/* Fills `states` (zeroed, `count` of them). Bytes are not trusted:
 * on ERR_CORRUPT, and on ERR_MEMORY, all states are zeroed again. */
MUST_CHECK bool state_decode(struct slice in, const struct mem *mem, struct recipient_state *states,
                             size_t count, bool *held_r, struct err *err_r);
/* Drops what is kept and zeroes the states. */
void state_forget(const struct mem *mem, struct recipient_state *states, size_t count);

#endif
