/* What a message is part of, by a field of its header: so that mail for one purpose can be told
 * from the rest of a sender's. */
#ifndef CANDOR_MAIL_CAMPAIGN_H
#define CANDOR_MAIL_CAMPAIGN_H

#include "base/buf.h"
#include "base/conf_item.h"

/* Most bytes of a name; longer ones are cut. */
enum { CAMPAIGN_MAX = 200 };
/* Bytes at a message's begin that are looked through. */
enum { CAMPAIGN_HEAD_MAX = 32 * 1024 };

/* Appends the value of the first of these fields that the message has, on one line and without what
 * could harm a terminal; of `Words <name>`, as List-Id has it (RFC 2919 3), the name. Nothing when
 * it has none. `head`: the message, or its first part. */
void campaign_find(struct buf *out, struct slice head, const struct conf_names *fields);

#endif
