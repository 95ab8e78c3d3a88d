/* What is asked of a connection to a target, for the session and for TLS. */
#ifndef CANDOR_DELIVER_TARGET_TLS_H
#define CANDOR_DELIVER_TARGET_TLS_H

#include "deliver/targets.h"
#include "smtp/client/client_session.h"

/* What the session is to do about STARTTLS. */
enum smtp_client_tls target_session_tls(enum target_tls tls);
/* Whom the handshake has to show; views of `security` and of `name`, which gets the name
 * that has the records, else the host's, and
 * has room for OUTCOME_HOST_MAX bytes and a NUL. */
struct tls_expect target_expect(const struct target_security *security, struct slice host,
                                char *name);
/* Our own word for a session that ended where TLS did, if the host had to keep a rule: whose rule,
 * and what is wrong (`failure`, or what the host said). False: nothing was asked for. */
MUST_CHECK bool target_blame(const struct target_security *security, struct slice host,
                             const struct smtp_client_event *e, struct arena *arena,
                             struct reply *reply_r);

#endif
