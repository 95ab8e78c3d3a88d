/* ARC (RFC 8617): what those who handled a message before say of it, sealed by each in turn. The
 * keys are asked for and told:
 *
 *   arc_chain_read(&chain, header);
 *   for (k < arc_chain_keys(&chain)) arc_chain_key_name(&chain, k, &name), look it up …
 *   arc_chain_judge(&chain, &message, records);
 *   arc_seal(&chain, &message, &key, hostname, now, &fields);
 */
#ifndef CANDOR_AUTH_ARC_H
#define CANDOR_AUTH_ARC_H

#include "auth/dkim_sign.h"

enum { ARC_SETS_MAX = 50, ARC_FIELDS_MAX = 3 * DKIM_SIGNATURE_MAX };

enum arc_state { ARC_NONE, ARC_PASS, ARC_FAIL };

struct arc_set {
    struct slice results, signature, seal; /* whole fields; empty: not there */
};

struct arc_chain {
    struct arc_set sets[ARC_SETS_MAX]; /* instance 1 first */
    size_t count;                      /* the highest instance */
    enum arc_state state;              /* PASS is a hope until it was judged */
    bool is_over; /* somebody before us sealed a failure: nothing is to be added (RFC 8617 5.1) */
};

/* The fields of a header; what they look like decides only that it fails. They are views of it. */
void arc_chain_read(struct arc_chain *c, struct slice header);
/* How many keys are needed to judge it. */
size_t arc_chain_keys(const struct arc_chain *c);
/* Where the k-th of them is; false: the chain names none, which is a failure. */
MUST_CHECK bool arc_chain_key_name(const struct arc_chain *c, size_t k, struct buf *out);
/* Whether the newest signature hashes the body in the form `simple` (RFC 6376 3.4.3). */
bool arc_chain_has_simple_body(const struct arc_chain *c);
/* RFC 8617 5.2. `records`: the texts of the keys, empty where there is none; `body_hash`: in the
 * form that the newest signature names. */
void arc_chain_judge(struct arc_chain *c, const struct dkim_message *m,
                     const char body_hash[SHA256_SIZE], const struct slice *records);
/* "none", "pass", "fail". */
const char *arc_state_name(enum arc_state s);

/* Appends the fields of the next set; `now` in seconds since 1970. False: memory ended, there are
 * too many sets, or nothing may be added. */
MUST_CHECK bool arc_seal(const struct arc_chain *c, const struct dkim_message *m,
                         const struct dkim_key *key, struct slice hostname, int64_t now,
                         struct buf *out);

#endif
