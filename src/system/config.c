#include "system/config_internal.h"
#include "system/file.h"

#include "base/err.h"
#include "system/heap.h"

static struct config *config_new(void)
{
    struct config *c = mem_take(&heap, sizeof(*c));
    if (!c)
        return NULL;
    *c = (struct config){0};
    arena_init(&c->arena, &heap, CONFIG_MEMORY_MAX);
    return c;
}

void config_free(struct config **c)
{
    if (!*c)
        return;
    for (size_t i = 0; i < (*c)->domain_count; i++) {
        if ((*c)->domains[i].known.mem)
            name_map_free(&(*c)->domains[i].known);
        if ((*c)->domains[i].known_aliases.mem)
            name_map_free(&(*c)->domains[i].known_aliases);
    }
    if ((*c)->login.known.mem)
        name_map_free(&(*c)->login.known);
    arena_wipe(&(*c)->arena); /* hashes of passwords, and passwords of ours */
    mem_give(&heap, *c, sizeof(**c));
    *c = NULL;
}

static enum config_listen_kind kind_of(struct slice title)
{
    static const struct {
        struct slice name;
        enum config_listen_kind kind;
    } kinds[] = {
        {SLICE_INIT("mx"), CONFIG_LISTEN_MX},
        {SLICE_INIT("submission"), CONFIG_LISTEN_SUBMISSION},
    };
    struct slice head = slice_head(title, slice_find(title, '-', 0));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (slice_ieq(head, kinds[i].name))
            return kinds[i].kind;
    return CONFIG_LISTEN_ANY;
}

static bool has_accounts(const struct config_login *l)
{
    return l->users.len > 0 || l->dovecot.len > 0 || l->pam.len > 0 || l->tokens.url.len > 0;
}

/* Who wants TLS needs a certificate. */
static void check_tls(const struct config *c, const char *name, struct config_problems *p)
{
    for (size_t i = 0; i < c->listen_count; i++) {
        const struct config_listen *l = &c->listens[i];
        if (l->require_login && !has_accounts(&c->login))
            config_problem_add(p, name, 0,
                               "listen %.*s wants a login, but nobody can log in; right is, for "
                               "example, login { users = \"/etc/candor/users\" }",
                               SLICE_ARG(l->name));
        if (l->require_login && (c->certificate_count == 0 || l->tls == CONFIG_TLS_OFF))
            config_problem_add(p, name, 0,
                               "listen %.*s wants a login, which is taken in encrypted connections "
                               "only: it needs a certificate, and tls = starttls or implicit",
                               SLICE_ARG(l->name));
        if (c->certificate_count == 0 && (l->tls == CONFIG_TLS_IMPLICIT || l->require_tls))
            config_problem_add(p, name, 0,
                               "listen %.*s wants TLS, but there is no certificate; right is, for "
                               "example, certificate mx { file = \"/etc/ssl/mx/fullchain.pem\" "
                               "key = \"/etc/ssl/mx/privkey.pem\" }",
                               SLICE_ARG(l->name));
        if (l->tls == CONFIG_TLS_OFF && l->require_tls)
            config_problem_add(p, name, 0, "listen %.*s has tls = off and require-tls; choose one",
                               SLICE_ARG(l->name));
    }
}

static void check_client_certificate(const struct config *c, const char *name,
                                     struct config_problems *p)
{
    struct slice wanted = c->relay.certificate;
    if (wanted.len && !config_certificate(c, wanted))
        config_problem_add(p, name, 0,
                           "relay: certificate = \"%.*s\": there is no section of this name; right "
                           "is, for example, certificate %.*s { file = "
                           "\"/etc/ssl/mx/fullchain.pem\" }",
                           SLICE_ARG(wanted), SLICE_ARG(wanted));
}

/* As long as the name of a socket may be, without its end. */
enum { SOCKET_PATH_MAX = 107 };

static void check_lmtp(const struct config_domain *d, const char *name, struct config_problems *p)
{
    size_t colon = slice_rfind(d->lmtp, ':');
    uint16_t port;
    bool is_path = d->lmtp.len > 1 && d->lmtp.at[0] == '/' && d->lmtp.len <= SOCKET_PATH_MAX;
    bool is_host = colon != SLICE_NONE && colon > 0 && d->lmtp.at[0] != '/' &&
                   port_parse(slice_from(d->lmtp, colon + 1), &port);
    if ((d->deliver == CONFIG_DELIVER_LMTP || d->lmtp.len) && !is_path && !is_host)
        config_problem_add(p, name, 0,
                           "domain %.*s: lmtp = \"%.*s\" is no place to deliver to; right is, for "
                           "example, deliver = lmtp lmtp = \"/run/dovecot/lmtp\", or "
                           "\"127.0.0.1:24\"",
                           SLICE_ARG(d->name), SLICE_ARG(d->lmtp));
}

/* What holds between keys; each key by itself is right already. */
static void check_whole(struct config *c, const char *name, struct config_problems *p)
{
    for (size_t i = 0; i < c->listen_count; i++)
        c->listens[i].kind = kind_of(c->listens[i].name);
    if (c->listen_count == 0)
        config_problem_add(p, name, 0,
                           "there is no section `listen`, so no mail could come in; "
                           "right is, for example, listen mx { address = \"0.0.0.0:25\" }");
    for (size_t i = 0; i < c->domain_count; i++)
        check_lmtp(&c->domains[i], name, p);
    for (size_t i = 0; i < c->domain_count; i++)
        for (size_t j = 0; j < i; j++)
            if (slice_ieq(c->domains[i].name, c->domains[j].name))
                config_problem_add(p, name, 0,
                                   "domain %.*s stands there twice; put all of it into "
                                   "one section",
                                   SLICE_ARG(c->domains[i].name));
    if (c->queue.retry_first > c->queue.retry_most)
        config_problem_add(p, name, 0,
                           "queue: retry-first is longer than retry-most; the first "
                           "wait is the shortest");
    if (c->queue.lifetime < c->queue.retry_first)
        config_problem_add(p, name, 0,
                           "queue: lifetime is shorter than retry-first, so nothing "
                           "would ever be tried twice");
    check_tls(c, name, p);
    config_login_check(&c->login, name, p);
    check_client_certificate(c, name, p);
    config_smarthost_check(c, name, p);
    config_reverse_path_check(c, name, p);
    config_seal_check(c, name, p);
    config_sources_check(c, name, p);
    struct slice to = c->log.to;
    if (to.len > 0 && to.at[0] != '/' && !slice_eq(to, SLICE("stderr")) &&
        !slice_eq(to, SLICE("syslog")) && !slice_eq(to, SLICE("journal")))
        config_problem_add(p, name, 0,
                           "log: to = \"%.*s\": right is stderr, syslog, journal or the "
                           "path of a file, which begins with /",
                           SLICE_ARG(to));
}

static struct config *parse(struct slice text, const char *name, bool touch_files,
                            struct config_problems *p)
{
    struct config *c = config_new();
    if (!c || text.len > CONFIG_FILE_MAX) {
        config_problem_add(p, name, 0, "%s",
                           c ? "this file is larger than 1 MiB" : err_text(ERR_MEMORY));
        config_free(&c);
        return NULL;
    }
    config_fill(c, text, name, touch_files, p);
    if (p->count == 0)
        check_whole(c, name, p);
    for (size_t i = 0; touch_files && p->count == 0 && i < c->domain_count; i++)
        config_mailboxes_read(&c->domains[i], &c->arena, p);
    for (size_t i = 0; touch_files && i < c->dkim_count; i++)
        config_dkim_check(&c->dkims[i], name, p);
    if (touch_files && p->count == 0) {
        config_smarthost_read(c, p);
        config_secret_read(c->login.tokens.password_file, "password", &c->login.tokens.password,
                           &c->arena, p);
    }
    if (touch_files && p->count == 0)
        config_secret_read(c->reverse_path.secret_file, "secret", &c->reverse_path.secret,
                           &c->arena, p);
    if (touch_files && p->count == 0)
        config_users_read(&c->login, &c->arena, p);
    if (p->count > 0)
        config_free(&c);
    return c;
}

struct config *config_parse(struct slice text, const char *name, struct config_problems *p)
{
    return parse(text, name, false, p);
}

static struct config *read_file(const char *path, bool touch_files, struct config_problems *p)
{
    struct buf text;
    const char *why;
    struct config *c = NULL;
    buf_init(&text, &heap, CONFIG_FILE_MAX + 8192);
    if (file_read(path, CONFIG_FILE_MAX, &text, &why))
        c = parse(buf_slice(&text), path, touch_files, p);
    else
        config_problem_add(p, path, 0, "the configuration can't be read: %s", why);
    buf_free(&text);
    return c;
}

struct config *config_read(const char *path, struct config_problems *p)
{
    return read_file(path, true, p);
}

struct config *config_glance(const char *path)
{
    struct config_problems problems;
    config_problems_init(&problems);
    struct config *c = read_file(path, false, &problems);
    config_problems_free(&problems);
    return c;
}

const struct config_certificate *config_certificate(const struct config *c, struct slice name)
{
    for (size_t i = 0; i < c->certificate_count; i++)
        if (slice_eq(c->certificates[i].name, name))
            return &c->certificates[i];
    return NULL;
}

const struct config_domain *config_domain(const struct config *c, struct slice name)
{
    for (size_t i = 0; i < c->domain_count; i++)
        if (slice_ieq(c->domains[i].name, name))
            return &c->domains[i];
    return NULL;
}

const struct config_mailbox *config_mailbox(const struct config_domain *d, struct slice local)
{
    return d->known.mem ? name_map_get(&d->known, local) : NULL;
}
