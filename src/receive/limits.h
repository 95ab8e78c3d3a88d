/* What a client may do in a minute. Each function counts, and answers the event itself when it was
 * too much: false then. Clients of the relay networks may do as much as they like, but for
 * logins, and for what they send after one. */
#ifndef CANDOR_RECEIVE_LIMITS_H
#define CANDOR_RECEIVE_LIMITS_H

#include "base/slice.h"
#include "receive/rates.h"
#include "smtp/server/server_session.h"

struct connection;

MUST_CHECK bool limits_take(struct connection *c, const struct smtp_event *e, enum rate which);
/* One more connection; nobody who goes on to try out names, until a minute has passed: the door is
 * cheaper for us than for him. */
MUST_CHECK bool limits_let_in(struct connection *c, const struct smtp_event *e);
/* Of the account `name`: whether its password may be looked at. */
MUST_CHECK bool limits_take_login(struct connection *c, uint32_t ticket, struct slice name);
void limits_count_failed_login(struct connection *c, struct slice name);

/* Answers later, so that guessing takes time. */
void limits_answer_slowly(struct connection *c, uint32_t ticket, enum situation id);

/* False: no message may be held for later now, and that was said. */
MUST_CHECK bool limits_has_room_to_hold(struct connection *c, const struct smtp_event *e);

#endif
