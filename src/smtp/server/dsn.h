/* What a client may say about notices (RFC 3461 4): RET and ENVID of MAIL, NOTIFY and ORCPT of
 * RCPT. A wrong value is answered with 501 5.5.4. */
#ifndef CANDOR_SMTP_SERVER_DSN_H
#define CANDOR_SMTP_SERVER_DSN_H

#include "smtp/server/path.h"

bool dsn_take_ret(struct smtp_server *s, void *unused, struct slice value);
bool dsn_take_envid(struct smtp_server *s, void *unused, struct slice value);
/* `recipient`: struct recipient */
bool dsn_take_notify(struct smtp_server *s, void *recipient, struct slice value);
bool dsn_take_orcpt(struct smtp_server *s, void *recipient, struct slice value);

#endif
