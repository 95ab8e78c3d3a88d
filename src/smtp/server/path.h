/* What MAIL and RCPT have in common: `FROM:<path> parameters` (RFC 5321 4.1.2). */
#ifndef CANDOR_SMTP_SERVER_PATH_H
#define CANDOR_SMTP_SERVER_PATH_H

#include "smtp/server/session.h"

struct path_grammar {
    struct slice prefix; /* `FROM:` */
    bool null_ok;
    enum situation syntax;  /* the prefix, or what surrounds the path, is wrong */
    enum situation address; /* the path is wrong */
    const char *missing;    /* words for a line without the prefix */
};

/* Parses the path and copies it into the transaction's arena. *rest_r: the parameters. False: it
 * was wrong, and is answered. */
MUST_CHECK bool path_take(struct smtp_server *s, const struct path_grammar *g, struct slice args,
                          struct address *address_r, struct slice *rest_r);

struct parameter {
    const char *keyword;
    /* `value` is empty where there is no `=`. False: the value is wrong, and is answered. */
    bool (*take)(struct smtp_server *s, void *ctx, struct slice value);
};

/* The next of `KEYWORD[=value] …`, without a look at what it means; there has to be one. False: it
 * was wrong, and is answered. */
MUST_CHECK bool parameter_next(struct smtp_server *s, struct slice *rest_r, struct slice *keyword_r,
                               struct slice *value_r);
/* Reads all parameters by the table; false: one is wrong, and is answered. */
MUST_CHECK bool parameters_take(struct smtp_server *s, const struct parameter *table, size_t count,
                                struct slice rest, void *ctx);
/* Whether an address is in ASCII, or the client asked for SMTPUTF8 (RFC 6531 3.3); false: answered.
 */
MUST_CHECK bool path_is_allowed(struct smtp_server *s, const struct address *a);

#endif
