/* Goes the way that mail would go, step by step, and tells what it found. Nothing is sent but what
 * is asked for. */
#ifndef CANDOR_PROBE_PROBE_H
#define CANDOR_PROBE_PROBE_H

#include "deliver/delivery.h"
#include "probe/finding.h"
#include "queue/decide.h"
#include "system/config.h"

struct probe_question {
    const struct config *config;     /* as the server has it */
    const struct rule_tables *rules; /* the user's own, of what replies mean; NULL: none */
    struct slice domain; /* whose exchangers are looked for; or with `is_host` a host, as
                            `name:port` or an address */
    bool is_host;
    struct route route;                 /* to a smarthost, or straight to the domain */
    struct slice section;               /* of the configuration, that says so */
    const struct delivery_login *login; /* at the smarthost; NULL: none */
    struct slice recipient;             /* asked for with RCPT; empty: nobody */
    struct slice sender;                /* of MAIL; empty: the null reverse path */
    struct slice helo;
    struct slice content;  /* to be sent to the recipient; empty: only asked for */
    int64_t dns_timeout;   /* ms, as all times here */
    int64_t reply_timeout; /* of each answer, in place of the minutes of RFC 5321 */
};

/* How it would end; the outcome says it for the decision of a queue. */
struct probe_verdict {
    struct outcome outcome;
    const struct finding *session; /* that decided; NULL: none was tried */
    bool has_arrived;              /* at a host that takes it, as far as was asked */
};

/* The root of what was found, in the arena, and the end of it. NULL with `why`: nothing could be
 * looked for. */
struct finding *probe_run(const struct probe_question *q, struct arena *arena,
                          struct probe_verdict *verdict_r, struct buf *why);

#endif
