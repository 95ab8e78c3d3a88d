/* One probe, as its files see it; nobody else includes it. */
#ifndef CANDOR_PROBE_INSIDE_H
#define CANDOR_PROBE_INSIDE_H

#include "deliver/outgoing.h"
#include "deliver/targets.h"
#include "net/stream.h"
#include "policy/dnsbl.h"
#include "probe/probe.h"
#include "receive/reverse_check.h"
#include "smtp/client/client_session.h"

/* More answers than a look-up can lead to: of each exchanger three, and those before. */
enum { PROBE_OWN_MAX = 4 };
enum { PROBE_ANSWERS_MAX = 4 * TARGETS_HOSTS_MAX + 4 };

struct probe_answer {
    struct slice name;
    enum dns_type type;
    struct dns_answer found; /* records in the arena */
};

/* Of a question about ourselves; in the arena. */
struct probe_own_answer {
    struct probe_own_answer *next;
    struct probe *probe;
    struct slice name;
    enum dns_type type;
    bool is_in;
    struct dns_answer found;
};

struct probe {
    const struct probe_question *question;
    struct arena *arena;
    struct probe_verdict *verdict;
    struct finding *root;
    struct loop *loop;
    struct resolver *resolver;
    struct tls_context *tls;
    struct sts *sts;

    /* routing.c */
    struct targets_observer observer;
    struct sts_observer sts_observer;
    struct endpoint listening[OUTGOING_OWN_MAX]; /* addresses that are ours, for the options */
    struct targets_options options;
    struct targets targets;
    struct probe_answer answers[PROBE_ANSWERS_MAX];
    size_t answer_count;
    struct finding *exchangers;  /* NULL: no MX records were asked for */
    struct finding *policy;      /* of MTA-STS; NULL: not asked for */
    enum exchanger_dane no_dane; /* why no exchanger was asked for TLSA records, or ASKED */

    /* session.c */
    struct probe_session *sessions; /* one for each target */
    size_t open;                    /* of them */
    size_t begun;
    struct envelope envelope;
    struct recipient recipient;

    /* own.c */
    struct ip own[PROBE_OWN_MAX]; /* addresses that others see */
    size_t own_count;
    struct probe_own_answer *own_answers;
    size_t own_open; /* questions */
    struct reverse_check reverse[PROBE_OWN_MAX];
    struct dnsbl *lists;
    struct probe_spf *spf;             /* for each address; NULL: none */
    void (*own_next)(struct probe *p); /* when all are answered */
};

/* A connection to a target. */
struct probe_session {
    struct probe *probe;
    const struct target *target;
    struct stream stream;
    struct smtp_client *client;
    struct smtp_client_message message;
    struct buf token; /* that it logs in with */
    struct finding *at;
    int64_t began_at, connect_until; /* connect_until 0: connected */
    bool is_in_clear;                /* TLS failed, and is not required */
    bool is_secure;
    bool wants_tls;
    bool has_quit;    /* all was asked */
    bool is_answered; /* since MAIL could be said */
    bool is_over;
    size_t hellos;
    struct outcome outcome; /* reply 0 and no failure: nothing ended it */
};

/* routing.c: finds p->targets, then calls `found`. */
void probe_find_targets(struct probe *p, targets_found *found);
/* Before look-ups: p->sts_observer. */
void probe_watch_policies(struct probe *p);
/* After it: what holds of all. */
void probe_finish_routing(struct probe *p);
/* An answer with records in p->arena. */
struct dns_answer probe_keep_answer(const struct probe *p, const struct dns_answer *answer);
/* In words, for behind what was found. */
const char *probe_dnssec(const struct probe *p, const struct dns_answer *answer);

/* session.c: talks to all targets at once, then calls probe_finish_sessions. */
void probe_talk(struct probe *p);
void probe_free_sessions(struct probe *p);
/* encryption.c: after the handshake. False: the connection is not as safe as it has to be, which
 * *why_r (in the arena) says. */
MUST_CHECK bool probe_prove(struct probe_session *s, const char **why_r);

/* own.c */
/* Where a connection came from. */
void probe_note_own_address(struct probe *p, const struct net_address *from);
/* Asks what others ask of us, then calls probe_finish_own. */
void probe_look_at_own_side(struct probe *p);
/* Asks one question more; it ends with probe_own_answered, maybe at once. */
void probe_own_ask(struct probe *p, struct slice name, enum dns_type type);
/* The answer that came; NULL: none. */
const struct dns_answer *probe_own_answer(const struct probe *p, struct slice name,
                                          enum dns_type type);
/* own_spf.c: begins to ask for each own address; then what came out. */
void probe_ask_spf(struct probe *p);
void probe_show_spf(struct probe *p, struct finding *at);
/* A question that is counted in p->own_open ended. */
void probe_own_answered(struct probe *p);
/* own_records.c: without a sender the name we call ourselves stands for its domain. */
struct slice probe_sender_domain(const struct probe *p);
/* What the DNS says of the sender's domain. */
void probe_ask_records(struct probe *p);
void probe_show_records(struct probe *p, struct finding *at);

/* probe.c */
void probe_finish_own(struct probe *p);
void probe_finish_sessions(struct probe *p);
/* Whether the mail would go to the next host after this session, as the agent asks. */
bool probe_goes_on(const struct probe *p, size_t at);

#endif
