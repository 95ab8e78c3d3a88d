/* Logins with a token of OAuth 2: the server that issued it is asked whose it is (RFC 7662), over
 * HTTPS; the answer is remembered for a while. Lives on one loop. */
#ifndef CANDOR_RECEIVE_TOKENS_H
#define CANDOR_RECEIVE_TOKENS_H

#include "auth/introspection.h"
#include "base/https_url.h"
#include "base/log.h"
#include "net/loop.h"

struct resolver;
struct tls_context;

struct token_options {
    struct https_url at;
    struct slice user, password; /* ours there; empty: none is wanted */
    struct slice name;           /* the member of the answer that names the account */
    struct slice scope;          /* that a token has to have; empty: any */
    const struct tls_context *tls;
    struct resolver *resolver;
};

enum {
    TOKENS_KEPT = 128,          /* answers, on each loop */
    TOKENS_KEPT_MS = 60 * 1000, /* how long, at most */
    TOKENS_NAME_MAX = 255
};

/* Whose a token is, for a while; of the token itself only a digest is kept. */
struct token_memory {
    struct {
        char digest[INTROSPECTION_DIGEST];
        char name[TOKENS_NAME_MAX + 1];
        int64_t until; /* monotonic ms; 0: free */
    } kept[TOKENS_KEPT];
    size_t next;
};

enum token_verdict { TOKEN_RIGHT, TOKEN_WRONG, TOKEN_AWAY };

struct token_check;
/* `name`: of RIGHT. Called once, not before token_check_begin returns. */
typedef void token_checked(void *ctx, enum token_verdict verdict, struct slice name);

/* What is remembered of it; false: nothing. The name is valid until the next answer is. */
bool tokens_recall(const struct token_memory *m, struct slice token, int64_t now,
                   struct slice *name_r);
/* NULL without memory. `o` must stay; *memory is made when there is something to remember. */
struct token_check *token_check_begin(const struct token_options *o, struct token_memory **memory,
                                      struct loop *loop, const struct log *log, struct slice token,
                                      token_checked *done, void *ctx);

#endif
