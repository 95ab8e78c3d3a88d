/* The queue's own types, for the files of this folder alone.
 *
 * A message is one block of memory: itself, its recipients' states, a copy of its envelope. (Its
 * jobs are a second one when it goes more than one way.) A job is the part of a message that goes
 * one way; it is what waits, alone in the heap of due times until its time comes, then in its
 * destination's list. A destination takes turns with the others of its site while it has ready
 * jobs; a site takes turns with the others while it has such destinations, a free slot, and does
 * not back off. */
#ifndef CANDOR_QUEUE_INSIDE_H
#define CANDOR_QUEUE_INSIDE_H

#include "base/list.h"
#include "base/map.h"
#include "queue/due.h"
#include "queue/pace.h"
#include "queue/queue.h"
#include "queue/state.h"

/* Where mail exchangers are shared, so are limits and trouble. A destination has a site of its own
 * until it is known who takes its mail: then the one of those hosts (queue_admit). */
struct site {
    struct list turns;       /* destinations with ready jobs, the longest waiting first */
    struct list turn;        /* in queue.turns or queue.probes */
    struct list idle;        /* in queue.idle: kept for what was learned about it */
    struct due pause;        /* set while it backs off, or between two messages */
    struct kept *last;       /* why it backs off, or did last */
    struct destination *own; /* whose alone it is; NULL: it has a name */
    size_t destinations;
    uint32_t active;
    uint32_t slots;         /* attempts at once now… */
    uint32_t most;          /* …which grow up to this, what the site stands… */
    uint32_t highest;       /* …or, for all we know, might stand */
    uint32_t recipients;    /* per attempt now, of options.recipients */
    uint32_t failures;      /* back-offs in a row… */
    int64_t failing_since;  /* …unix ms of the first */
    uint32_t repeats;       /* those among them that had the cause of `last` */
    uint32_t calm;          /* successes since it last had too many connections */
    uint32_t dares;         /* how often in a row it found one more too many */
    bool is_proven;         /* it took mail, and had no trouble since */
    bool is_suspended;      /* while it pauses: the operator has to mend something */
    bool is_source_refused; /* while it pauses: it is about the address that we come from */
    bool is_pacing;         /* the pause is only between two messages */
    struct pace pace;       /* of messages */
    int64_t used;           /* unix ms of the last attempt there */
    size_t hosts_len;       /* of the name, without the source */
    size_t name_len;
    char name[];
};

struct destination {
    struct list ready; /* jobs, the longest waiting first */
    struct list turn;  /* in site.turns */
    struct site *site;
    struct route route;
    size_t jobs; /* of all messages */
    uint32_t active;
    /* used while a message is added, see message.c */
    struct list grouped;
    uint64_t grouping;
    uint32_t group;
    size_t key_len;
    char key[];
};

struct job {
    struct list ready; /* in destination.ready */
    struct due due;    /* set while it waits for its time */
    struct message *message;
    struct destination *destination;
    uint32_t first; /* recipient, and on by recipient_state.next */
};

/* What the operator said while attempts were under way. */
enum ending { ENDING_NONE, ENDING_BOUNCE, ENDING_REMOVE };

struct message {
    struct list all;     /* in queue.all */
    struct list effects; /* in queue.effects, if queue_effect has to look at it */
    struct due timer;    /* expiry, delay notice, another go at a notice */
    spool_id id;
    void *content;
    struct recipient_state *states;
    struct job *jobs;
    uint32_t job_count;
    uint32_t active;     /* attempts under way */
    int64_t expires;     /* when what still waits is given up */
    int64_t pause_until; /* no effects before: memory or the spool had no room */
    bool held;
    bool is_early;   /* its sender set a time for it, and nothing was tried yet */
    bool is_alone;   /* each recipient has an attempt of its own */
    bool is_dirty;   /* the spool has an older state */
    bool is_stale;   /* its ways are to be found anew, when no attempt is under way */
    bool in_notice;  /* between EFFECT_NOTICE and queue_notice_done */
    uint8_t notice;  /* enum notice_kind, then */
    uint8_t ending;  /* enum ending */
    size_t size;     /* of the block */
    struct job only; /* the job, when there is no more than one */
    struct envelope envelope;
};

/* What queue_next hands out is its first member. */
struct own_attempt {
    struct attempt attempt;
    struct list active; /* in queue.active */
    struct message *message;
    struct job *job;
    struct destination *destination; /* that it is for; the job may be another's by now */
    bool is_probe;                   /* begun at a site that was not proven */
    bool is_admitted;                /* counted within the limits of a site that is known */
    bool *is_reported;               /* per recipient of the attempt */
    size_t size;
};

struct queue {
    const struct mem *mem;
    struct queue_options options;
    uint64_t random;
    struct id_map messages;
    struct name_map destinations;
    struct name_map sites; /* those with a name */
    struct list all;       /* messages, oldest first */
    struct list turns;     /* sites that can take an attempt now: proven ones… */
    struct list probes;    /* …and the others */
    struct list idle;      /* sites that nothing is for, the longest unused first */
    struct list effects;   /* messages */
    struct list active;    /* attempts */
    size_t active_count;
    size_t early;                    /* messages that are */
    uint32_t probing;                /* of them at sites that were not proven */
    bool was_probe;                  /* the last that began */
    uint64_t groupings;              /* messages added so far */
    struct due_heap waiting;         /* jobs */
    struct due_heap pauses;          /* sites */
    struct due_heap timers;          /* messages */
    struct buf name;                 /* a site's, while it is put together */
    struct buf state;                /* EFFECT_STATE's bytes, and queue_view's words */
    struct notice_recipient *notice; /* EFFECT_NOTICE's list */
    size_t notice_size;
};

/* destination.c: finds or makes it; NULL when memory ends. */
struct destination *destination_get(struct queue *q, const struct route *route);
struct destination *destination_find(struct queue *q, const struct route *route);
/* Puts it into its site's turns or takes it out, as it stands; forgets it when nobody needs it. */
void destination_place(struct queue *q, struct destination *d);
void destination_forget(struct queue *q, struct destination *d);
/* To the site that it turned out to be of. */
void destination_move(struct queue *q, struct destination *d, struct site *s);

/* site.c: that of one destination, until its hosts are known; NULL when memory ends. */
struct site *site_new_own(struct queue *q, struct destination *d);
/* The one of that name, found or made; `most` connections, 0: as the options say. NULL when memory
 * ends. */
struct site *site_get(struct queue *q, struct slice hosts, uint8_t source, uint32_t most);
void site_free(struct queue *q, struct site *s);
/* Puts it into the turns or takes it out, as it stands; forgets it when nobody needs it. */
void site_place(struct queue *q, struct site *s);
/* An attempt begins at one that is known: the next one has to wait as long as is wanted there. */
void site_pace(struct queue *q, struct site *s, int64_t now);
/* It had trouble: everything for it waits. `wait` in ms, 0: as the schedule says; but where nobody
 * answers, one looks again after options.look_again at most, or, if that is longer, after a
 * sixteenth of the time that nobody did. So mail goes soon after the host is back. */
void site_back_off(struct queue *q, struct site *s, struct kept *why, int64_t wait, int64_t now);
/* The same, where trying again is of no use until the operator has mended something. */
void site_suspend(struct queue *q, struct site *s, struct kept *why, int64_t wait, int64_t now);
/* It works: one more at once. */
void site_succeeded(struct site *s, int64_t now);
/* Forgets what was learned about those that nothing was for a long time. */
void sites_forget(struct queue *q, int64_t now);
void site_resume(struct queue *q, struct site *s);
static inline struct slice site_name(const struct site *s)
{
    return slice_of(s->name, s->name_len);
}
static inline struct slice site_hosts(const struct site *s)
{
    return slice_of(s->name, s->hosts_len);
}
static inline bool site_is_pausing(const struct site *s)
{
    return due_is_set(&s->pause) && !s->is_pacing;
}
/* When what is due then can really go. */
static inline int64_t site_due(const struct site *s, int64_t due)
{
    return site_is_pausing(s) && s->pause.at > due ? s->pause.at : due;
}

/* way.c: into q->name: `mx.x.example from out1`, by which site_get finds it. */
void site_compose_name(struct queue *q, struct slice hosts, uint8_t source);
/* Whether an operator means it: with the source or without. */
bool site_is_named(const struct site *s, struct slice wanted);
/* It pauses for a reason that another source may not have: what is ready goes from the next. */
void site_refuse_source(struct queue *q, struct site *s, int64_t now);
/* Of a job that is due, with a pool: sees that its source can take it, by another one if need be.
 * Returns when it may go. */
int64_t job_choose_source(struct queue *q, struct job *j, int64_t now);
/* No source of its pool may send any more today. */
bool job_is_used_up(const struct queue *q, const struct job *j, int64_t now);

/* message.c: all of it, or NULL when memory ends. Its recipients' states are zeroed. */
/* Its age counts from here: when it came, or may go. */
int64_t message_begins(const struct envelope *e);
struct message *message_new(struct queue *q, const struct queue_message *in);
/* Makes its jobs from the recipients that are not settled; false when memory ends. */
MUST_CHECK bool message_route(struct queue *q, struct message *m, int64_t now);
/* The same anew, as the router says now; while attempts are under way, after the last of them. */
void message_reroute(struct queue *q, struct message *m, int64_t now);
/* What its sender set is over: it is tried, or gone. */
void message_begin(struct queue *q, struct message *m);
/* Out of every list, and gone. The content is the caller's. */
void message_free(struct queue *q, struct message *m);
bool recipient_is_settled(const struct recipient_state *s);

/* job.c: puts it where its recipients' states say: with its destination, among the waiting,
 * nowhere. */
void job_place(struct queue *q, struct job *j, int64_t now);
/* What the operator stopped it by; NULL: nothing. */
const struct suspension *job_suspension(const struct queue *q, const struct job *j);
/* After anything that may have changed several of them. */
void message_place(struct queue *q, struct message *m, int64_t now);
/* ms to wait after the `failures`-th failure in a row, with jitter. */
int64_t retry_pause(struct queue *q, uint32_t failures);
/* `ms`, and up to an eighth of it more. */
int64_t retry_jitter(struct queue *q, int64_t ms);

/* The last that is known: its own outcome, or its destination's; NULL: neither was tried. Only for
 * one that was not settled when the message came in. */
const struct kept *recipient_last(const struct message *m, uint32_t i);

/* attempt.c */
void attempt_free(struct queue *q, struct own_attempt *a);

/* settle.c: a recipient's end. */
bool recipient_wants_notice(const struct message *m, uint32_t i, enum dsn_notify of);
/* `is_dsn_passed`: the next host tells of the success, we do not (RFC 3461 5.2.2); `is_by_passed`:
 * it knows by when it is to be delivered. */
void recipient_deliver(struct message *m, uint32_t i, bool is_dsn_passed, bool is_by_passed);
/* Its sender asked to be told when it is late (DELIVERBY), and has not said that he wants to hear
 * nothing. */
bool recipient_wants_by(const struct message *m, uint32_t i);
/* A notice will follow, unless nobody wants one. */
void recipient_fail(struct message *m, uint32_t i);
/* Gives up those that the suppression list has, before they are tried. */
void message_drop_suppressed(struct queue *q, struct message *m, int64_t now);
/* It failed for good: the list has it from now on, where that is wanted. */
void recipient_suppress(struct queue *q, const struct message *m, uint32_t i,
                        const struct outcome *o, enum cause cause);
/* Gives up what is still waiting: it got too old, or the operator says so. */
void message_expire(struct queue *q, struct message *m);
void message_end(struct queue *q, struct message *m, enum ending ending);

/* view.c: why it waits: its site's trouble while that pauses, else its own; NULL: never tried. */
struct kept *recipient_reason(const struct recipient_state *s, const struct site *site);
int64_t recipient_next_try(const struct queue *q, const struct message *m,
                           const struct recipient_state *s, int64_t now);
/* The links in queue.all of what may fit a filter, oldest first; &q->all ends them. */
struct list *messages_first(struct queue *q, const struct queue_filter *f);
struct list *messages_next(struct queue *q, const struct queue_filter *f, const struct list *l);
/* Whether a filter chooses it; a recipient only if it is not settled. */
bool message_fits(const struct message *m, const struct queue_filter *f);
bool recipient_fits(const struct queue *q, const struct message *m, uint32_t i,
                    const struct queue_filter *f);

/* effect.c: queue_effect is to look at it. */
void message_touch(struct queue *q, struct message *m);
/* Sets the timer to what comes next for the message. */
void message_wind(struct queue *q, struct message *m);
/* Everything whose time has come. */
void queue_tick(struct queue *q, int64_t now);

#endif
