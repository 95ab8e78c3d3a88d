/* The client's half of AUTH (RFC 4954), in TLS only. What is said in it, auth knows. */
#include "smtp/client/inside.h"

void client_take_mechanisms(struct smtp_client *c, struct slice words)
{
    c->mechanisms |= sasl_client_take(words);
}

bool client_must_log_in(const struct smtp_client *c)
{
    return c->options.login.name.len > 0 && !c->is_logged_in;
}

static void give_up(struct smtp_client *c, const char *failure)
{
    client_enter(c, STEP_AUTH);
    client_close(c, &(struct client_answer){.failure = failure});
}

void client_log_in(struct smtp_client *c)
{
    const struct sasl_secret *secret = &c->options.login;
    size_t before = c->out.len;
    const char *why;
    client_enter(c, STEP_AUTH);
    buf_add_str(&c->out, "AUTH ");
    if (!c->is_secure)
        why = "a login is sent in an encrypted connection only";
    else if (secret->is_token && secret->token.len == 0)
        why = "the file with the token for the login can't be read, or is empty";
    else if (sasl_client_begin(&c->login, secret, c->mechanisms, &c->out, &why))
        why = NULL;
    if (why) {
        c->out.len = before;
        give_up(c, why);
        return;
    }
    buf_add_str(&c->out, "\r\n");
    client_check_memory(c);
}

static void respond(struct smtp_client *c, const struct reply *r)
{
    const char *why;
    size_t before = c->out.len;
    client_enter(c, STEP_AUTH);
    if (sasl_client_respond(&c->login, slice_trim(r->text), &c->out, &why)) {
        buf_add_str(&c->out, "\r\n");
        client_check_memory(c);
        return;
    }
    c->out.len = before;
    if (why)
        client_close(c, &(struct client_answer){.failure = why});
    else
        client_refuse(c, r);
}

/* All was sent: no copy of the memory tells the password any more. */
static void forget(struct smtp_client *c)
{
    if (!smtp_client_output(c).len && c->out.at)
        explicit_bzero(c->out.at, c->out.size);
}

void client_login_reply(struct smtp_client *c, const struct reply *r)
{
    forget(c);
    if (r->code == 235 && !sasl_client_is_satisfied(&c->login)) {
        give_up(c, "the other side let us in, but did not prove that it knows the password (RFC "
                   "5802 3)");
    } else if (r->code == 235) {
        c->is_logged_in = true;
        client_ready(c);
    } else if (r->code == 334) {
        respond(c, r);
    } else {
        client_refuse(c, r);
    }
}
