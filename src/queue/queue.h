/* The schedule over the spool: what is due when, for which destination, and what follows from each
 * outcome. No I/O, no clock: `now` is unix time in ms everywhere. One thread owns a queue (the
 * scheduler's); attempts may be carried out on others.
 *
 *   queue_add(q, &message, now, &err);                  // on commit, and for each message at start
 *   while ((a = queue_next(q, now))) …                  // hand it to an agent
 *   queue_report(q, &a, outcomes, n, decisions, now);   // when the agent is done
 *   while (queue_effect(q, now, &effect)) …             // write state, notices, ends to the spool
 *   wait until queue_due(q), or something comes in
 *
 * A destination with trouble never holds up another one: ready destinations take turns. Within a
 * destination the longest waiting message goes first. */
#ifndef CANDOR_QUEUE_QUEUE_H
#define CANDOR_QUEUE_QUEUE_H

#include "base/hash.h"
#include "base/mem.h"
#include "queue/attempt.h"
#include "queue/decide.h"
#include "queue/source.h"
#include "queue/suppression.h"
#include "queue/suspension.h"

struct queue;

/* Always finds a route: what can't be delivered goes to an agent that reports why. Called while a
 * message is added. The slices of *route_r need be valid only until the next call. */
typedef void queue_router(void *ctx, const struct envelope *e, struct slice address,
                          struct route *route_r);

struct queue_options {
    /* ms */
    int64_t retry_first;    /* pause after the first failed try; doubles with each further one… */
    int64_t retry_most;     /* …up to this */
    int64_t look_again;     /* the same for a site where nobody answers: see site_back_off */
    int64_t retry_greylist; /* pause after being greylisted, the first few times */
    int64_t suspend;        /* pause of a site where the operator has to mend something first */
    int64_t lifetime;       /* from envelope.received_at until a recipient is given up */
    int64_t delay_notice;   /* age at which the sender is told of a delay; 0: never */
    int64_t pace;           /* least time from one message for a site to the next; 0: none */
    uint32_t concurrency;   /* most attempts at once per site: it begins with two, and each
                               success allows one more */
    uint32_t attempts;      /* most at once at all sites that take mail; 0: no limit */
    uint32_t probes;        /* the same for those that did not yet, or not last time: they may be
                               dead, and hold on to attempts that wait for nothing */
    uint32_t recipients;    /* most recipients in one attempt */
    struct suppressions *suppressions;     /* mail to those is given up at once; NULL: none */
    const struct suspensions *suspensions; /* what the operator stopped; NULL: nothing */
    struct sources *sources;               /* that routes name; NULL: none */
    int64_t suppress_for; /* ms that an address which failed for good is listed; 0: it is not */
    const struct rule_tables *rules; /* the operator's own, of what replies mean; NULL: none */
    struct hash_key key;             /* random; also the seed of the jitter */
    queue_router *router;
    /* Whether each recipient of the message has a transaction of its own; NULL: of none. */
    bool (*is_alone)(void *ctx, const struct envelope *e);
    void *router_ctx; /* of both */
};

/* The defaults; key and router are left for the caller. */
struct queue_options queue_default_options(void);

/* NULL when memory ends. `mem` and what options point to must outlive the queue. */
struct queue *queue_new(const struct mem *mem, const struct queue_options *options);
/* What is said from now on is judged by these rules; they have to stay as long as the queue. */
void queue_use_rules(struct queue *q, const struct rule_tables *rules);
/* Attempts not reported yet die with it. Contents still held are given to `drop` (which may be
 * NULL). *q becomes NULL. */
void queue_free(struct queue **q, void (*drop)(void *ctx, void *content), void *ctx);

/* ---- messages in ---- */

struct queue_message {
    spool_id id;
    const struct envelope *envelope; /* copied */
    struct slice state; /* as the last EFFECT_STATE of it had it; empty for a new message */
    void *content;      /* anything the caller needs to get at the content, or NULL */
};

/* False (ERR_MEMORY, or ERR_STATE if the id is there already): the message is not in the queue, the
 * caller keeps the content. True with err_r->code ERR_CORRUPT: `state` could not be read and was
 * left out, so recipients that were delivered to may get the message again; else err_r->code is
 * ERR_OK. */
MUST_CHECK bool queue_add(struct queue *q, const struct queue_message *m, int64_t now,
                          struct err *err_r);

/* ---- attempts ---- */

/* The next attempt that can begin now, or NULL. */
struct attempt *queue_next(struct queue *q, int64_t now);
/* Who takes the mail is known now: attempts of all destinations that have the same site share its
 * limits, and wait together. `site`: any name, the same for the same hosts; `most` attempts at once
 * there, 0: as the options say. False: it is not its turn there; *a becomes NULL, and what it was
 * for waits. Needs not be called. */
MUST_CHECK bool queue_admit(struct queue *q, struct attempt **a, struct slice site, uint32_t most,
                            int64_t now);
/* The same for one destination only: to use an open connection again. */
struct attempt *queue_next_for(struct queue *q, const struct route *route, int64_t now);
/* Ends an attempt; *a becomes NULL. Outcomes are copied as far as they are kept. Recipients without
 * one count as not tried and come again soon. decisions_r (count of them, or NULL) tells for each
 * outcome what was decided; VERDICT_COUNT: nothing, since it is of nobody who was left. */
void queue_report(struct queue *q, struct attempt **a, struct outcome *outcomes, size_t count,
                  struct decision *decisions_r, int64_t now);
/* When to call queue_next and queue_effect again if nothing else happens and both were called until
 * there was nothing left: unix ms, INT64_MAX: never. */
int64_t queue_due(const struct queue *q);

/* ---- effects: what has to be done outside ---- */

enum effect_kind {
    EFFECT_STATE,  /* write .state to the spool; drop .content unless it is NULL */
    EFFECT_NOTICE, /* write a notice to the sender, put it into the spool, call queue_notice_done */
    EFFECT_END     /* all recipients are settled: end the message in the spool, drop .content */
};
enum notice_kind { NOTICE_FAILURE, NOTICE_DELAY, NOTICE_SUCCESS };

struct notice_recipient {
    uint32_t recipient; /* index into envelope->recipients */
    uint32_t attempts;
    enum agent agent;              /* delivered by AGENT_SMTP means: relayed onwards */
    bool expired;                  /* given up since the message got too old */
    const struct outcome *outcome; /* the last one; NULL: it was never tried */
};

struct effect {
    enum effect_kind kind;
    spool_id id;
    struct slice state;              /* EFFECT_STATE */
    void *content;                   /* EFFECT_NOTICE: borrowed, may be NULL */
    const struct envelope *envelope; /* EFFECT_NOTICE */
    enum notice_kind notice;
    const struct notice_recipient *recipients;
    size_t count;
    int64_t expires_at; /* NOTICE_DELAY: when it will be given up */
};

/* False when there is nothing to do. Everything in *effect_r is valid until the next call of any
 * function of this queue. */
bool queue_effect(struct queue *q, int64_t now, struct effect *effect_r);
/* An EFFECT_STATE could not be written: it comes again, with what is known then. */
void queue_state_lost(struct queue *q, spool_id id);
/* The notice is durable (`written`), or could not be written now: then the effect comes again.
 * Until this is called the recipients do not count as settled, so a crash never loses a notice. */
void queue_notice_done(struct queue *q, spool_id id, bool written, int64_t now);
/* At start: a notice is there, so what it tells of is settled, though a crash came before that was
 * written down. After the message that it is about was added. */
void queue_notice_found(struct queue *q, const struct envelope_tells *tells, int64_t now);

/* ---- looking and changing ---- */

enum recipient_status {
    RECIPIENT_WAITING,
    RECIPIENT_ACTIVE, /* an attempt is under way */
    RECIPIENT_DELIVERED,
    RECIPIENT_FAILED,  /* for good; its notice is not written yet */
    RECIPIENT_BOUNCED, /* for good; the sender has been told, or does not want to be */
    RECIPIENT_REMOVED  /* by the operator */
};

/* Empty fields choose everything. */
struct queue_filter {
    spool_id id;
    struct slice destination; /* whole, any case; or the name of a site */
    struct slice sender;      /* whole address or `@domain`, any case; `<>`: the null sender */
    struct slice recipient;   /* whole address, `@domain` or `.domain` for all below it, any case */
    struct slice campaign;    /* whole, any case */
    int64_t came_before;      /* unix ms; 0: at any time */
    int64_t came_after;
    bool by_cause;
    enum cause cause; /* of the last outcome; only with by_cause */
};

/* Whether `wanted`, as in a filter, chooses the address. */
bool queue_address_fits(struct slice address, struct slice wanted);

/* One recipient that is not settled; valid during the visit. */
struct queue_view {
    spool_id id;
    const struct envelope *envelope;
    uint32_t recipient;
    struct route route;
    struct slice site; /* as in struct queue_group */
    struct slice source;
    bool is_used_up; /* its pool sent what today allows */
    enum recipient_status status;
    bool held;
    const struct suspension *suspension; /* of the operator's; NULL: none stops it */
    uint32_t attempts;
    int64_t until;                 /* next try, unix ms; INT64_MAX when held or stopped */
    int64_t expires;               /* when it will be given up */
    const struct outcome *outcome; /* the last one, of the destination if it is the one that waits;
                                      NULL: none yet */
    struct diagnosis diagnosis;    /* of outcome; not set without one */
    struct slice why;              /* one sentence, without a time */
};
/* Return false to stop. Must not change the queue. */
typedef bool queue_visitor(void *ctx, const struct queue_view *view);

/* Oldest message first. */
void queue_visit(struct queue *q, const struct queue_filter *filter, queue_visitor *visit,
                 void *ctx, int64_t now);

/* Recipients that wait at one site for one reason; valid during the visit. */
struct queue_group {
    struct slice site; /* its name, or the destination while its hosts are not known */
    enum recipient_status status;
    bool held;
    const struct suspension *suspension; /* of the operator's, of the oldest; NULL: none */
    bool is_used_up;                     /* their pool sent what today allows */
    bool is_tried;                       /* then `cause` and `outcome` say why they wait */
    bool is_pausing;                     /* all mail for the site waits… */
    bool is_suspended;                   /* …until the operator mends something */
    enum cause cause;
    const struct outcome *outcome; /* of the oldest; NULL: none yet */
    size_t messages;
    size_t recipients;
    int64_t oldest; /* when the oldest came in, unix ms */
    int64_t next;   /* the next try of any; INT64_MAX: none before they are released */
    spool_id id;    /* the oldest */
    spool_id last_id;
};
/* Return false to stop. Must not change the queue. */
typedef bool queue_group_visitor(void *ctx, const struct queue_group *group);
/* In no order. False: the visitor stopped it, or memory ended. */
MUST_CHECK bool queue_groups(struct queue *q, const struct queue_filter *filter,
                             queue_group_visitor *visit, void *ctx, int64_t now);

/* Hosts that let in nothing from a source of ours for now; valid during the visit. */
struct queue_source_trouble {
    struct slice hosts; /* their site's name */
    bool is_suspended;  /* until the operator mends something */
    int64_t until;      /* unix ms */
    enum cause cause;
    const struct outcome *outcome; /* NULL: memory had ended */
};
typedef void queue_source_visitor(void *ctx, const struct queue_source_trouble *trouble);
/* Those of the source with that number, in no order. The visitor must not change the queue. */
void queue_visit_source(struct queue *q, uint8_t source, queue_source_visitor *visit, void *ctx);

enum queue_command {
    QUEUE_RETRY,   /* due now, destination included; one last try for what is too old */
    QUEUE_HOLD,    /* not tried, not given up, until released */
    QUEUE_RELEASE, /* and due now */
    QUEUE_REMOVE,  /* forgotten without a notice */
    QUEUE_BOUNCE   /* given up now, with a notice */
};
/* To all messages that have an unsettled recipient which the filter chooses; the command acts on
 * the whole message. How many messages: the same number with `dry_run`, which changes nothing.
 * Attempts under way are not broken off: if one succeeds, that recipient is delivered. */
size_t queue_command(struct queue *q, enum queue_command command, const struct queue_filter *filter,
                     bool dry_run, int64_t now);

/* Messages that somebody else asked for. */
struct queue_fetched {
    size_t due;     /* tried from now on */
    size_t active;  /* tried already */
    size_t stopped; /* by the operator: held or suspended */
};
/* As QUEUE_RETRY, but as far as a stranger may ask for it: what the operator stopped stays, as does
 * what is to wait for a time that its sender set, which is not counted; and nothing lives longer
 * for it. Adds to *f. */
void queue_fetch(struct queue *q, const struct queue_filter *filter, int64_t now,
                 struct queue_fetched *f);

/* After a change of options.suspensions: what is stopped waits, what is not goes on. Attempts under
 * way are not broken off. */
void queue_suspensions_changed(struct queue *q, int64_t now);

/* After a change of what the router says, or of options.sources: all that waits goes the ways that
 * hold now. Attempts under way are not broken off. */
void queue_reroute(struct queue *q, int64_t now);

struct queue_counts {
    size_t messages;
    size_t destinations;
    size_t active;      /* attempts under way */
    size_t backing_off; /* destinations that wait */
    size_t early;       /* messages that wait for the time that their senders set */
};
void queue_count(const struct queue *q, struct queue_counts *counts_r);

#endif
