#include "policy/sender_domain.h"

/* One MX record whose host is the root: preference, then an empty name (RFC 7505 3). */
static bool is_null_mx(const struct dns_answer *answer)
{
    enum { PREFERENCE = 2 };
    return answer->count == 1 && answer->records[0].len == PREFERENCE + 1 &&
           answer->records[0].at[PREFERENCE] == 0;
}

/* Without MX the domain's own address takes its mail (RFC 5321 5.1). */
static enum sender_domain ask_next(enum dns_type type, enum dns_type *next_r)
{
    switch (type) {
    case DNS_MX:
        *next_r = DNS_A;
        return SENDER_DOMAIN_ASKING;
    case DNS_A:
        *next_r = DNS_AAAA;
        return SENDER_DOMAIN_ASKING;
    default:
        return SENDER_DOMAIN_WITHOUT_MAIL;
    }
}

enum sender_domain sender_domain_judge(enum dns_type type, const struct dns_answer *answer,
                                       enum dns_type *next_r)
{
    switch (answer->status) {
    case DNS_OK:
        return type == DNS_MX && is_null_mx(answer) ? SENDER_DOMAIN_NULL_MX : SENDER_DOMAIN_FINE;
    case DNS_NO_DATA:
        return ask_next(type, next_r);
    case DNS_NO_NAME:
        return SENDER_DOMAIN_ABSENT;
    case DNS_BOGUS:
    case DNS_FAILED:
    case DNS_TIMED_OUT:
        break;
    }
    return SENDER_DOMAIN_UNKNOWN;
}
