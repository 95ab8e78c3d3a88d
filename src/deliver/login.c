#include "deliver/login.h"

#include <sys/random.h>

#include "system/file.h"
#include "system/heap.h"

enum { TOKEN_FILE_MAX = SASL_TOKEN_MAX + 2 };

void login_forget(struct buf *token)
{
    if (token->at)
        explicit_bzero(token->at, token->size);
    buf_free(token);
}

/* The file's first line. */
static struct slice read_token(struct buf *token, struct slice file)
{
    const char *why;
    struct slice line, rest;
    buf_init(token, &heap, TOKEN_FILE_MAX + 8192); /* file_read reads in pieces */
    if (!file_read(file.at, TOKEN_FILE_MAX, token, &why))
        return SLICE("");
    rest = buf_slice(token);
    return slice_line(&rest, &line) ? slice_trim(line) : SLICE("");
}

struct sasl_secret login_secret(const struct delivery_login *l, struct buf *token)
{
    struct sasl_secret secret = {.name = SLICE("")};
    login_forget(token);
    if (!l)
        return secret;
    secret.name = l->user;
    secret.password = l->password;
    secret.mechanism = l->mechanism;
    secret.is_token = l->token_file.len > 0;
    if (secret.is_token)
        secret.token = read_token(token, l->token_file);
    /* so few bytes come at once, but for a signal (getrandom(2)) */
    while (getrandom(secret.random, sizeof(secret.random), 0) != (ssize_t)sizeof(secret.random))
        continue;
    return secret;
}
