/* Between the files of the look-up of targets; nobody else includes it. */
#ifndef CANDOR_DELIVER_TARGETS_INSIDE_H
#define CANDOR_DELIVER_TARGETS_INSIDE_H

#include "deliver/targets.h"

/* A mail exchanger, or the domain itself; its addresses come from two questions. */
struct exchanger {
    struct search *search;
    struct dns_mx mx;
    uint32_t order; /* random: spreads the load over exchangers of one preference (RFC 5321 5.1) */
    struct slice a[TARGETS_MAX / 2];
    size_t a_count;
    struct slice aaaa[TARGETS_MAX / 2];
    size_t aaaa_count;
    bool is_insecure;   /* an address came without DNSSEC */
    struct slice alias; /* what its name stands for (CNAME); empty: itself */
    struct slice base;  /* the name whose TLSA records were asked for last */
    enum exchanger_dane dane;
    bool is_unproven; /* whether there are TLSA records can't be told: not to be used now */
    struct target_security *security; /* NULL: as the options say */
};

struct search {
    struct resolver *resolver;
    struct arena *arena;
    struct targets *targets;
    targets_found *found;
    void *ctx;
    const struct targets_options *options;
    struct slice domain;
    uint16_t port;
    bool is_smarthost;
    struct target_security *security; /* what the options say */
    struct sts_policy *policy;        /* of MTA-STS, to be kept to; NULL: none */
    bool needs_proof;
    bool ignores_rules;
    bool is_secure; /* the exchangers' names came with DNSSEC, or from us */
    struct exchanger exchangers[TARGETS_HOSTS_MAX];
    size_t count;
    size_t pending;          /* questions without an answer yet */
    enum dns_status status;  /* of a failure, as soon as one look-up ended in one */
    bool is_implicit;        /* no MX record: the domain's own address (RFC 5321 5.1) */
    uint32_t own_preference; /* this server's; from there on they would send it back to us */
};

/* targets.c */
void targets_show(const struct search *s, struct slice name, enum dns_type type,
                  const struct dns_answer *answer);
/* All is known: the end of the search. */
void targets_settle(struct search *s);

/* targets_tlsa.c: asks for the exchangers' TLSA records, then targets_settle. */
void targets_ask_tlsa(struct search *s);

#endif
