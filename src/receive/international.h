/* Addresses with international domains: from here on, each domain is in ASCII (RFC 5890), so that
 * one domain has one name in our tables, in the queue and in the DNS, however it was typed. */
#ifndef CANDOR_RECEIVE_INTERNATIONAL_H
#define CANDOR_RECEIVE_INTERNATIONAL_H

#include "receive/connection.h"

struct connection;

/* The event with such an address. False: its domain is none, and that was said. */
MUST_CHECK bool international_take(struct connection *c, const struct smtp_event *e,
                                   struct smtp_event *own_r);
/* The same for all addresses of an envelope; whether it still needs SMTPUTF8 is decided anew, since
 * a domain alone is no reason. False when memory ends. */
MUST_CHECK bool international_envelope(struct envelope *e, bool has_utf8_header,
                                       struct arena *arena);

#endif
