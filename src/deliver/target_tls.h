/* What is asked of a connection to a target, for the session and for TLS. */
#ifndef CANDOR_DELIVER_TARGET_TLS_H
#define CANDOR_DELIVER_TARGET_TLS_H

#include "deliver/targets.h"
#include "smtp/client/client_session.h"

/* What the session is to do about STARTTLS. */
enum smtp_client_tls target_session_tls(enum target_tls tls);
/* Whom the handshake has to show; views of `security` and of `name`, which gets the host's name and
 * has room for OUTCOME_HOST_MAX bytes and a NUL. */
struct tls_expect target_expect(const struct target_security *security, struct slice host,
                                char *name);

#endif
