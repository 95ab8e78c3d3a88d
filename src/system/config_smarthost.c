/* Logins at smarthosts, that of the section relay and those of routes. */
#include "system/config_internal.h"

/* One of them, with what it belongs to. */
struct place {
    const struct config_smarthost_login *login;
    struct slice where; /* `relay`, or `route news` */
    bool has_smarthost;
    bool is_encrypted; /* its section asks for TLS */
    const char *name;  /* the configuration's */
    struct config_problems *problems;
};

static bool is_token_mechanism(int mechanism)
{
    return mechanism == CONFIG_MECHANISM_OAUTHBEARER || mechanism == CONFIG_MECHANISM_XOAUTH2;
}

static void check_secret(const struct place *p)
{
    const struct config_smarthost_login *l = p->login;
    bool has_token = l->token_file.len > 0, has_password = l->password_file.len > 0;
    if ((l->user.len > 0) != (has_password || has_token))
        config_problem_add(p->problems, p->name, 0,
                           "%.*s has a smarthost-user without a smarthost-password or "
                           "smarthost-token, or the other way round; a login needs both",
                           SLICE_ARG(p->where));
    if (has_password && has_token)
        config_problem_add(p->problems, p->name, 0,
                           "%.*s has a smarthost-password and a smarthost-token; which one is it "
                           "to log in with?",
                           SLICE_ARG(p->where));
    if (l->mechanism != CONFIG_MECHANISM_BEST && l->user.len == 0)
        config_problem_add(p->problems, p->name, 0,
                           "%.*s has a smarthost-mechanism without a smarthost-user; there is "
                           "nobody to log in as",
                           SLICE_ARG(p->where));
    else if (l->mechanism != CONFIG_MECHANISM_BEST &&
             is_token_mechanism(l->mechanism) != has_token && has_password != has_token)
        config_problem_add(p->problems, p->name, 0,
                           "%.*s has a smarthost-mechanism that takes a %s; right is %s",
                           SLICE_ARG(p->where), has_token ? "password" : "token",
                           has_token ? "oauthbearer or xoauth2"
                                     : "scram-sha-256, plain or login, or a smarthost-token");
}

static void check_place(const struct place *p)
{
    check_secret(p);
    if (p->login->user.len > 0 && !p->has_smarthost)
        config_problem_add(p->problems, p->name, 0,
                           "%.*s has a smarthost-user, but no smarthost; right is, for example, "
                           "smarthost = \"smtp.example.net:587\"",
                           SLICE_ARG(p->where));
    if (p->login->user.len > 0 && !p->is_encrypted)
        config_problem_add(p->problems, p->name, 0,
                           "%.*s has a smarthost-user, whose password is sent in encrypted "
                           "connections only; right is tls = verify, or must",
                           SLICE_ARG(p->where));
}

void config_smarthost_check(const struct config *c, const char *name, struct config_problems *p)
{
    enum { WHERE_MAX = 300 };
    bool has_smarthost = c->relay.smarthost.host.len > 0;
    check_place(&(struct place){&c->relay.login, SLICE("relay"), has_smarthost,
                                c->relay.tls >= CONFIG_RELAY_TLS_MUST, name, p});
    for (size_t i = 0; i < c->route_count; i++) {
        const struct config_route *r = &c->routes[i];
        char text[WHERE_MAX];
        struct buf where;
        int tls = r->tls ? r->tls - 1 : c->relay.tls;
        buf_init_fixed(&where, text, sizeof(text));
        buf_addf(&where, "route %.*s", SLICE_ARG(r->name));
        check_place(&(struct place){&r->login, buf_slice(&where),
                                    r->smarthost.host.len > 0 || (has_smarthost && !r->direct),
                                    tls >= CONFIG_RELAY_TLS_MUST, name, p});
    }
}

static void read_secret(struct config *c, struct config_smarthost_login *l,
                        struct config_problems *p)
{
    config_secret_read(l->password_file, "password", &l->password, &c->arena, p);
    config_secret_check_rights(l->token_file, "token", p);
}

void config_smarthost_read(struct config *c, struct config_problems *p)
{
    read_secret(c, &c->relay.login, p);
    for (size_t i = 0; i < c->route_count; i++)
        read_secret(c, &c->routes[i].login, p);
}
