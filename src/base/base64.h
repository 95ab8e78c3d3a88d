/* Base64 as protocols use it (RFC 4648 4): padded, in one line, nothing else in it. */
#ifndef CANDOR_BASE_BASE64_H
#define CANDOR_BASE_BASE64_H

#include "base/buf.h"

void base64_write(struct buf *out, struct slice bytes);
/* Appends what `text` means; false when it is not base64: `out` is as it was, or failed. */
MUST_CHECK bool base64_read(struct buf *out, struct slice text);

#endif
