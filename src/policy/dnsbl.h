/* Blocklists that are asked over the DNS (RFC 5782): the question for an address, and what the
 * answer means. Somebody else asks. */
#ifndef CANDOR_POLICY_DNSBL_H
#define CANDOR_POLICY_DNSBL_H

#include "base/buf.h"
#include "base/ip.h"
#include "dns/record.h"

struct dnsbl {
    struct slice zone;
    struct slice url;         /* where people look it up; `{ip}` stands for the address */
    const struct cidr *codes; /* answers that count */
    size_t count;
};

enum dnsbl_verdict {
    DNSBL_ABSENT,  /* not on the list, or with a code that does not count */
    DNSBL_LISTED,  /* on it */
    DNSBL_UNKNOWN, /* the look-up failed */
    DNSBL_UNUSABLE /* the list answers, but won't tell us: says nothing of the address */
};

/* Room for the longest reversed address (RFC 3596 2.5), a dot and a zone. */
enum { DNSBL_NAME_MAX = 64 + 255 };

/* `1.2.0.192.zone` (RFC 5782 2.1), for IPv6 by nibbles (2.4). */
void dnsbl_question(const struct dnsbl *list, struct ip client, struct buf *out);
/* `answer`: to the question for A records. *code_r: the record that decided, if there is one. */
enum dnsbl_verdict dnsbl_judge(const struct dnsbl *list, const struct dns_answer *answer,
                               struct ip *code_r);
/* The list's URL for this address. */
void dnsbl_url(const struct dnsbl *list, struct slice client, struct buf *out);

#endif
