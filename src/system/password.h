/* Hashed passwords as crypt(5) writes them: yescrypt ($y$), SHA-512 ($6$), bcrypt ($2b$) and what
 * else the system's libcrypt knows. Slow on purpose: never on a loop's thread. Thread-safe. */
#ifndef CANDOR_SYSTEM_PASSWORD_H
#define CANDOR_SYSTEM_PASSWORD_H

#include "base/buf.h"

/* What is kept of the password of one account. */
struct password_account {
    const char *hash;      /* NUL-terminated */
    struct slice verifier; /* of SCRAM, as base/verifier.h reads it; empty: none */
    int64_t expires_day;   /* since 1970, from which it has to be changed; INT64_MAX: never */
    bool is_scram_only;
};

/* In constant time once the hash is made. False also for a hash that libcrypt does not know. */
bool password_matches(const char *hash, const char *password);
/* yescrypt with a new salt; false when the system can't make one. */
MUST_CHECK bool password_hash(const char *password, struct buf *hash);
/* Whether anybody can log in with it: `!` and `*` in front lock it. */
bool password_is_usable(struct slice hash);

#endif
