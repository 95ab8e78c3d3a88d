/* The queue's thread: takes what the receivers stored, hands attempts to the agents, writes down
 * what became of them. */
#ifndef CANDOR_SERVER_SCHEDULER_H
#define CANDOR_SERVER_SCHEDULER_H

#include "deliver/maildir.h"
#include "deliver/outgoing.h"
#include "deliver/sign.h"
#include "deliver/smtp_agent.h"
#include "net/timer.h"
#include "net/workers.h"
#include "queue/queue.h"
#include "receive/connection.h"
#include "server/reuse.h"
#include "server/snapshot.h"
#include "server/tls_reports.h"
#include "server/traces.h"

/* An SMTP agent and the loop that it lives on. */
struct scheduler_agent {
    struct loop *loop;
    struct smtp_agent *agent;
};

struct scheduler_change;

/* Outcomes on their way into the spool that it could not take. */
struct unwritten {
    _Atomic(struct scheduler_change *) told; /* by the spool's thread, for `task` */
    struct task task;
    atomic_bool is_posted;
    atomic_bool is_stuck; /* no new attempts */
    atomic_bool is_over;
    struct scheduler_change *ends; /* to be tried again; states are the queue's */
    uint64_t tries;
    struct timer timer;
};

struct scheduler {
    struct loop *loop;
    struct queue *queue;
    struct suppressions *suppressions;
    const struct suspensions *suspensions;
    struct sources *sources;
    struct traces *traces;
    /* The operator's own, of what replies mean; NULL: none. Workers read it, too. */
    _Atomic(const struct rule_tables *) rules;
    struct spool *spool;
    struct resolver *resolver;
    struct sts *sts;           /* NULL: not asked for */
    struct snapshot *snapshot; /* a reference */
    struct full_boxes *full;
    const struct sign_domains *signing;
    struct tls_reports *tls_reports; /* NULL: none are sent */
    const struct log *log;
    int mailbox_agent; /* the channel to it; 0: none */
    struct workers *workers;
    struct targets_options targets;
    struct endpoint own[OUTGOING_OWN_MAX]; /* addresses that we listen at, for the targets */
    struct reuse reuse;
    int64_t idle_timeout; /* ms that an agent keeps a connection */
    const struct scheduler_agent *agents;
    size_t agent_count;
    size_t next_agent;
    uint32_t active;             /* attempts under way */
    uint32_t writing;            /* notices on their way into the spool */
    const struct dkim_key *seal; /* NULL: nothing is sealed */
    uint32_t reading;            /* bounces and complaints that are being read */
    int64_t suppress_for;        /* ms; 0: nobody is listed by what is read */
    atomic_size_t early;         /* messages that wait for the time that their senders set */
    uint64_t received;           /* messages since the start */
    uint64_t delivered;          /* recipients since the start */
    uint64_t failed;             /* recipients since the start */
    char routed[ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX]; /* the address that was routed last */
    struct timer timer;
    struct task *without_memory; /* arrivals that could not be queued for want of it */
    struct timer memory_timer;   /* until they are tried again */
    struct task pump_task;
    struct unwritten unwritten;
    bool is_pump_posted;
    bool is_stopping;
    void (*drained)(void *ctx);
    void *drained_ctx;
};

/* All fields up to `active` but `queue` are the caller's to fill. False when memory ends. */
MUST_CHECK bool scheduler_init(struct scheduler *s, const struct config *config,
                               struct hash_key key);
void scheduler_free(struct scheduler *s);
/* Reads the spool's messages into the queue; how many. Before the threads start. */
MUST_CHECK enum err_code scheduler_load(struct scheduler *s, size_t *count_r);

/* Mail goes where `n` says from now on, but for what is under way. */
void scheduler_use(struct scheduler *s, struct snapshot *n);
/* A stored message, from any thread: takes `a` over. */
void scheduler_arrived(void *ctx, struct arrival *a);
/* What becomes of messages can't be written to the spool for now. */
bool scheduler_is_stuck(const struct scheduler *s);
/* What waits for a domain is tried now; from any thread. */
void scheduler_fetch(void *ctx, struct fetch *f);
/* Has the queue looked at soon. On the scheduler's thread. */
void scheduler_pump(struct scheduler *s);
/* No new attempts; `drained` is called when those under way are done. On the scheduler's thread. */
void scheduler_stop(struct scheduler *s, void (*drained)(void *ctx), void *ctx);

/* ---- for scheduler_effects.c, scheduler_notice.c, scheduler_store.c and tls_reports.c ---- */
/* scheduler_effects.c */
void scheduler_apply_all(struct scheduler *s);
void scheduler_write_again(struct scheduler *s);
void unwritten_init(struct scheduler *s);
/* Before the spool is closed: what it can't take from now on is only told of. */
void unwritten_end(struct scheduler *s);
typedef void scheduler_stored(struct scheduler *s, spool_id about, bool is_durable);
/* A message of our own. False: it could not be begun. `stored` (or NULL) is called later. */
MUST_CHECK bool scheduler_store(struct scheduler *s, struct slice content,
                                const struct envelope *envelope, scheduler_stored *stored,
                                spool_id about);
/* return_path.c */
/* The sender that the attempt's mail leaves with. */
void return_path_set(const struct snapshot *n, struct delivery *d);
/* A queue's is_alone. */
bool return_path_is_alone(void *ctx, const struct envelope *e);
/* feedback.c: reads a bounce or a complaint that came in, if the message is one. `content` is
 * borrowed, or NULL. */
void feedback_read(struct scheduler *s, spool_id id, const struct envelope *e,
                   struct spool_content *content);
void scheduler_notice(struct scheduler *s, const struct effect *e);
/* Takes *content over. False: there was no memory for it, and `again` will be run in a moment, to
 * call this once more. */
MUST_CHECK bool scheduler_add(struct scheduler *s, spool_id id, struct slice envelope,
                              struct spool_content **content, struct task *again);
void scheduler_check_drained(struct scheduler *s);

#endif
