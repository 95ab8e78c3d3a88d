/* What the DNS says of a client: asked as soon as it connects, needed when it names recipients. A
 * recipient named before all answers are in is answered when they are. */
#ifndef CANDOR_RECEIVE_SCREENING_H
#define CANDOR_RECEIVE_SCREENING_H

#include "policy/dnsbl.h"
#include "smtp/server/server_session.h"

struct connection;
struct resolver;
struct screening;

struct screening_options {
    struct resolver *resolver;
    const struct dnsbl *lists;
    size_t list_count;
    bool reverse;       /* the client's address needs a name that leads back to it */
    bool sender_domain; /* sender_check.h */
    int64_t timeout;    /* ms after which an answer is not waited for */
};

/* Sets connection->screening if there is anything to ask; without memory the client is not
 * screened.
 */
void screening_begin(struct connection *c);
/* Of a recipient. False: it is refused, and answered; or that can't be said yet, and it comes to
 * connection_check_recipient again when it can. */
MUST_CHECK bool screening_admits(struct connection *c, const struct smtp_event *e);
/* XCLIENT came while answers are awaited: it is gone on with when they are in. */
void screening_hold(struct connection *c, const struct smtp_event *e);
/* Questions are under way whose answers will come to this connection. */
bool screening_is_awaited(const struct connection *c);
/* None is. */
void screening_free(struct connection *c);

#endif
