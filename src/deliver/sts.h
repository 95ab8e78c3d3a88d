/* Finds a domain's policy of MTA-STS (RFC 8461): its record in the DNS, the policy from its web
 * server, what was fetched before. All calls on the resolver's loop. */
#ifndef CANDOR_DELIVER_STS_H
#define CANDOR_DELIVER_STS_H

#include "base/log.h"
#include "deliver/sts_policy.h"
#include "net/loop.h"
#include "net/resolver.h"

struct tls_context;
struct sts;

/* What is found on the way to a policy. */
enum sts_step {
    STS_NO_ANSWER, /* whether there is a record can't be told: `words` say why */
    STS_NO_RECORD, /* why there is none that counts */
    STS_RECORD,    /* its id */
    STS_FAILED,    /* why the policy can't be fetched, or is none */
    STS_FETCHED,   /* the policy */
    STS_KEPT       /* the policy, from before */
};
/* For whoever wants to see each step. What is pointed to is valid during the call. */
struct sts_observer {
    void (*told)(void *ctx, enum sts_step step, struct slice words,
                 const struct sts_policy *policy);
    void *ctx;
};

struct sts_options {
    struct loop *loop;
    struct resolver *resolver;
    const struct tls_context *tls; /* with the authorities that are trusted */
    const struct log *log;
    struct slice folder;                 /* of what was fetched */
    uint16_t port;                       /* where web servers listen, 443 but for tests */
    int64_t timeout;                     /* ms, of a fetch */
    bool is_guest;                       /* the folder is another's: nothing is kept there */
    const struct sts_observer *observer; /* NULL: nobody looks on */
};

/* Called once; `policy` is valid during the call, NULL: there is none. */
typedef void sts_found(void *ctx, const struct sts_policy *policy);

/* NULL when memory ends, or the folder's path is too long. */
struct sts *sts_new(const struct sts_options *options);
/* Questions under way are never answered. NULL is let pass. */
void sts_free(struct sts *s);
/* May answer before it returns. */
void sts_find(struct sts *s, struct slice domain, sts_found *found, void *ctx);
/* Fetches under way are broken off; they are answered with what is there. */
void sts_cancel(struct sts *s);

#endif
