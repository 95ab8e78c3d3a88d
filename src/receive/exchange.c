/* AUTH (RFC 4954): the exchange, and the check of what comes out of it. */
#include <stdlib.h>
#include <string.h>

#include "receive/inside.h"
#include "receive/limits.h"

void exchange_end(struct connection *c)
{
    if (c->sasl)
        sasl_wipe(c->sasl);
    free(c->sasl);
    c->sasl = NULL;
}

static void on_checked(struct login_check *check)
{
    struct connection *c = check->ctx;
    uint32_t ticket = check->ticket;
    bool is_right = check->is_right;
    c->login = NULL;
    LOG(c->receiver->log, LOG_LEVEL_INFO, is_right ? "login" : "login-failed",
        {"client", slice_str(c->client_text)}, {"user", slice_str(check->name)});
    if (is_right)
        c->user = strdup(check->name);
    if (is_right) {
        connection_answer(c, ticket,
                          reply_plain(c->user ? SITUATION_AUTH_OK : SITUATION_AUTH_UNAVAILABLE));
    } else {
        limits_count_failed_login(c, slice_str(check->name));
        limits_answer_slowly(c, ticket, SITUATION_AUTH_FAILED);
    }
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

void exchange_go_on(struct connection *c, const struct smtp_event *e)
{
    struct arena *arena = smtp_server_arena(c->session);
    struct sasl_credentials who;
    struct slice challenge;
    switch (sasl_step(c->sasl, e->has_response ? &e->response : NULL, &challenge, &who)) {
    case SASL_CHALLENGE:
        connection_answer(c, e->ticket, REPLY_MAKE(SITUATION_AUTH_CHALLENGE, arena, challenge));
        return;
    case SASL_CREDENTIALS:
        check_login(c, e->ticket, &who);
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
    exchange_end(c);
    c->sasl = calloc(1, sizeof(*c->sasl));
    if (c->sasl && sasl_begin(c->sasl, e->text)) {
        exchange_go_on(c, e);
        return;
    }
    exchange_end(c);
    connection_answer(c, e->ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
}
