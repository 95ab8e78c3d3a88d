/* The form in which ENVID and ORCPT stand in a command (RFC 3461 4). */
#ifndef CANDOR_MAIL_XTEXT_H
#define CANDOR_MAIL_XTEXT_H

#include "base/buf.h"

/* Appends what it stands for; what is no xtext stays as it is. */
void xtext_read(struct buf *out, struct slice xtext);
void xtext_write(struct buf *out, struct slice text);

#endif
