/* The first word: a greeting, at once or after a while in which mail programs keep still, or a
 * refusal. */
#ifndef CANDOR_RECEIVE_GREETING_H
#define CANDOR_RECEIVE_GREETING_H

#include "smtp/server/server_session.h"

struct connection;

void greeting_begin(struct connection *c, const struct smtp_event *e);
/* The client spoke. If it had not been greeted yet, it is refused: RFC 5321 4.3.1 has it wait. What
 * sends before is a program that does not read the answers. */
void greeting_note_bytes(struct connection *c);
/* The connection ends. */
void greeting_end(struct connection *c);

#endif
