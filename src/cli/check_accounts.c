/* Whether who judges logins can be asked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "auth/dovecot_auth.h"
#include "cli/check_look.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "receive/tokens.h"
#include "system/heap.h"

enum { WAIT_S = 3 };

/* Reads on until Dovecot has said what it can; NULL, or what is wrong. */
static const char *hear(int fd, struct dovecot_auth *d, struct buf *why)
{
    char bytes[1024];
    struct dovecot_event e = {.kind = DOVECOT_NOTHING};
    for (ssize_t got; (got = recv(fd, bytes, sizeof(bytes), 0)) > 0;)
        for (struct slice in = slice_of(bytes, (size_t)got); in.len;) {
            in = slice_from(in, dovecot_auth_take(d, in, &e));
            if (e.kind == DOVECOT_READY)
                return NULL;
            if (e.kind == DOVECOT_BROKEN) {
                buf_add(why, e.text);
                return why->at;
            }
        }
    return "it does not say which logins it knows";
}

static const char *ask(int fd, const struct net_address *a, struct dovecot_auth *d, struct buf *why)
{
    const struct timeval wait = {.tv_sec = WAIT_S};
    char greeting[64];
    struct buf out;
    buf_init_fixed(&out, greeting, sizeof(greeting));
    dovecot_auth_greet(&out, (uint32_t)getpid());
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        connect(fd, (const struct sockaddr *)&a->storage, a->len) != 0 ||
        send(fd, out.at, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
        return strerror(errno);
    return hear(fd, d, why);
}

static void check_dovecot(struct looking *l, struct slice path)
{
    struct net_address a;
    struct dovecot_auth d;
    char words[256] = "";
    struct buf why;
    buf_init_fixed(&why, words, sizeof(words) - 1);
    dovecot_auth_init(&d, &heap);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *wrong =
        net_address_from_path(&a, path) ? ask(fd, &a, &d, &why) : "the path is too long";
    if (wrong)
        looking_warn(l,
                     "login: dovecot = %.*s can't be asked: %s; until it can, logins are answered "
                     "454 4.7.0: start Dovecot, and let its `service auth` have a unix_listener "
                     "there that the server's user may write to",
                     SLICE_ARG(path), wrong);
    else if (d.mechanisms == 0)
        looking_warn(l,
                     "login: dovecot = %.*s offers no way to log in that can be passed on; right "
                     "is, for example, auth_mechanisms = plain login in Dovecot's configuration",
                     SLICE_ARG(path));
    if (fd >= 0)
        close(fd);
    dovecot_auth_free(&d);
}

/* ---- the server that issues tokens ---- */

struct introspecting {
    struct loop *loop;
    enum token_verdict verdict;
    struct buf why;
};

/* Why it is away stands in the log only. */
static void hear_log(void *ctx, enum log_level level, const char *event,
                     const struct log_field *fields, size_t count)
{
    struct introspecting *i = ctx;
    (void)level;
    (void)event;
    for (size_t f = 0; f < count; f++)
        if (strcmp(fields[f].key, "reason") == 0)
            buf_add(&i->why, fields[f].value);
}

static void on_verdict(void *ctx, enum token_verdict verdict, struct slice name)
{
    struct introspecting *i = ctx;
    (void)name;
    i->verdict = verdict;
    loop_stop(i->loop);
}

/* A token that nobody issued: who can be asked says that it is not active. */
static void introspect(struct looking *l, struct introspecting *i, const struct token_options *o)
{
    const struct log log = {.emit = hear_log, .ctx = i, .level = LOG_LEVEL_ERROR};
    struct token_memory *memory = NULL;
    if (!token_check_begin(o, &memory, i->loop, &log, SLICE("candor-check"), on_verdict, i))
        return;
    loop_run(i->loop);
    free(memory);
    if (i->verdict == TOKEN_AWAY)
        looking_warn(l,
                     "login: tokens: %.*s can't be asked: %.*s; until it can, logins with tokens "
                     "are answered 454 4.7.0: have that server answer, or change tokens, "
                     "tokens-user, tokens-password or tokens-authorities",
                     SLICE_ARG(l->config->login.tokens.url), SLICE_ARG(buf_slice(&i->why)));
    else if (i->verdict == TOKEN_RIGHT)
        looking_warn(l,
                     "login: tokens: %.*s calls a token active that nobody issued; with it anybody "
                     "could log in: have it look at what it is asked (RFC 7662 2.2)",
                     SLICE_ARG(l->config->login.tokens.url));
}

void check_tokens(struct looking *l)
{
    const struct config_tokens *t = &l->config->login.tokens;
    if (t->url.len == 0)
        return;
    char words[512];
    struct introspecting i = {.loop = loop_new(), .verdict = TOKEN_WRONG};
    struct tls_context *tls = tls_context_new_client();
    struct resolver *resolver = i.loop ? looking_resolver(l, i.loop) : NULL;
    struct token_options o = {.user = t->user,
                              .password = t->password,
                              .name = t->name,
                              .scope = t->scope,
                              .tls = tls,
                              .resolver = resolver};
    buf_init_fixed(&i.why, words, sizeof(words));
    if (tls && resolver && https_url_read(t->url, &o.at)) {
        if (tls_context_trust(tls, t->authorities, &i.why))
            introspect(l, &i, &o);
        else
            looking_refuse(l, "login: tokens-authorities: %.*s", SLICE_ARG(buf_slice(&i.why)));
    }
    if (resolver)
        resolver_free(resolver);
    tls_context_free(tls);
    loop_free(i.loop);
}

void check_accounts(struct looking *l)
{
    if (l->config->login.dovecot.len)
        check_dovecot(l, l->config->login.dovecot);
}
