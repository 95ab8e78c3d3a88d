/* Between the files of server/: the parts of a running server. */
#ifndef CANDOR_SERVER_INSIDE_H
#define CANDOR_SERVER_INSIDE_H

#include <pthread.h>

#include "control/control.h"
#include "deliver/sign.h"
#include "net/listener.h"
#include "net/resolver.h"
#include "server/journal.h"
#include "server/reach.h"
#include "server/scheduler.h"
#include "server/server.h"
#include "system/zone.h"

struct server;

/* One of the loops that carry connections, with its thread. */
struct lane {
    struct server *server;
    struct loop *loop;
    pthread_t thread;
    bool is_running;
    struct receiver receiver;
    struct smtp_agent *agent;
    struct snapshot *snapshot;           /* what its entrances show */
    struct receiver_entrance *entrances; /* one for each `listen` of the configuration */
    struct listener **listeners;         /* one for each address of the configuration */
    size_t listener_count;
    struct task close_task;
    struct task stop_task;
    struct task drained_task;
};

struct control_socket;

enum { SERVER_SIGNALS = 4 };

struct server {
    const char *file;                /* the configuration's */
    const struct config *config;     /* of the start: holds for all that a reload can't change */
    struct snapshot *snapshot;       /* of the last reading */
    const struct rule_tables *rules; /* the operator's own; NULL: none */
    uint64_t rules_sum;              /* of the files that they come from */
    struct rules_read *rules_read;   /* by reloads, the newest first; NULL: none yet */
    const struct log *log;
    struct handover *handover; /* what came with the start */
    struct reach reach;        /* what can be reached, if it is_confined */
    bool is_confined;
    struct buf *why;
    struct loop *loop; /* the main thread's: queue, control socket, page, signals */
    struct spool *spool;
    struct resolver *resolver;
    struct sts *sts; /* NULL: not asked for */
    struct clients clients;
    struct rates rates;
    struct full_boxes full;
    struct refusals refusals;
    uint32_t connections_most; /* what the limit of open files allows; 0: any number */
    struct tls_context *tls_out;
    struct sign_domains signing;
    struct smtp_agent_options agent_options;
    atomic_uint connections;
    struct workers *workers;
    struct pam_helper *pam;        /* NULL: it is not asked */
    struct workers *login_workers; /* their own, so that no login waits for a disk */
    char login_secret[32];
    struct suppressions suppressions;
    struct suspensions suspensions;
    struct journal suppressed; /* of the first list */
    struct journal suspended;  /* of the second */
    struct sources sources;
    struct source source_list[CONFIG_SOURCES_MAX]; /* of it */
    struct journal sent;                           /* of what each source sent */
    struct traces traces;
    struct scheduler scheduler;
    struct scheduler_agent *agents;
    struct lane *lanes;
    size_t lane_count;
    struct control_backend backend;
    struct zone zone; /* of the main thread */
    struct control_socket *control;
    struct web *web;
    struct event *signals[SERVER_SIGNALS];
    struct timer stop_timer;
    struct timer drain_timer;
    int64_t drain_until; /* monotonic ms; 0: not draining */
    struct timer watchdog;
    int64_t watchdog_every; /* ms; 0: nobody watches */
    size_t undrained;       /* parts that are not done yet, while stopping */
    bool is_stopping;
    bool is_forced; /* the time to stop was up */
    int64_t started_at;
};

/* lane.c: false with server->why filled. */
MUST_CHECK bool lanes_open(struct server *s);
MUST_CHECK bool lanes_start(struct server *s);
/* Who connects from now on finds `n`. False without memory: nothing changed. */
MUST_CHECK bool lanes_use(struct server *s, struct snapshot *n);
/* The ports alone; who is connected stays. */
void lanes_close(struct server *s);
void lanes_stop(struct server *s);
void lanes_join(struct server *s);
void lanes_free(struct server *s);

/* sources.c: those of the snapshot are the queue's from now on. */
void sources_use(struct server *s, const struct snapshot *n);
/* For the operator; ctx: the server. */
void sources_show(void *ctx, uint8_t source, struct control_source *source_r);

/* reload.c */
/* The most in a minute that the configuration allows. */
void rates_from(const struct config_rates *from, uint32_t most[RATE_COUNT]);
/* Completes a new snapshot with what the running server has. */
void snapshot_connect(struct server *s, struct snapshot *n);
/* Reads the configuration again. False with `why` filled: all is as it was. `kept`: names of what
 * changed in the file and needs a restart. Both are logged. */
bool server_reload(struct server *s, struct buf *kept, struct buf *why);
void server_on_hangup(struct server *s);

/* signing.c: false with server->why filled. Reads the keys: before rights are dropped. */
MUST_CHECK bool signing_load(struct server *s);
void signing_free(struct server *s);

/* folders.c: false with server->why filled. Before rights are dropped. */
MUST_CHECK bool folders_make(struct server *s);

/* confine.c: the sandbox, when all that needs more is done and no thread was started. False with
 * server->why filled. */
MUST_CHECK bool confine(struct server *s);
/* Whether the sandbox leaves the running server all that another configuration leads to; else a
 * line for each thing in `why`. */
MUST_CHECK bool confined_reaches(const struct server *s, const struct config *c, struct buf *why);
void confined_free(struct server *s);

/* login_secret.c: false with server->why filled. */
MUST_CHECK bool login_secret_load(struct server *s);

/* admin.c: what control/ asks for. */
void admin_init(struct server *s);

/* drain.c: makes room for a successor: takes no new connections, lets those that are there finish
 * for a moment, then stops. */
void server_drain(struct server *s);

/* server.c */
void server_stop(struct server *s);
void server_drained(struct server *s);

/* control_socket.c: NULL with `why` filled. */
struct control_socket *control_socket_open(struct server *s, struct slice path);
void control_socket_close(struct control_socket *c);

/* ---- rules_renew.c ---- */

/* The operator's rules as they are now. False: `why` tells what is wrong, and nothing changed.
 * *read_r is NULL where they are as before. */
MUST_CHECK bool rules_read_again(const struct server *s, struct slice folder,
                                 struct rules_read **read_r, struct buf *why);
/* From now on replies mean what they say; NULL changes nothing. */
void rules_use(struct server *s, struct rules_read *read);
/* For what was read, and is not used. */
void rules_drop(struct rules_read *read);
/* When nobody decides anything any more. */
void rules_forget(struct server *s);

#endif
