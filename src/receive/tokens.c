#include "receive/tokens.h"

#include <stdlib.h>

#include "net/https.h"
#include "net/resolver.h"
#include "net/timer.h"
#include "system/clock.h"
#include "system/heap.h"

enum {
    WAIT_MS = 10 * 1000,
    ANSWER_MAX = 64 * 1024,
    REQUEST_MAX = 64 * 1024,
    MEMORY_MAX = 64 * 1024
};

struct token_check {
    const struct token_options *options;
    struct token_memory **memory;
    struct loop *loop;
    const struct log *log;
    char digest[INTROSPECTION_DIGEST];
    struct buf form, authorization;
    struct net_address addresses[HTTPS_ADDRESSES_MAX];
    size_t address_count;
    unsigned pending; /* questions for addresses */
    struct timer start;
    token_checked *done;
    void *ctx;
};

bool tokens_recall(const struct token_memory *m, struct slice token, int64_t now,
                   struct slice *name_r)
{
    char digest[INTROSPECTION_DIGEST];
    if (!m || !introspection_digest(token, digest))
        return false;
    for (size_t i = 0; i < TOKENS_KEPT; i++)
        if (m->kept[i].until > now && memcmp(m->kept[i].digest, digest, sizeof(digest)) == 0) {
            *name_r = slice_str(m->kept[i].name);
            return true;
        }
    return false;
}

/* No longer than the token itself lasts. */
static void remember(struct token_check *t, const struct introspected *found)
{
    int64_t left = found->expires - clock_unix_ms() / 1000;
    int64_t ms = left < TOKENS_KEPT_MS / 1000 ? left * 1000 : TOKENS_KEPT_MS;
    if (!*t->memory)
        *t->memory = calloc(1, sizeof(**t->memory));
    if (!*t->memory)
        return;
    size_t at = (*t->memory)->next++ % TOKENS_KEPT;
    memcpy((*t->memory)->kept[at].digest, t->digest, sizeof(t->digest));
    bool fits =
        slice_cstr(found->name, (*t->memory)->kept[at].name, sizeof((*t->memory)->kept[at].name));
    (*t->memory)->kept[at].until = fits ? loop_now(t->loop) + ms : 0;
}

static void wipe(struct buf *b)
{
    if (b->at)
        explicit_bzero(b->at, b->size);
    buf_free(b);
}

static void finish(struct token_check *t, enum token_verdict verdict, struct slice name)
{
    t->done(t->ctx, verdict, name);
    wipe(&t->form);
    wipe(&t->authorization);
    free(t);
}

static void fail(struct token_check *t, struct slice why)
{
    LOG(t->log, LOG_LEVEL_ERROR, "tokens-away", {"host", t->options->at.host}, {"reason", why});
    finish(t, TOKEN_AWAY, SLICE(""));
}

static void judge(struct token_check *t, struct slice body)
{
    const struct introspection_terms terms = {
        .name = t->options->name, .scope = t->options->scope, .now = clock_unix_ms() / 1000};
    struct introspected found;
    struct arena arena;
    arena_init(&arena, &heap, MEMORY_MAX);
    switch (introspection_read(body, &terms, &arena, &found)) {
    case INTROSPECTION_ACTIVE:
        remember(t, &found);
        finish(t, TOKEN_RIGHT, found.name);
        break;
    case INTROSPECTION_INACTIVE:
        finish(t, TOKEN_WRONG, SLICE(""));
        break;
    case INTROSPECTION_USELESS:
        fail(t, slice_str(found.why));
        break;
    }
    arena_reset(&arena);
}

static void on_answer(void *ctx, const struct http_response *r, struct slice why)
{
    struct token_check *t = ctx;
    if (!r)
        fail(t, why);
    else if (r->status == 401 || r->status == 403)
        fail(t, SLICE("it does not let us ask; look at `tokens-user` and `tokens-password`"));
    else if (r->status != 200)
        fail(t, SLICE("it does not answer with 200"));
    else
        judge(t, r->body);
}

static void post(struct token_check *t)
{
    const struct token_options *o = t->options;
    const struct https_request request = {.loop = t->loop,
                                          .tls = o->tls,
                                          .host = o->at.host,
                                          .addresses = t->addresses,
                                          .count = t->address_count,
                                          .path = o->at.path,
                                          .form = buf_slice(&t->form),
                                          .authorization = buf_slice(&t->authorization),
                                          .most = ANSWER_MAX,
                                          .timeout = WAIT_MS};
    if (t->form.failed || t->authorization.failed || !https_ask(&request, on_answer, t))
        fail(t, SLICE("out of memory"));
}

static void take_addresses(struct token_check *t, const struct dns_answer *found, int family,
                           size_t len)
{
    for (size_t i = 0; i < found->count && t->address_count < HTTPS_ADDRESSES_MAX; i++)
        if (found->records[i].len == len)
            net_address_from_bytes(&t->addresses[t->address_count++], family, found->records[i].at,
                                   t->options->at.port);
    if (--t->pending == 0)
        post(t);
}

static void on_a(void *ctx, const struct dns_answer *found)
{
    take_addresses(ctx, found, AF_INET, 4);
}

static void on_aaaa(void *ctx, const struct dns_answer *found)
{
    take_addresses(ctx, found, AF_INET6, 16);
}

static void find_addresses(void *ctx)
{
    struct token_check *t = ctx;
    const struct token_options *o = t->options;
    if (net_address_parse(o->at.host, o->at.port, &t->addresses[0])) {
        t->address_count = 1;
        post(t);
        return;
    }
    t->pending = 2;
    resolver_ask_from(o->resolver, t->loop, o->at.host, DNS_A, on_a, t);
    resolver_ask_from(o->resolver, t->loop, o->at.host, DNS_AAAA, on_aaaa, t);
}

struct token_check *token_check_begin(const struct token_options *o, struct token_memory **memory,
                                      struct loop *loop, const struct log *log, struct slice token,
                                      token_checked *done, void *ctx)
{
    struct token_check *t = calloc(1, sizeof(*t));
    if (!t || !introspection_digest(token, t->digest)) {
        free(t);
        return NULL;
    }
    t->options = o;
    t->memory = memory;
    t->loop = loop;
    t->log = log;
    t->done = done;
    t->ctx = ctx;
    buf_init(&t->form, &heap, REQUEST_MAX);
    buf_init(&t->authorization, &heap, REQUEST_MAX);
    introspection_write_form(&t->form, token);
    if (o->user.len)
        introspection_write_authorization(&t->authorization, o->user, o->password);
    timer_init(&t->start, loop, find_addresses, t);
    timer_set(&t->start, 0);
    return t;
}
