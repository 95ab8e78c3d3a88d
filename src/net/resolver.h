/* Asks the DNS through libunbound: caching, DNSSEC-validating, never blocking the loop. */
#ifndef CANDOR_NET_RESOLVER_H
#define CANDOR_NET_RESOLVER_H

#include "base/err.h"
#include "base/ip.h"
#include "dns/record.h"
#include "net/loop.h"

struct resolver;

struct resolver_options {
    const struct endpoint *nameservers; /* none: those of /etc/resolv.conf */
    size_t count;
    struct slice trust_anchor; /* file with DNSKEY or DS records; empty: none, nothing is secure */
    int64_t patience;          /* ms until a question ends with DNS_TIMED_OUT; 0: the usual */
};

/* Called on the loop's thread, once for each question; the answer is valid during the call. */
typedef void resolver_answered(void *ctx, const struct dns_answer *answer);

/* NULL: err_r says what is wrong. All calls on the loop's thread. */
struct resolver *resolver_new(struct loop *loop, const struct resolver_options *o,
                              struct err *err_r);
/* Questions under way are never answered. */
void resolver_free(struct resolver *r);
/* May answer before it returns. `name` is copied. */
void resolver_ask(struct resolver *r, struct slice name, enum dns_type type,
                  resolver_answered *answered, void *ctx);
/* The same from any thread; answered on the thread of the loop `home`, before it returns only when
 * memory ends. */
void resolver_ask_from(struct resolver *r, struct loop *home, struct slice name, enum dns_type type,
                       resolver_answered *answered, void *ctx);
struct loop *resolver_loop(const struct resolver *r);
/* Questions under way, and all that follow, are answered with DNS_FAILED now. */
void resolver_cancel(struct resolver *r);

#endif
