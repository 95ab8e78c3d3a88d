/* AUTH that Dovecot judges. What PLAIN and LOGIN say is known here, so that an account's failed
 * logins count before Dovecot is asked; the other mechanisms are passed on as they come, and count
 * when Dovecot says whose login it was. */
#include <stdlib.h>

#include "base/base64.h"
#include "receive/dovecot_link.h"
#include "receive/inside.h"
#include "receive/limits.h"
#include "system/heap.h"

struct relayed {
    struct connection *connection;
    struct dovecot_login *login;
    uint32_t ticket;
    bool is_named; /* its limits were looked at before */
};

static struct slice socket_of(const struct connection *c)
{
    return c->options->accounts.dovecot;
}

static struct dovecot_link *link_of(struct connection *c)
{
    struct receiver *r = c->receiver;
    return dovecot_link_get(&r->dovecots, r->loop, r->log, socket_of(c));
}

void relayed_names(struct connection *c, struct buf *out)
{
    struct dovecot_link *link = socket_of(c).len ? link_of(c) : NULL;
    if (link)
        dovecot_link_names(link, out);
}

void relayed_end(struct connection *c)
{
    if (c->relayed)
        dovecot_login_end(c->relayed->login);
    free(c->relayed);
    c->relayed = NULL;
}

static void conclude(struct connection *c, const struct relayed *r, const struct dovecot_event *e)
{
    static const enum login_verdict verdicts[] = {
        [DOVECOT_RIGHT] = LOGIN_RIGHT,
        [DOVECOT_WRONG] = LOGIN_WRONG,
        [DOVECOT_EXPIRED] = LOGIN_EXPIRED,
        [DOVECOT_DISABLED] = LOGIN_DISABLED,
    };
    if (e->kind == DOVECOT_AWAY)
        connection_answer(c, r->ticket, reply_plain(SITUATION_AUTH_UNAVAILABLE));
    else if (r->is_named || limits_take_login(c, r->ticket, e->text))
        exchange_conclude(c, r->ticket, e->text, verdicts[e->kind]);
}

static void on_answered(void *ctx, const struct dovecot_event *e)
{
    struct relayed *r = ctx;
    struct connection *c = r->connection;
    if (e->kind == DOVECOT_CHALLENGE) {
        connection_answer(
            c, r->ticket,
            REPLY_MAKE(SITUATION_AUTH_CHALLENGE, smtp_server_arena(c->session), e->text));
    } else {
        c->relayed = NULL;
        conclude(c, r, e);
        free(r);
    }
    connection_go_on(c);
}

/* False: it was answered. */
static bool ask(struct connection *c, uint32_t ticket, const struct dovecot_question *q,
                bool is_named)
{
    struct dovecot_link *link = link_of(c);
    struct relayed *r = link ? calloc(1, sizeof(*r)) : NULL;
    if (r) {
        *r = (struct relayed){.connection = c, .ticket = ticket, .is_named = is_named};
        r->login = dovecot_login_begin(link, q, on_answered, r);
    }
    if (r && r->login) {
        c->relayed = r;
        return true;
    }
    free(r);
    return false;
}

bool relayed_takes(const struct connection *c, struct slice mechanism)
{
    const struct login_accounts *accounts = &c->options->accounts;
    return socket_of(c).len > 0 && !sasl_knows_credentials(mechanism) &&
           !(accounts->tokens && sasl_knows_tokens(mechanism));
}

static void refuse(struct connection *c, uint32_t ticket)
{
    connection_answer(c, ticket,
                      REPLY_MAKE(SITUATION_AUTH_MALFORMED, smtp_server_arena(c->session),
                                 SLICE("this mechanism")));
}

void relayed_begin(struct connection *c, const struct smtp_event *e)
{
    const struct dovecot_question q = {.mechanism = e->text,
                                       .client = slice_str(c->client_text),
                                       .response = e->has_response ? &e->response : NULL};
    if (limits_take_login(c, e->ticket, SLICE("")) && !ask(c, e->ticket, &q, false))
        refuse(c, e->ticket);
}

void relayed_go_on(struct connection *c, const struct smtp_event *e)
{
    c->relayed->ticket = e->ticket;
    if (dovecot_login_respond(c->relayed->login, e->response))
        return;
    relayed_end(c);
    refuse(c, e->ticket);
}

void relayed_check(struct connection *c, uint32_t ticket, const struct sasl_credentials *who)
{
    char said[SASL_BYTES_MAX + 2], encoded[2 * SASL_BYTES_MAX];
    struct buf plain, response;
    buf_init_fixed(&plain, said, sizeof(said));
    buf_init_fixed(&response, encoded, sizeof(encoded));
    buf_add_char(&plain, '\0');
    buf_add(&plain, who->name);
    buf_add_char(&plain, '\0');
    buf_add(&plain, who->password);
    base64_write(&response, buf_slice(&plain));
    const struct slice view = buf_slice(&response);
    const struct dovecot_question q = {
        .mechanism = SLICE("PLAIN"), .client = slice_str(c->client_text), .response = &view};
    if (response.failed || !ask(c, ticket, &q, true))
        refuse(c, ticket);
    explicit_bzero(said, sizeof(said));
    explicit_bzero(encoded, sizeof(encoded));
}
