/* Checks a name and a password against the accounts, or lets PAM do it: on a worker's thread, since
 * hashing is slow on purpose, and the loop has others to serve. */
#ifndef CANDOR_RECEIVE_LOGIN_H
#define CANDOR_RECEIVE_LOGIN_H

#include "auth/sasl.h"
#include "base/map.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/workers.h"
#include "receive/tokens.h"

struct login_accounts {
    const struct name_map *users; /* name -> struct password_account */
    bool has_verifiers;           /* all of them */
    struct slice secret;          /* for what names that are not there are answered */
    struct workers *workers;
    const struct token_options *tokens; /* NULL: none are taken */
    const struct pam_helper *pam;       /* NULL: it is not asked */
    struct slice dovecot; /* path of the socket where it judges logins; empty: it is not asked */
};

enum login_verdict {
    LOGIN_RIGHT,
    LOGIN_WRONG,    /* the name or what proves it */
    LOGIN_EXPIRED,  /* right, but the password has to be changed first */
    LOGIN_DISABLED, /* right, but the account is disabled */
    LOGIN_TOO_WEAK, /* right, but it must not be sent by this account */
    LOGIN_AWAY      /* nobody can tell now */
};

/* What somebody has shown to be whom he says. */
enum login_proof {
    LOGIN_BY_PASSWORD, /* it was sent */
    LOGIN_BY_SCRAM,    /* he knows it */
    LOGIN_BY_OTHER     /* a certificate, a token */
};

struct login_check {
    struct task task;
    struct loop *loop;
    const struct password_account *account; /* whose hash is compared; NULL: there is none at all */
    bool is_known;                          /* it is the name's own */
    enum login_verdict verdict;
    const char *away; /* why, if that is the verdict */
    const struct pam_helper *pam;
    uint32_t ticket;
    void (*done)(struct login_check *check);
    void *ctx; /* of whoever asked */
    char client[NET_ADDRESS_TEXT];
    char name[SASL_BYTES_MAX + 1];
    char password[SASL_BYTES_MAX + 1];
};

/* `done` is called on the loop, and owns the check then. NULL without memory: it is not called. The
 * time it takes does not tell whether there is such a name. */
struct login_check *login_check_begin(const struct login_accounts *accounts, struct loop *loop,
                                      const struct sasl_credentials *credentials,
                                      struct slice client, void (*done)(struct login_check *check),
                                      void *ctx, uint32_t ticket);
/* The account of the first of these addresses, one a line, that has one and may log in: a view of
 * `addresses`; empty: none. */
struct slice login_certified(const struct login_accounts *accounts, struct slice addresses);
/* What SCRAM is answered for that name: for one that is not there nobody can tell from it. False
 * without memory. */
MUST_CHECK bool login_verifier(const struct login_accounts *accounts, struct slice name,
                               struct verifier *v_r);
/* Of somebody who has shown that he is `name`. Of accounts that are not ours to know all are right.
 */
enum login_verdict login_standing(const struct login_accounts *accounts, struct slice name,
                                  enum login_proof proof);
/* Nulls the caller's pointer; no password stays in memory. */
void login_check_free(struct login_check **check);

#endif
