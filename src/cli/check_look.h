/* What a right configuration may still have wrong, since it lies outside of the file: certificates,
 * folders, ports, the DNS; and what is allowed but rarely meant. */
#ifndef CANDOR_CLI_CHECK_LOOK_H
#define CANDOR_CLI_CHECK_LOOK_H

#include "system/config.h"

struct loop;
struct resolver;

struct looking {
    const struct config *config;
    struct buf *out;   /* a line for each finding: what is wrong, and how to fix it */
    unsigned warnings; /* the server runs, but not as it should */
    unsigned errors;   /* the server would not start */
};

/* May become the configuration's user, when root. */
void check_look(struct looking *l);

/* For check_look's parts. */
void looking_warn(struct looking *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void looking_refuse(struct looking *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* check_dns.c: the names of our addresses. */
void check_dns(struct looking *l);
/* The configuration's; NULL when it can't be had. */
struct resolver *looking_resolver(const struct looking *l, struct loop *loop);

/* check_accounts.c: who judges logins. As the user that the server runs as. */
void check_accounts(struct looking *l);
/* Who tells whose a token is: the file of whom to trust there is read with root's rights. */
void check_tokens(struct looking *l);

/* check_sandbox.c: what the kernel lacks; and a line on how it is. */
void check_sandbox(struct looking *l);
void check_sandbox_write(const struct config *c, struct buf *out);

/* check_lists.c: the blocklists. */
void check_lists(struct looking *l);

#endif
