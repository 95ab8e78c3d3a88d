/* Lists of tags, `a=1; b=2` (RFC 6376 3.2): of signatures and of key records. */
#ifndef CANDOR_AUTH_DKIM_TAGS_H
#define CANDOR_AUTH_DKIM_TAGS_H

#include "crypto/key.h"

/* The value of a tag, without white space at its ends; false: it is not there, or twice. */
MUST_CHECK bool dkim_tag(struct slice list, const char *name, struct slice *value_r);
/* Appends base64 that may be folded as what it means. */
MUST_CHECK bool dkim_tag_bytes(struct slice value, struct buf *out);
/* A signature field as it was when it was signed: its b= has no value. Without a last line end. */
void dkim_tag_unsign(struct slice field, struct buf *out);
/* Where the public key of a signature is: `SELECTOR._domainkey.DOMAIN`. */
MUST_CHECK bool dkim_tag_key_name(struct slice list, struct buf *out);
/* Whether the signature `list` signs the digest with the key that `record` publishes. */
bool dkim_tag_signed(struct slice list, struct slice record, const char digest[SHA256_SIZE]);

#endif
