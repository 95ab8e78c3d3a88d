/* TXT records (RFC 1035 3.3.14): strings of at most 255 bytes, which mean one text (RFC 7208 3.3).
 */
#ifndef CANDOR_DNS_TXT_H
#define CANDOR_DNS_TXT_H

#include "base/buf.h"

/* Appends the text; false when the record is damaged, or `out` is full. */
MUST_CHECK bool dns_txt_read(struct slice record, struct buf *out);

#endif
