/* The client's half of a login: AUTH PLAIN (RFC 4616) or LOGIN, in TLS only (RFC 4954). */
#include "base/base64.h"
#include "smtp/client/inside.h"

enum { LOGIN_BYTES_MAX = 600 };

static const struct {
    struct slice name;
    enum client_offer offer;
} mechanisms[] = {
    {SLICE_INIT("PLAIN"), OFFER_AUTH_PLAIN},
    {SLICE_INIT("LOGIN"), OFFER_AUTH_LOGIN},
};

void client_take_mechanisms(struct smtp_client *c, struct slice words)
{
    struct slice word;
    while (slice_word(&words, &word))
        for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
            if (slice_ieq(word, mechanisms[i].name))
                c->offers |= (unsigned)mechanisms[i].offer;
}

bool client_must_log_in(const struct smtp_client *c)
{
    return c->options.login_name.len > 0 && !c->is_logged_in;
}

static void give_up(struct smtp_client *c, const char *failure)
{
    client_enter(c, STEP_AUTH);
    client_close(c, &(struct client_answer){.failure = failure});
}

/* NUL, name, NUL, password (RFC 4616 2). */
static void write_plain(struct smtp_client *c)
{
    char storage[LOGIN_BYTES_MAX];
    struct buf said;
    buf_init_fixed(&said, storage, sizeof(storage));
    buf_add_char(&said, '\0');
    buf_add(&said, c->options.login_name);
    buf_add_char(&said, '\0');
    buf_add(&said, c->options.login_password);
    base64_write(&c->out, buf_slice(&said));
    explicit_bzero(storage, sizeof(storage));
}

void client_log_in(struct smtp_client *c)
{
    const struct smtp_client_options *o = &c->options;
    if (!c->is_secure) {
        give_up(c, "a password is sent in an encrypted connection only");
    } else if (o->login_name.len + o->login_password.len > LOGIN_BYTES_MAX - 2) {
        give_up(c, "the login's name and password are too long");
    } else if (c->offers & OFFER_AUTH_PLAIN) {
        client_enter(c, STEP_AUTH);
        buf_add_str(&c->out, "AUTH PLAIN ");
        write_plain(c);
        buf_add_str(&c->out, "\r\n");
        c->responses_left = 0;
    } else if (c->offers & OFFER_AUTH_LOGIN) {
        client_command(c, STEP_AUTH, "AUTH LOGIN", SLICE(""));
        c->responses_left = 2;
    } else {
        give_up(c, "the other side offers no login by PLAIN or LOGIN");
    }
    client_check_memory(c);
}

/* LOGIN asks for the name, then for the password, in words that differ from server to server. */
static void respond(struct smtp_client *c)
{
    const struct smtp_client_options *o = &c->options;
    client_enter(c, STEP_AUTH);
    base64_write(&c->out, c->responses_left == 2 ? o->login_name : o->login_password);
    buf_add_str(&c->out, "\r\n");
    c->responses_left--;
    client_check_memory(c);
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
    if (r->code == 235) {
        c->is_logged_in = true;
        client_ready(c);
    } else if (r->code == 334 && c->responses_left) {
        respond(c);
    } else {
        client_refuse(c, r);
    }
}
