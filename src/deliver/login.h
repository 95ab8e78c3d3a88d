/* What a session logs in with at a smarthost. */
#ifndef CANDOR_DELIVER_LOGIN_H
#define CANDOR_DELIVER_LOGIN_H

#include "auth/sasl_client.h"
#include "deliver/delivery.h"

/* With what is fresh for each login: the randomness, and the token, which `token` keeps until
 * login_forget. A token that can't be read is empty, which the session says at the login. NULL: no
 * login. */
struct sasl_secret login_secret(const struct delivery_login *l, struct buf *token);
/* Wipes it. */
void login_forget(struct buf *token);

#endif
