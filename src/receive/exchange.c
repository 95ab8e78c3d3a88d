/* AUTH (RFC 4954): the exchange, and the check of what comes out of it. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "net/tls.h"
#include "receive/inside.h"
#include "receive/limits.h"
#include "system/heap.h"

enum { ADDRESSES_MAX = 16 * 1024 }; /* of a certificate */

void exchange_end(struct connection *c)
{
    if (c->sasl)
        sasl_wipe(c->sasl);
    free(c->sasl);
    c->sasl = NULL;
}

/* The end of each login: the one place that tells the log, the limits and the client. */
static void conclude(struct connection *c, uint32_t ticket, const char *name, bool is_right)
{
    LOG(c->receiver->log, LOG_LEVEL_INFO, is_right ? "login" : "login-failed",
        {"client", slice_str(c->client_text)}, {"user", slice_str(name)});
    if (is_right) {
        c->user = strdup(name);
        connection_answer(c, ticket,
                          reply_plain(c->user ? SITUATION_AUTH_OK : SITUATION_AUTH_UNAVAILABLE));
    } else {
        limits_count_failed_login(c, slice_str(name));
        limits_answer_slowly(c, ticket, SITUATION_AUTH_FAILED);
    }
}

static void on_checked(struct login_check *check)
{
    struct connection *c = check->ctx;
    c->login = NULL;
    conclude(c, check->ticket, check->name, check->is_right);
    login_check_free(&check);
    connection_go_on(c);
}

static void check_login(struct connection *c, uint32_t ticket, const struct sasl_credentials *who)
{
    const struct receiver *r = c->receiver;
    if (!limits_take_login(c, ticket, who->name))
        return;
    c->login = login_check_begin(&c->options->accounts, r->loop, who, on_checked, c, ticket);
    if (!c->login)
        connection_answer(c, ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}

/* False: the login ends here, and that was said. */
static bool challenge_account(struct connection *c, uint32_t ticket, struct slice name)
{
    struct slice challenge;
    struct verifier v;
    if (!limits_take_login(c, ticket, name))
        return false;
    bool good = login_verifier(&c->options->accounts, name, &v) &&
                sasl_use_verifier(c->sasl, &v, &challenge) == SASL_CHALLENGE;
    explicit_bzero(&v, sizeof(v));
    connection_answer(
        c, ticket,
        good ? REPLY_MAKE(SITUATION_AUTH_CHALLENGE, smtp_server_arena(c->session), challenge)
             : reply_plain(SITUATION_AUTH_UNAVAILABLE));
    return good;
}

static void conclude_proof(struct connection *c, uint32_t ticket, struct slice name, bool is_right)
{
    char text[SCRAM_NAME_MAX + 1];
    if (slice_cstr(name, text, sizeof(text)))
        conclude(c, ticket, text, is_right);
    else
        connection_answer(c, ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}

static void check_certificate(struct connection *c, uint32_t ticket, struct slice as)
{
    struct slice own = slice_str(c->certified);
    if (limits_take_login(c, ticket, own))
        conclude(c, ticket, c->certified ? c->certified : "",
                 own.len > 0 && (as.len == 0 || slice_ieq(as, own)));
}

void exchange_secured(struct connection *c)
{
    const struct login_accounts *accounts = &c->options->accounts;
    struct buf addresses;
    if (!accounts->users || accounts->users->count == 0)
        return;
    buf_init(&addresses, &heap, ADDRESSES_MAX);
    tls_add_peer_emails(c->stream.tls, &addresses);
    struct slice found = login_certified(accounts, buf_slice(&addresses));
    if (found.len > 0 && !addresses.failed && (c->certified = strndup(found.at, found.len)))
        smtp_server_offer(c->session, sasl_names(accounts->has_verifiers, true));
    buf_free(&addresses);
}

void exchange_forget_certificate(struct connection *c)
{
    if (c->certified)
        smtp_server_offer(c->session, sasl_names(c->options->accounts.has_verifiers, false));
    free(c->certified);
    c->certified = NULL;
}

void exchange_go_on(struct connection *c, const struct smtp_event *e)
{
    struct arena *arena = smtp_server_arena(c->session);
    struct sasl_credentials who;
    struct slice challenge;
    switch (sasl_step(c->sasl, e->has_response ? &e->response : NULL, &challenge, &who)) {
    case SASL_CHALLENGE:
        connection_answer(c, e->ticket, REPLY_MAKE(SITUATION_AUTH_CHALLENGE, arena, challenge));
        return;
    case SASL_ACCOUNT:
        if (challenge_account(c, e->ticket, who.name))
            return;
        break;
    case SASL_EXTERNAL:
        check_certificate(c, e->ticket, who.name);
        break;
    case SASL_CREDENTIALS:
        check_login(c, e->ticket, &who);
        break;
    case SASL_PROVEN:
        conclude_proof(c, e->ticket, who.name, true);
        break;
    case SASL_WRONG:
        conclude_proof(c, e->ticket, who.name, false);
        break;
    case SASL_MALFORMED:
        connection_answer(c, e->ticket,
                          REPLY_MAKE(SITUATION_AUTH_MALFORMED, arena, SLICE("this mechanism")));
        break;
    }
    exchange_end(c);
}

void exchange_begin(struct connection *c, const struct smtp_event *e)
{
    char random[SCRAM_RANDOM];
    exchange_end(c);
    c->sasl = calloc(1, sizeof(*c->sasl));
    if (c->sasl && getrandom(random, sizeof(random), 0) == (ssize_t)sizeof(random) &&
        sasl_begin(c->sasl, e->text, random)) {
        exchange_go_on(c, e);
        return;
    }
    exchange_end(c);
    connection_answer(c, e->ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}
