/* AUTH (RFC 4954): the exchange, and the check of what comes out of it. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "net/tls.h"
#include "receive/inside.h"
#include "receive/limits.h"
#include "system/heap.h"

enum { ADDRESSES_MAX = 16 * 1024 }; /* of a certificate */
_Static_assert((int)TLS_BINDING == (int)SCRAM_BINDING, "the one is the other");

void exchange_end(struct connection *c)
{
    if (c->sasl)
        sasl_wipe(c->sasl);
    free(c->sasl);
    c->sasl = NULL;
}

/* Only what is wrong counts as a guess; with the rest nothing can be found out by guessing on. */
static const struct {
    const char *event;
    enum situation situation;
} ends[] = {
    [LOGIN_RIGHT] = {"login", SITUATION_AUTH_OK},
    [LOGIN_WRONG] = {"login-failed", SITUATION_AUTH_FAILED},
    [LOGIN_EXPIRED] = {"login-expired", SITUATION_AUTH_EXPIRED},
    [LOGIN_DISABLED] = {"login-disabled", SITUATION_AUTH_DISABLED},
    [LOGIN_TOO_WEAK] = {"login-too-weak", SITUATION_AUTH_TOO_WEAK},
};

void exchange_conclude(struct connection *c, uint32_t ticket, struct slice name,
                       enum login_verdict verdict)
{
    enum situation situation = ends[verdict].situation;
    LOG(c->receiver->log, LOG_LEVEL_INFO, ends[verdict].event,
        {"client", slice_str(c->client_text)}, {"user", name});
    if (verdict == LOGIN_WRONG) {
        limits_count_failed_login(c, name);
        limits_answer_slowly(c, ticket, situation);
        return;
    }
    if (verdict == LOGIN_RIGHT && !(c->user = strndup(name.at, name.len)))
        situation = SITUATION_AUTH_UNAVAILABLE;
    connection_answer(c, ticket, REPLY_MAKE(situation, smtp_server_arena(c->session), name));
}

static void on_checked(struct login_check *check)
{
    struct connection *c = check->ctx;
    c->login = NULL;
    if (check->verdict == LOGIN_AWAY) {
        LOG(c->receiver->log, LOG_LEVEL_ERROR, "pam-away", {"client", slice_str(c->client_text)},
            {"reason", slice_str(check->away)});
        connection_answer(c, check->ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
    } else {
        exchange_conclude(c, check->ticket, slice_str(check->name), check->verdict);
    }
    login_check_free(&check);
    connection_go_on(c);
}

static void check_login(struct connection *c, uint32_t ticket, const struct sasl_credentials *who)
{
    const struct receiver *r = c->receiver;
    if (!limits_take_login(c, ticket, who->name))
        return;
    if (c->options->accounts.dovecot.len) {
        relayed_check(c, ticket, who);
        return;
    }
    c->login = login_check_begin(&c->options->accounts, r->loop, who, slice_str(c->client_text),
                                 on_checked, c, ticket);
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

/* ---- tokens ---- */

struct token_login {
    struct connection *connection;
    uint32_t ticket;
    char name[SCRAM_NAME_MAX + 1]; /* as the client claims; empty: as the token says */
};

/* Of a good token, the account's standing; else what was found of the token. */
static enum login_verdict standing_of_token(const struct connection *c, struct slice claimed,
                                            enum token_verdict verdict, struct slice name)
{
    bool is_own = claimed.len == 0 || slice_ieq(claimed, name);
    if (verdict == TOKEN_AWAY)
        return LOGIN_AWAY;
    return verdict == TOKEN_RIGHT && is_own
               ? login_standing(&c->options->accounts, name, LOGIN_BY_OTHER)
               : LOGIN_WRONG;
}

/* False: the client has to answer before it is over. */
static bool conclude_token(struct connection *c, uint32_t ticket, struct slice claimed,
                           enum token_verdict verdict, struct slice name)
{
    struct slice challenge;
    enum login_verdict standing = standing_of_token(c, claimed, verdict, name);
    if (standing == LOGIN_AWAY) {
        connection_answer(c, ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
    } else if (standing != LOGIN_WRONG) {
        if (limits_take_login(c, ticket, name))
            exchange_conclude(c, ticket, name, standing);
    } else if (sasl_refuse_token(c->sasl, &challenge) == SASL_CHALLENGE) {
        connection_answer(
            c, ticket,
            REPLY_MAKE(SITUATION_AUTH_CHALLENGE, smtp_server_arena(c->session), challenge));
        return false;
    }
    return true;
}

static void on_token(void *ctx, enum token_verdict verdict, struct slice name)
{
    struct token_login *t = ctx;
    struct connection *c = t->connection;
    c->token = NULL;
    if (!c->is_gone && conclude_token(c, t->ticket, slice_str(t->name), verdict, name))
        exchange_end(c);
    free(t);
    connection_go_on(c);
}

/* False: the login is over. */
static bool check_token(struct connection *c, uint32_t ticket, const struct sasl_credentials *who)
{
    struct receiver *r = c->receiver;
    struct slice name;
    if (!limits_take_login(c, ticket, who->name))
        return false;
    if (tokens_recall(r->tokens, who->password, loop_now(r->loop), &name))
        return !conclude_token(c, ticket, who->name, TOKEN_RIGHT, name);
    struct token_login *t = calloc(1, sizeof(*t));
    if (t && slice_cstr(who->name, t->name, sizeof(t->name))) {
        t->connection = c;
        t->ticket = ticket;
        c->token = t;
        if (token_check_begin(c->options->accounts.tokens, &r->tokens, r->loop, r->log,
                              who->password, on_token, t))
            return true;
        c->token = NULL;
    }
    free(t);
    connection_answer(c, ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
    return false;
}

static void check_certificate(struct connection *c, uint32_t ticket, struct slice as)
{
    struct slice own = slice_str(c->certified);
    if (limits_take_login(c, ticket, own))
        exchange_conclude(c, ticket, own,
                          own.len > 0 && (as.len == 0 || slice_ieq(as, own)) ? LOGIN_RIGHT
                                                                             : LOGIN_WRONG);
}

/* Which account the client's certificate stands for, if for any. */
static void look_at_certificate(struct connection *c)
{
    const struct login_accounts *accounts = &c->options->accounts;
    struct buf addresses;
    if (!accounts->users || accounts->users->count == 0)
        return;
    buf_init(&addresses, &heap, ADDRESSES_MAX);
    tls_add_peer_emails(c->stream.tls, &addresses);
    struct slice found = login_certified(accounts, buf_slice(&addresses));
    if (found.len > 0 && !addresses.failed)
        c->certified = strndup(found.at, found.len);
    buf_free(&addresses);
}

/* What this client may log in by, where that is more than the entrance says of itself. */
static void offer(struct connection *c)
{
    char binding[TLS_BINDING];
    const struct login_accounts *accounts = &c->options->accounts;
    char text[SASL_NAMES_MAX];
    struct buf names;
    buf_init_fixed(&names, text, sizeof(text) - 1);
    relayed_names(c, &names);
    bool has_users = accounts->users && accounts->users->count > 0; /* else PAM may have them */
    const struct sasl_offer own = {.certificate = c->certified != NULL,
                                   .verifiers = has_users && accounts->has_verifiers,
                                   .binding = c->stream.tls && tls_binding(c->stream.tls, binding),
                                   .passwords = has_users || accounts->pam,
                                   .tokens = accounts->tokens != NULL};
    sasl_names(&own, &names);
    text[names.len] = '\0';
    free(c->offered);
    c->offered = strdup(text);
    smtp_server_offer(c->session, slice_str(c->offered));
}

void exchange_secured(struct connection *c)
{
    const struct login_accounts *accounts = &c->options->accounts;
    bool has_users = accounts->users && accounts->users->count > 0;
    look_at_certificate(c);
    if (c->certified || accounts->dovecot.len || (has_users && accounts->has_verifiers))
        offer(c);
}

void exchange_forget_certificate(struct connection *c)
{
    if (!c->certified)
        return;
    free(c->certified);
    c->certified = NULL;
    offer(c);
}

static void take_response(struct connection *c, const struct smtp_event *e)
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
    case SASL_TOKEN:
        if (check_token(c, e->ticket, &who))
            return;
        break;
    case SASL_EXTERNAL:
        check_certificate(c, e->ticket, who.name);
        break;
    case SASL_CREDENTIALS:
        check_login(c, e->ticket, &who);
        break;
    case SASL_PROVEN:
        exchange_conclude(c, e->ticket, who.name,
                          login_standing(&c->options->accounts, who.name, LOGIN_BY_SCRAM));
        break;
    case SASL_WRONG:
        exchange_conclude(c, e->ticket, who.name, LOGIN_WRONG);
        break;
    case SASL_MALFORMED:
        connection_answer(c, e->ticket,
                          REPLY_MAKE(SITUATION_AUTH_MALFORMED, arena, SLICE("this mechanism")));
        break;
    }
    exchange_end(c);
}

void exchange_go_on(struct connection *c, const struct smtp_event *e)
{
    c->said_at = loop_now(c->receiver->loop);
    if (c->relayed)
        relayed_go_on(c, e);
    else if (c->sasl)
        take_response(c, e);
    else /* whoever judges it has given it up meanwhile */
        connection_answer(c, e->ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}

void exchange_begin(struct connection *c, const struct smtp_event *e)
{
    char random[SCRAM_RANDOM], binding[TLS_BINDING];
    exchange_end(c);
    relayed_end(c); /* the client gave up an earlier one */
    c->said_at = loop_now(c->receiver->loop);
    if (relayed_takes(c, e->text)) {
        relayed_begin(c, e);
        return;
    }
    c->sasl = calloc(1, sizeof(*c->sasl));
    if (c->sasl && getrandom(random, sizeof(random), 0) == (ssize_t)sizeof(random) &&
        sasl_begin(c->sasl, e->text, random)) {
        if (c->stream.tls && tls_binding(c->stream.tls, binding))
            sasl_bind(c->sasl, binding);
        take_response(c, e);
        return;
    }
    exchange_end(c);
    connection_answer(c, e->ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}
