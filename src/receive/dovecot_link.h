/* Logins that Dovecot judges: a connection to its socket, made when it is needed and then kept,
 * with many logins over it side by side. Lives on one loop. */
#ifndef CANDOR_RECEIVE_DOVECOT_LINK_H
#define CANDOR_RECEIVE_DOVECOT_LINK_H

#include "auth/dovecot_auth.h"
#include "base/list.h"
#include "base/log.h"
#include "net/loop.h"

struct dovecot_link;
struct dovecot_login;

/* A challenge, or the last that is heard of the login: DOVECOT_RIGHT, _WRONG, _EXPIRED, _DISABLED
 * or _AWAY. The event is valid during the call. Not called before dovecot_login_begin returns. */
typedef void dovecot_answered(void *ctx, const struct dovecot_event *event);

/* The one of `links` to the socket at that path, connected anew if it is not; NULL without memory,
 * or if the path is too long. `log` must outlive it. */
struct dovecot_link *dovecot_link_get(struct list *links, struct loop *loop, const struct log *log,
                                      struct slice path);
/* All of them. */
void dovecot_links_free(struct list *links);
/* What EHLO lists. Until Dovecot has told, what most have: who then logs in is told to come back
 * later, not that there is no login. */
void dovecot_link_names(const struct dovecot_link *l, struct buf *out);

/* NULL without memory, or if the response is none. `q` is not kept. */
struct dovecot_login *dovecot_login_begin(struct dovecot_link *l, const struct dovecot_question *q,
                                          dovecot_answered *answered, void *ctx);
/* After a challenge. False: the response is none. */
MUST_CHECK bool dovecot_login_respond(struct dovecot_login *login, struct slice response);
/* Nothing more is to be heard of it. */
void dovecot_login_end(struct dovecot_login *login);

#endif
