/* What stands behind the name in a line of the users' file: its hash of crypt(5); the verifier for
 * SCRAM (base/verifier.h), if it has one; and terms, of which others may stand there too:
 *
 *   alice:$y$…:SCRAM-SHA-256$…:password-expires=2026-12-31:scram-only
 */
#ifndef CANDOR_SYSTEM_ACCOUNT_H
#define CANDOR_SYSTEM_ACCOUNT_H

#include "base/buf.h"

#define ACCOUNT_EXPIRES    "password-expires="
#define ACCOUNT_SCRAM_ONLY "scram-only"

struct account {
    struct slice hash;
    struct slice verifier; /* empty: none */
    struct slice expires;  /* the day from which the password has to be changed, as it stands
                              there; empty: none */
    int64_t expires_day;   /* since 1970; INT64_MAX: never */
    bool is_scram_only;    /* it is not let in by its password as such */
};

/* Views of `line`. NULL; else what is wrong, with what would be right. */
const char *account_read(struct slice line, struct account *a_r);
/* The line without the term that begins so. */
void account_add_without(struct buf *out, struct slice line, struct slice term);
/* Behind hash and verifier. */
struct slice account_terms(struct slice line);

#endif
