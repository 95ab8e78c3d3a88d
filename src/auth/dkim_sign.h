/* DKIM signatures (RFC 6376; RFC 8463 for Ed25519) of a message that is read once, in pieces:
 *
 *   dkim_message_begin(&m, mem);
 *   dkim_message_add(&m, bytes); …
 *   if (dkim_message_end(&m))
 *       dkim_message_sign(&m, &key, now, &field);      // once for each key
 *   dkim_message_free(&m);
 */
#ifndef CANDOR_AUTH_DKIM_SIGN_H
#define CANDOR_AUTH_DKIM_SIGN_H

#include "auth/dkim_relaxed.h"
#include "crypto/key.h"

enum {
    DKIM_HEADER_MAX = 1024 * 1024, /* bytes of a header that is signed */
    DKIM_SIGNATURE_MAX = 8 * 1024  /* bytes of one field that is made */
};

/* What is signed with, and where its public half is found: SELECTOR._domainkey.DOMAIN. */
struct dkim_key {
    struct slice domain;
    struct slice selector;
    struct key *key;
};

struct dkim_message {
    struct buf header; /* until its end was seen: whatever came */
    size_t searched;   /* so many bytes of it hold no end */
    bool is_in_body;
    struct dkim_body body;
    struct sha256 hash;
    char body_hash[SHA256_SIZE];
};

void dkim_message_begin(struct dkim_message *m, const struct mem *mem);
void dkim_message_add(struct dkim_message *m, struct slice in);
/* False: not a message that can be signed. Its header is too large, or has lines that are no field,
 * or not one From. */
MUST_CHECK bool dkim_message_end(struct dkim_message *m);
/* The header section; after the end. */
struct slice dkim_message_header(const struct dkim_message *m);
/* Appends a DKIM-Signature field, line ends included; `now` in seconds since 1970. False: nothing
 * was appended that is of use, since memory ended, or a field is repeated beyond reason. */
MUST_CHECK bool dkim_message_sign(const struct dkim_message *m, const struct dkim_key *key,
                                  int64_t now, struct buf *out);
/* The same for a field that begins otherwise, as ARC's does: `Name: i=1`. `covers_dkim`: signatures
 * that are there are signed, too. */
MUST_CHECK bool dkim_message_sign_as(const struct dkim_message *m, const struct dkim_key *key,
                                     const char *begin, bool covers_dkim, int64_t now,
                                     struct buf *out);
/* Ends a field whose b= was written: the signature, and the line's end. */
MUST_CHECK bool dkim_write_signature(struct buf *out, const struct key *key,
                                     const char digest[SHA256_SIZE]);
void dkim_message_free(struct dkim_message *m);

/* The digest that a signature signs (RFC 6376 3.7): the fields that `names` lists, each the lowest
 * that is not taken yet, then `signature`, whose b= is empty; in the form `simple` or
 * `relaxed`. False as above. */
MUST_CHECK bool dkim_header_hash(struct slice header, struct slice names, struct slice signature,
                                 bool is_simple, const struct mem *mem, char digest_r[SHA256_SIZE]);

#endif
