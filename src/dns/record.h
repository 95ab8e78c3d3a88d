/* DNS names and record data in wire form (RFC 1035 3), as a resolver hands them out: uncompressed.
 * Every byte is hostile. */
#ifndef CANDOR_DNS_RECORD_H
#define CANDOR_DNS_RECORD_H

#include "base/arena.h"

enum dns_type {
    DNS_A = 1,
    DNS_CNAME = 5,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_TLSA = 52
};

/* How a question ended; each is a different cause for the sender. Failures come last. */
#define DNS_STATUSES(X)                                                                            \
    X(OK, "found")                                                                                 \
    X(NO_DATA, "the name exists, but has no such record")                                          \
    X(NO_NAME, "the name does not exist")                                                          \
    X(BOGUS, "the answer's DNSSEC signature is not valid")                                         \
    X(FAILED, "the name servers for it answer with a failure (SERVFAIL)")                          \
    X(TIMED_OUT, "no name server answered in time")
enum dns_status {
#define X(id, text) DNS_##id,
    DNS_STATUSES(X)
#undef X
};
const char *dns_status_text(enum dns_status s);
/* It says nothing of the name: another time the answer may be there. */
bool dns_status_is_failure(enum dns_status s);

struct dns_answer {
    enum dns_status status;
    bool is_secure;        /* validated by DNSSEC, with all names on the way (CNAME) */
    struct slice *records; /* record data in wire form */
    size_t count;
    struct slice canonical; /* the name that has them, in the resolver's words; empty: as asked */
    struct slice why; /* of BOGUS: what is wrong, in the resolver's words; a stranger's names are in
                         them */
};

/* A wire-form name at the start of `in` as text without the last dot (the root is ""). Bytes other
 * than letters, digits, hyphen and underscore make it unusable as a host: false. */
MUST_CHECK bool dns_host_read(struct slice in, struct arena *arena, struct slice *name_r,
                              size_t *used_r);

/* A name in a resolver's words, perhaps with the last dot; false: it can't be a host's. */
MUST_CHECK bool dns_host_clean(struct slice text, struct slice *name_r);

struct dns_mx {
    uint16_t preference;
    struct slice host; /* empty: null MX (RFC 7505) */
};
MUST_CHECK bool dns_mx_read(struct slice record, struct arena *arena, struct dns_mx *mx_r);

#endif
