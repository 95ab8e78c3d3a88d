/* Mail addresses, for SMTP paths and for headers alike (RFC 5321 4.1.2, RFC 5322 3.4, RFC 6531). */
#ifndef CANDOR_MAIL_ADDRESS_H
#define CANDOR_MAIL_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

/* Octets, RFC 5321 4.5.3.1.1-3. */
enum { ADDRESS_LOCAL_MAX = 64, ADDRESS_DOMAIN_MAX = 255, ADDRESS_MAX = 254 };

struct address {
    struct slice text; /* local@domain as it stood, without <> and source route; empty: null path */
    struct slice local;  /* as it stood, quotes included */
    struct slice domain; /* without the @; empty for <> and for <postmaster> */
    bool is_literal;     /* domain is [192.0.2.1] or [IPv6:…] */
    bool is_utf8;        /* has non-ASCII: needs SMTPUTF8 */
};

/* The path at the start of `in`, `<…>` with an optional source route, which is dropped (RFC 5321
 * appendix C). *used_r: bytes taken. null_ok is for the reverse path: `<>` is fine then, and
 * `<postmaster>` (RFC 5321 4.1.1.3) only otherwise. Source text is not copied.
 * err_r: what was wrong, in words that fit behind "is not a valid address: ". */
MUST_CHECK bool address_parse_path(struct slice in, bool null_ok, size_t *used_r,
                                   struct address *address_r, struct err *err_r);
/* Makes an address that was read one of the arena's, a NUL behind its text, and drops quotes and
 * backslashes that its local part does not need: all forms mean the same, and the shortest is the
 * one to compare and to pass on (RFC 5321 4.1.2). False: no room. */
MUST_CHECK bool address_copy(struct address *a, struct arena *arena);
/* A bare `local@domain`, nothing before or after. */
MUST_CHECK bool address_parse(struct slice in, struct address *address_r, struct err *err_r);
/* An address that was read before, at its last `@`: text, local part and domain; nothing is
 * checked. */
struct address address_split(struct slice text);
/* A domain name or address literal, as for HELO: letters, digits, hyphens, dots, underscores are
 * let through since hosts in the wild have them; non-ASCII labels are fine. */
bool domain_is_valid(struct slice in);

#endif
