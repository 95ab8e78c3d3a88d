#include "server/places.h"

#include "deliver/outgoing.h"
#include "dns/idn.h"
#include "system/heap.h"

enum { PLACES_ARENA = 16 * 1024 * 1024 };

/* A name as addresses have it (receive/international.h). What is no name stays as it is: no address
 * has it. */
static bool keep_name(struct places *p, struct slice name, struct slice *own_r)
{
    char storage[ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX];
    struct buf own;
    *own_r = name;
    buf_init_fixed(&own, storage, sizeof(storage));
    return slice_is_ascii(name) || !idn_add_address(&own, name) ||
           arena_dup(&p->arena, buf_slice(&own), own_r);
}

static bool keep_names(struct places *p, const struct slice *names, size_t count,
                       const struct slice **own_r)
{
    struct slice *own = arena_array(&p->arena, count ? count : 1, sizeof(*own));
    for (size_t i = 0; own && i < count; i++)
        if (!keep_name(p, names[i], &own[i]))
            return false;
    *own_r = own;
    return own != NULL;
}

static struct access_alias *alias_from(struct places *p, const struct config_alias *from)
{
    static const enum access kinds[] = {[CONFIG_ALIAS_FORWARD] = ACCESS_LOCAL,
                                        [CONFIG_ALIAS_TOLD] = ACCESS_TOLD,
                                        [CONFIG_ALIAS_MOVED] = ACCESS_MOVED,
                                        [CONFIG_ALIAS_DISABLED] = ACCESS_DISABLED,
                                        [CONFIG_ALIAS_PAUSED] = ACCESS_PAUSED};
    struct access_alias *alias = arena_take(&p->arena, sizeof(*alias));
    if (!alias)
        return NULL;
    *alias = (struct access_alias){.access = kinds[from->kind], .count = from->count};
    return keep_names(p, from->targets, from->count, &alias->targets) ? alias : NULL;
}

static bool add_aliases(struct places *p, const struct config_domain *from, struct name_map *to)
{
    size_t at = 0;
    name_map_init(to, &heap, p->access.domains.key);
    for (const struct config_alias *a;
         from->known_aliases.mem && (a = name_map_next(&from->known_aliases, &at));) {
        struct access_alias *alias = alias_from(p, a);
        if (!alias || !name_map_put(to, a->name, alias))
            return false;
    }
    return true;
}

static bool add_domains(struct places *p)
{
    const struct config *c = p->config;
    p->domains = arena_array(&p->arena, c->domain_count, sizeof(*p->domains));
    p->aliases = arena_array(&p->arena, c->domain_count, sizeof(*p->aliases));
    if (!p->domains || !p->aliases)
        return false;
    memset(p->aliases, 0, c->domain_count * sizeof(*p->aliases));
    for (size_t i = 0; i < c->domain_count; i++) {
        p->domains[i] = (struct access_domain){
            .name = c->domains[i].name,
            .quota = c->domains[i].quota,
            .lmtp = c->domains[i].deliver == CONFIG_DELIVER_LMTP ? c->domains[i].lmtp : SLICE(""),
            .refuses_full = c->domains[i].when_full == CONFIG_FULL_REFUSE,
            .is_owners = c->domains[i].write_as == CONFIG_WRITE_AS_OWNER,
            .mailboxes = &c->domains[i].known,
            .aliases = &p->aliases[i]};
        if (!keep_name(p, c->domains[i].name, &p->domains[i].name) ||
            !add_aliases(p, &c->domains[i], &p->aliases[i]) ||
            !name_map_put(&p->access.domains, p->domains[i].name, &p->domains[i]))
            return false;
    }
    const struct conf_names *never = &c->refuse.domains;
    const struct slice *names;
    if (!keep_names(p, never->at, never->count, &names))
        return false;
    for (size_t i = 0; i < never->count; i++)
        if (!name_map_put(&p->access.never, names[i], p))
            return false;
    p->access.fallback = c->domain_count ? &p->domains[0] : NULL;
    return true;
}

static bool write_smarthost(struct places *p, const struct conf_host_port *host,
                            struct slice *text_r)
{
    struct buf out;
    enum { LONGEST = 300 };
    char *text = host->host.len ? arena_take(&p->arena, LONGEST) : NULL;
    *text_r = SLICE("");
    if (host->host.len == 0)
        return true;
    if (!text)
        return false;
    buf_init_fixed(&out, text, LONGEST);
    bool is_v6 = slice_find(host->host, ':', 0) != SLICE_NONE && host->host.at[0] != '[';
    buf_addf(&out, is_v6 ? "[%.*s]:%u" : "%.*s:%u", SLICE_ARG(host->host), host->port);
    *text_r = buf_slice(&out);
    return !out.failed;
}

static uint8_t pool_number(const struct config *c, struct slice name)
{
    return name.len ? (uint8_t)(1 + config_pool(c, name)) : 0;
}

/* The same for the same login at the same place, also after a reload. */
static uint64_t number_login(const struct places *p, struct slice smarthost,
                             const struct config_smarthost_login *from)
{
    enum { TEXT_MAX = 16 * 1024 };
    char text[TEXT_MAX];
    struct buf all;
    buf_init_fixed(&all, text, sizeof(text));
    const struct slice parts[] = {smarthost, from->user, from->password_file, from->token_file};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        buf_add(&all, parts[i]);
        buf_add_char(&all, '\0');
    }
    buf_add_u64(&all, (uint64_t)from->mechanism);
    return hash_slice(&p->access.domains.key, buf_slice(&all)) | 1; /* 0 is none */
}

/* NULL: there is none to make. */
static const struct delivery_login *add_login(struct places *p, struct slice smarthost,
                                              const struct config_smarthost_login *from,
                                              bool is_shared)
{
    static const struct slice mechanisms[] = {
        [CONFIG_MECHANISM_BEST] = SLICE_INIT(""),
        [CONFIG_MECHANISM_SCRAM] = SLICE_INIT("SCRAM-SHA-256"),
        [CONFIG_MECHANISM_PLAIN] = SLICE_INIT("PLAIN"),
        [CONFIG_MECHANISM_LOGIN] = SLICE_INIT("LOGIN"),
        [CONFIG_MECHANISM_OAUTHBEARER] = SLICE_INIT("OAUTHBEARER"),
        [CONFIG_MECHANISM_XOAUTH2] = SLICE_INIT("XOAUTH2")};
    if (from->user.len == 0 || smarthost.len == 0)
        return NULL;
    struct delivery_login *l = &p->logins[p->login_count++];
    *l = (struct delivery_login){.id = number_login(p, smarthost, from),
                                 .user = from->user,
                                 .password = from->password,
                                 .token_file = from->token_file,
                                 .mechanism = mechanisms[from->mechanism],
                                 .is_shared = is_shared};
    return l;
}

/* What a route does not say is as the section relay says. */
static bool set_route(struct places *p, const struct config_route *from, struct places_route *to)
{
    *to = (struct places_route){.config = from,
                                .pool = from->pool.len ? pool_number(p->config, from->pool)
                                                       : p->usual.pool};
    if (from->tls)
        to->tls = target_tls_for_route(outgoing_target_tls(from->tls - 1));
    if (!write_smarthost(p, &from->smarthost, &to->smarthost))
        return false;
    if (to->smarthost.len == 0 && !from->direct)
        to->smarthost = p->usual.smarthost;
    to->login = add_login(p, to->smarthost, &from->login, false);
    if (!to->login && to->smarthost.len && slice_eq(to->smarthost, p->usual.smarthost))
        to->login = p->usual.login;
    return true;
}

static bool add_routes(struct places *p)
{
    const struct config *c = p->config;
    p->routes = arena_array(&p->arena, c->route_count, sizeof(*p->routes));
    p->logins = arena_array(&p->arena, c->route_count + 1, sizeof(*p->logins));
    p->route_count = c->route_count;
    p->usual.pool = pool_number(c, c->relay.pool);
    bool good =
        p->routes && p->logins && write_smarthost(p, &c->relay.smarthost, &p->usual.smarthost);
    if (good)
        p->usual.login = add_login(p, p->usual.smarthost, &c->relay.login, true);
    for (size_t i = 0; good && i < c->route_count; i++)
        good = set_route(p, &c->routes[i], &p->routes[i]);
    return good;
}

bool places_init(struct places *p, const struct config *config, struct hash_key key)
{
    *p = (struct places){.config = config};
    arena_init(&p->arena, &heap, PLACES_ARENA);
    name_map_init(&p->access.domains, &heap, key);
    name_map_init(&p->access.never, &heap, key);
    p->access.networks = config->relay.networks.at;
    p->access.count = config->relay.networks.count;
    if (add_domains(p) && add_routes(p))
        return true;
    places_free(p);
    return false;
}

void places_free(struct places *p)
{
    for (size_t i = 0; p->aliases && i < p->config->domain_count; i++)
        if (p->aliases[i].mem)
            name_map_free(&p->aliases[i]);
    name_map_free(&p->access.domains);
    name_map_free(&p->access.never);
    arena_reset(&p->arena);
}

static struct address split(struct slice address)
{
    size_t at = slice_rfind(address, '@');
    struct address a = {.text = address, .local = slice_head(address, at)};
    if (at != SLICE_NONE)
        a.domain = slice_from(address, at + 1);
    return a;
}

static bool names_fit(const struct conf_names *names, struct slice domain)
{
    for (size_t i = 0; i < names->count; i++)
        if (slice_ieq(names->at[i], domain))
            return true;
    return names->count == 0;
}

/* The first route that fits, else what the section relay says. */
const struct places_route *places_way(const struct places *p, struct slice sender,
                                      struct slice domain)
{
    struct slice from = split(sender).domain;
    for (size_t i = 0; i < p->route_count; i++) {
        const struct places_route *r = &p->routes[i];
        if (names_fit(&r->config->senders, from) && names_fit(&r->config->recipients, domain))
            return r;
    }
    return &p->usual;
}

const struct delivery_login *places_login(const struct places *p, uint64_t account)
{
    for (size_t i = 0; account && i < p->login_count; i++)
        if (p->logins[i].id == account)
            return &p->logins[i];
    return NULL;
}

static void route_out(const struct places *p, struct slice sender, struct slice domain,
                      struct route *route_r)
{
    const struct places_route *way = places_way(p, sender, domain);
    *route_r = (struct route){.agent = AGENT_SMTP,
                              .destination = way->smarthost.len ? way->smarthost : domain,
                              .is_smarthost = way->smarthost.len > 0,
                              .account = way->login ? way->login->id : 0,
                              .tls = way->tls,
                              .pool = way->pool};
}

void places_route(const struct places *p, struct slice sender, struct slice address,
                  struct route *route_r)
{
    struct address a = split(address);
    const struct access_domain *local = access_local_domain(&p->access, &a);
    if (local && local->lmtp.len)
        *route_r =
            (struct route){.agent = AGENT_LMTP, .destination = local->lmtp, .is_smarthost = true};
    else if (local)
        *route_r = (struct route){.agent = AGENT_MAILDIR, .destination = local->name};
    else
        route_out(p, sender, a.domain, route_r);
}

bool places_is_ours(const struct places *p, const struct envelope *e)
{
    struct ip client;
    /* RFC 3848: an A at the end says that somebody logged in */
    bool has_login =
        slice_iends(e->protocol, SLICE("ESMTPA")) || slice_iends(e->protocol, SLICE("ESMTPSA"));
    return e->client.len == 0 || has_login ||
           (ip_parse(e->client, &client) && access_is_trusted(&p->access, &client));
}

void places_box_name(const struct places *p, struct slice address, struct buf *out)
{
    struct address a = split(address);
    const struct access_domain *domain = access_local_domain(&p->access, &a);
    if (domain)
        buf_addf(out, "%.*s@%.*s", SLICE_ARG(access_mailbox_local(domain, a.local)),
                 SLICE_ARG(domain->name));
}

bool places_maildir(void *ctx, struct slice address, struct arena *arena, struct maildir_box *box_r)
{
    const struct places *p = ctx;
    struct address a = split(address);
    const struct access_domain *domain = access_local_domain(&p->access, &a);
    const struct config_mailbox *box = domain ? access_mailbox(domain, a.local) : NULL;
    if (!box || !arena_dup(arena, box->path, &box_r->path))
        return false;
    box_r->quota = domain->quota;
    box_r->refuses_full = domain->refuses_full;
    box_r->is_owners = domain->is_owners;
    const struct access_alias *alias = access_alias(&p->access, &a);
    box_r->is_disabled = alias && alias->access == ACCESS_DISABLED;
    box_r->is_paused = alias && alias->access == ACCESS_PAUSED;
    return true;
}
