/* Carries attempts over SMTP, on one loop: opens connections, keeps them for the next message to
 * the same destination, tries the next host when one does not answer. */
#ifndef CANDOR_DELIVER_SMTP_AGENT_H
#define CANDOR_DELIVER_SMTP_AGENT_H

#include "deliver/delivery.h"
#include "deliver/targets.h"
#include "smtp/client/client_session.h"

struct smtp_agent;

struct tls_context;

struct smtp_agent_options {
    /* The operator's own, of what replies mean; NULL: none. May change at any moment. */
    _Atomic(const struct rule_tables *) rules;
    const struct tls_context *tls;     /* borrowed */
    struct smtp_client_options client; /* but for .tls, which each target has, and .login */
    int64_t connect_timeout;           /* ms */
    int64_t idle_timeout;              /* ms that an unused connection is kept */
    uint32_t messages_max;             /* per connection */
};
/* RFC 5321 4.5.3.2's time-outs; `hostname` is borrowed. */
struct smtp_agent_options smtp_agent_default_options(struct slice hostname);

/* No answer is awaited for longer than that, in ms. */
void smtp_agent_wait_at_most(struct smtp_agent_options *options, int64_t most);

/* NULL when memory ends. `options` must outlive it. */
struct smtp_agent *smtp_agent_new(struct loop *loop, const struct smtp_agent_options *options);
/* Only when no delivery is under way; idle connections are closed with QUIT if it can be sent. */
void smtp_agent_free(struct smtp_agent *agent);

/* Settles each recipient, then calls d->done on this loop. `targets` must live as long as `d`, and
 * has at least one. On the loop's thread. */
void smtp_agent_deliver(struct smtp_agent *agent, struct delivery *d,
                        const struct targets *targets);

/* The server stops: deliveries whose message is not wholly sent are broken off, and new ones not
 * begun; what is left of their recipients has no outcome. On the loop's thread. */
void smtp_agent_stop(struct smtp_agent *agent);

#endif
