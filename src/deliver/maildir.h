/* Final delivery into a Maildir: written in tmp/, synced, renamed into new/, directory synced.
 * Blocks: runs on a worker's thread. */
#ifndef CANDOR_DELIVER_MAILDIR_H
#define CANDOR_DELIVER_MAILDIR_H

#include "deliver/delivery.h"

struct maildir_box {
    struct slice path; /* in the arena; NUL-terminated */
    uint64_t quota;    /* bytes; 0: as its maildirsize says */
    bool refuses_full; /* full is full for good: 552, not 452 */
    bool is_owners;    /* written as who owns it; else as we are */
    bool is_disabled;  /* nothing goes into it */
    bool is_paused;    /* nothing goes into it for now */
};

/* The Maildir of a local address; false: there is none any more. Called on workers' threads. */
typedef bool maildir_find(void *ctx, struct slice address, struct arena *arena,
                          struct maildir_box *box_r);

struct maildir_agent {
    maildir_find *find;
    void *ctx;
    int channel; /* to the mailbox agent; 0: there is none, and all is written as we are */
};

/* Settles each recipient, then calls d->done. */
void maildir_deliver(const struct maildir_agent *agent, struct delivery *d);

#endif
