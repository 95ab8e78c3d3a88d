/* Asks the DNS whether answers could reach the sender's domain, and answers MAIL accordingly. */
#ifndef CANDOR_RECEIVE_SENDER_CHECK_H
#define CANDOR_RECEIVE_SENDER_CHECK_H

#include "smtp/server/server_session.h"

struct connection;

/* False: there is nothing to check, the caller answers. True: MAIL is answered later. */
bool sender_check_begin(struct connection *c, const struct smtp_event *e);

#endif
