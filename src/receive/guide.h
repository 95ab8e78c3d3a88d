/* What a client may ask without sending: HELP (codes, and its own session), VRFY and EXPN. */
#ifndef CANDOR_RECEIVE_GUIDE_H
#define CANDOR_RECEIVE_GUIDE_H

struct connection;
struct smtp_event;

void guide_help(struct connection *c, const struct smtp_event *e);
/* Addresses are confirmed only to those who may send to anywhere (RFC 5321 7.3): to others an
 * address that is taken and one that is not are the same. */
void guide_verify(struct connection *c, const struct smtp_event *e);
void guide_expand(struct connection *c, const struct smtp_event *e);

#endif
