/* Between parent.c and parent_keeper.c. */
#ifndef CANDOR_SERVER_PARENT_H
#define CANDOR_SERVER_PARENT_H

#include <limits.h>
#include <sys/types.h>

#include "base/log.h"
#include "server/handover.h"
#include "system/config.h"

struct parent {
    const char *file; /* the configuration's */
    const struct log *log;
    struct handover holds;  /* the sockets, and the channel to the mail process */
    char program[PATH_MAX]; /* where the one that runs was found, for the one to come */
    pid_t mail;             /* 0: none runs */
    pid_t mailboxes;        /* the mailbox agent; 0: none runs */
    bool has_mailboxes;     /* there is to be one */
    int64_t mailboxes_at;   /* when it is started again; 0: not waiting */
    bool is_ready;          /* the mail process serves */
    bool was_ready;         /* one did, so that the next is worth another try */
    bool is_replacing;      /* the mail process is to end, for another */
    bool is_stopping;
    bool is_over;
    int status;             /* of the mail process, when it is over */
    int64_t started_at;     /* monotonic ms, as below */
    int64_t start_again_at; /* 0: not waiting */
    int64_t alive_at;       /* when the manager is to hear of us */
    int64_t alive_every;    /* ms; 0: it does not ask */
    int64_t pause;          /* before the next start */
};

/* Answers one message of the mail process. False: it has closed its end. */
bool parent_answer(struct parent *p);
/* Whether the program and the configuration that are there now could take over, ports included;
 * else `why`. */
MUST_CHECK bool parent_can_upgrade(struct parent *p, struct buf *why);
/* Becomes that program. Returns only when that failed: it was logged, and all is as it was. */
void parent_upgrade(struct parent *p);
void parent_refuse_upgrade(const struct parent *p, const struct buf *why);
/* In a child: becomes candor with these arguments, ended by NULL. Does not return. */
_Noreturn void parent_become(const char *program, const char *const *arguments);

#endif
