/* What stands in an SPF record (RFC 7208 4.6.1), and macros (RFC 7208 7). */
#ifndef CANDOR_AUTH_SPF_TERMS_H
#define CANDOR_AUTH_SPF_TERMS_H

#include "base/buf.h"
#include "base/ip.h"

struct spf_input {
    struct ip client;
    struct slice local;  /* of the sender; `postmaster` where there is none */
    struct slice domain; /* of the sender, or what the client calls itself */
    struct slice helo;
};

enum spf_kind {
    SPF_ALL,
    SPF_INCLUDE,
    SPF_A,
    SPF_MX,
    SPF_PTR,
    SPF_IP4,
    SPF_IP6,
    SPF_EXISTS,
    SPF_REDIRECT,
    SPF_OTHER /* a modifier that decides nothing */
};

struct spf_term {
    struct slice text; /* all of it */
    enum spf_kind kind;
    char qualifier;    /* `+`, `-`, `~`, `?` */
    struct slice spec; /* domain-spec; empty: the record's own domain */
    struct cidr net;   /* IP4, IP6 */
    uint8_t prefix4, prefix6;
};

/* False: it is no term. */
MUST_CHECK bool spf_term_read(struct slice text, struct spf_term *t_r);
/* The network around an address: bits behind the prefix become 0. */
struct cidr spf_net(struct ip ip, uint8_t prefix);
/* The text behind `v=spf1`; false: it is another record. */
MUST_CHECK bool spf_record_read(struct slice text, struct slice *terms_r);
/* What a domain-spec means with `domain` as the current one; names that are too long lose labels
 * at their left (RFC 7208 7.3). False: it is wrong. */
MUST_CHECK bool spf_expand(struct slice spec, const struct spf_input *in, struct slice domain,
                           struct buf *out);

#endif
