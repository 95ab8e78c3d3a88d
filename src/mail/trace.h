/* The trace header (RFC 5321 4.4): written when a message leaves, from the envelope, so that the
 * content lies in the spool exactly as it came. */
#ifndef CANDOR_MAIL_TRACE_H
#define CANDOR_MAIL_TRACE_H

#include "mail/envelope.h"

/* Most bytes that trace_write writes: names are at most 255 octets each. */
enum { TRACE_MAX = 2048 };

/* `Received: from … by … with … id …; date`, folded, with its CRLF. `hostname`: ours. */
void trace_write(struct buf *out, const struct envelope *e, struct slice hostname, struct slice id);
/* `Return-Path: <…>` for the final delivery (RFC 5321 4.4). */
void trace_write_return_path(struct buf *out, const struct envelope *e);

#endif
