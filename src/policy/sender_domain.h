/* Whether answers could reach a sender's domain (RFC 5321 5.1, RFC 7505 4.2): asks for look-ups and
 * is told. */
#ifndef CANDOR_POLICY_SENDER_DOMAIN_H
#define CANDOR_POLICY_SENDER_DOMAIN_H

#include "dns/record.h"

enum sender_domain {
    SENDER_DOMAIN_ASKING,       /* look up the next type */
    SENDER_DOMAIN_FINE,         /* it has mail exchangers, or an address */
    SENDER_DOMAIN_ABSENT,       /* there is no such name */
    SENDER_DOMAIN_WITHOUT_MAIL, /* the name exists, without MX and address */
    SENDER_DOMAIN_NULL_MX,      /* it says that it takes no mail */
    SENDER_DOMAIN_UNKNOWN       /* the DNS failed */
};

/* Begins with DNS_MX. `type`: of the look-up that ended with `answer`. While it is ASKING, *next_r
 * is the next one. */
enum sender_domain sender_domain_judge(enum dns_type type, const struct dns_answer *answer,
                                       enum dns_type *next_r);

#endif
