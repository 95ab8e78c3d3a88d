/* What a peer logs in with at a smarthost. */
#include <sys/random.h>

#include "deliver/smtp_peer.h"
#include "system/file.h"
#include "system/heap.h"

enum { TOKEN_FILE_MAX = SASL_TOKEN_MAX + 2 };

void peer_forget_token(struct peer *p)
{
    if (p->token.at)
        explicit_bzero(p->token.at, p->token.size);
    buf_free(&p->token);
}

/* Its first line; nothing if it can't be read, which the session says at the login. */
static struct slice read_token(struct peer *p, struct slice file)
{
    const char *why;
    struct slice line, rest;
    peer_forget_token(p);
    buf_init(&p->token, &heap, TOKEN_FILE_MAX + 8192); /* file_read reads in pieces */
    if (!file_read(file.at, TOKEN_FILE_MAX, &p->token, &why))
        return SLICE("");
    rest = buf_slice(&p->token);
    return slice_line(&rest, &line) ? slice_trim(line) : SLICE("");
}

void peer_set_login(struct peer *p, struct sasl_secret *login)
{
    struct slice file = p->agent->options->token_file;
    if (login->name.len == 0)
        return;
    /* so few bytes come at once, but for a signal (getrandom(2)) */
    while (getrandom(login->random, sizeof(login->random), 0) != (ssize_t)sizeof(login->random))
        continue;
    login->is_token = file.len > 0;
    if (login->is_token)
        login->token = read_token(p, file);
}
