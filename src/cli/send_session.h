/* Carries one message to one server over a blocking socket: the command line's own small client. */
#ifndef CANDOR_CLI_SEND_SESSION_H
#define CANDOR_CLI_SEND_SESSION_H

#include "base/arena.h"
#include "queue/attempt.h"
#include "smtp/client/client_session.h"

struct send_job {
    const struct envelope *envelope;
    struct slice content;
    struct slice helo;
    struct slice host; /* name or address, NUL-terminated */
    uint16_t port;
    enum smtp_client_tls tls;
    struct arena *arena;
    struct outcome *outcomes; /* one for each recipient, filled in */
};

/* Every recipient has an outcome afterwards: a reply, or the failure that kept one from coming. */
void send_carry(struct send_job *job);

#endif
