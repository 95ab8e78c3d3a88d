/* Which hosts a destination's mail goes to, in the order in which they are tried: MX records by
 * preference, the domain itself without any, or a smarthost (RFC 5321 5.1). Runs on the resolver's
 * loop. */
#ifndef CANDOR_DELIVER_TARGETS_H
#define CANDOR_DELIVER_TARGETS_H

#include "deliver/sts.h"
#include "mail/tls_report.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "queue/attempt.h"

/* How a connection has to be secured; each more than the one before. */
enum target_tls {
    TARGET_TLS_OFF,
    TARGET_TLS_MAY,    /* where it is offered and works (RFC 7435) */
    TARGET_TLS_MUST,   /* whoever it is */
    TARGET_TLS_VERIFY, /* certificate authorities prove who it is */
    TARGET_TLS_DANE    /* the DNS does (RFC 7672) */
};

struct target_security {
    enum target_tls tls;
    const char *rule; /* who says so, in words; static */
    enum tls_policy_type policy;
    struct tlsa *tlsa;
    size_t tlsa_count;
    struct slice base;    /* the name that has them (RFC 7672 2.2.3); empty: there are none */
    const char *next_hop; /* what mail is queued for, as a name in certificates; NULL: none */
};

struct target {
    struct slice host; /* its name */
    uint16_t preference;
    struct net_address address;
    const struct target_security *security;
};

/* More hosts and addresses than these are not tried in one attempt. */
enum { TARGETS_MAX = 16, TARGETS_HOSTS_MAX = 8 };

struct targets {
    struct target list[TARGETS_MAX];
    size_t count;
    struct reply failure; /* when count is 0: what to report, in the arena or static */
};

typedef void targets_found(void *ctx);

/* Why an exchanger is tried or not. */
enum exchanger_state {
    EXCHANGER_USED,
    EXCHANGER_WITHOUT_ADDRESS,
    EXCHANGER_UNPROVEN, /* whether it has TLSA records can't be told */
    EXCHANGER_UNNAMED,  /* the domain's policy of MTA-STS does not name it */
    EXCHANGER_OURS      /* it is this server, or no more preferred than it (RFC 5321 5.1) */
};

/* Whether TLSA records were asked for, and why not. */
enum exchanger_dane {
    EXCHANGER_DANE_ASKED,
    EXCHANGER_DANE_OFF,             /* by the options */
    EXCHANGER_DANE_DOMAIN_INSECURE, /* the MX records came without DNSSEC */
    EXCHANGER_DANE_HOST_INSECURE,   /* its addresses did, or it has none */
};

struct targets_exchanger {
    struct slice host;
    uint16_t preference;
    bool is_implicit; /* the domain itself */
    enum exchanger_state state;
    enum exchanger_dane dane;
    struct slice alias; /* what its name stands for (CNAME); empty: itself */
    struct slice base;  /* whose TLSA records were asked for last */
    const struct target_security *security;
};

/* For whoever wants to see each step of a look-up. What is pointed to is valid during the call. */
struct targets_observer {
    void (*answer)(void *ctx, struct slice name, enum dns_type type,
                   const struct dns_answer *answer);
    /* In the order in which they are tried; after all answers. */
    void (*exchanger)(void *ctx, const struct targets_exchanger *e);
    void *ctx;
};

struct targets_options {
    uint16_t port;                           /* where exchangers listen, 25 but for tests */
    enum target_tls tls;                     /* without a rule that asks for more */
    bool has_dane;                           /* TLSA records are asked for */
    struct sts *sts;                         /* policies of MTA-STS; NULL: not asked for */
    const struct targets_observer *observer; /* NULL: nobody looks on */
    struct slice hostname;                   /* ours: an exchanger of that name is this server */
    const struct endpoint *own;              /* and so is one at these addresses */
    size_t own_count;
};

/* What a route's `tls` says. */
static inline uint8_t target_tls_for_route(enum target_tls tls)
{
    return (uint8_t)(1 + tls);
}

struct targets_question {
    const struct route *route;
    bool needs_proof;   /* the message may go only to who proves who he is (RFC 8689) */
    bool ignores_rules; /* neither TLSA records nor MTA-STS keep it back (RFC 8689 3) */
};

/* Looks the route's hosts up into *t, then calls `found` (possibly before it returns). Names live
 * in `arena`; `o` must outlive the look-up. */
void targets_find(struct resolver *r, const struct targets_question *q,
                  const struct targets_options *o, struct arena *arena, struct targets *t,
                  targets_found *found, void *ctx);

#endif
