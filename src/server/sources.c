/* The addresses that mail leaves from, after the configuration, and over its reloads. */
#include "server/inside.h"
#include "system/heap.h"

enum { MEMORY = 1024 * 1024 };

/* ---- of one reading ---- */

static struct net_address address_of(const struct ip *ip)
{
    struct net_address a = {.len = 0};
    if (ip->family != IP_NONE)
        net_address_from_bytes(&a, ip->family == IP_V4 ? AF_INET : AF_INET6,
                               (const char *)ip->bytes, 0);
    return a;
}

static bool check_address(const struct config_source *from, const struct ip *ip, struct buf *why)
{
    struct net_address a = address_of(ip);
    const char *what = ip->family == IP_NONE ? NULL : net_address_flaw(&a);
    if (!what)
        return true;
    buf_addf(why, "source %.*s: mail can't leave from ", SLICE_ARG(from->name));
    ip_write(why, *ip);
    buf_addf(why, ": %s\n", what);
    return false;
}

static uint64_t identify(const struct delivery_source *s, const struct config_source *from,
                         struct hash_key key)
{
    enum { TEXT_MAX = 1024 };
    char text[TEXT_MAX];
    struct buf all;
    buf_init_fixed(&all, text, sizeof(text));
    buf_addf(&all, "%.*s %.*s ", SLICE_ARG(s->name), SLICE_ARG(s->helo));
    ip_write(&all, from->ipv4);
    buf_add_char(&all, ' ');
    ip_write(&all, from->ipv6);
    return hash_slice(&key, buf_slice(&all)) | 1; /* 0 is none */
}

static void set_source(struct snapshot *s, size_t i, struct hash_key key)
{
    const struct config_source *from = &s->config->sources[i];
    struct delivery_source *to = &s->sources.from[i];
    *to = (struct delivery_source){.name = from->name,
                                   .helo = from->helo.len ? from->helo : s->config->hostname,
                                   .ipv4 = address_of(&from->ipv4),
                                   .ipv6 = address_of(&from->ipv6)};
    to->id = identify(to, from, key);
}

static bool set_pool(struct snapshot *s, size_t i)
{
    const struct config *c = s->config;
    const struct config_pool *from = &c->pools[i];
    uint8_t *members = arena_take(&s->sources.arena, from->sources.count);
    for (size_t k = 0; members && k < from->sources.count; k++)
        members[k] = (uint8_t)(1 + config_pool_source(c, from, k));
    s->sources.pools[i] =
        (struct source_pool){from->name, members, from->sources.count, from->is_gone};
    return members != NULL;
}

bool sources_read(struct snapshot *s, struct hash_key key, struct buf *why)
{
    const struct config *c = s->config;
    struct source_set *set = &s->sources;
    arena_init(&set->arena, &heap, MEMORY);
    set->from = arena_array(&set->arena, c->source_count, sizeof(*set->from));
    set->pools = arena_array(&set->arena, c->pool_count, sizeof(*set->pools));
    bool good = set->from && set->pools;
    for (size_t i = 0; good && i < c->source_count; i++) {
        const struct config_source *from = &c->sources[i];
        set_source(s, i, key);
        good = from->is_gone ||
               (check_address(from, &from->ipv4, why) && check_address(from, &from->ipv6, why));
    }
    for (size_t i = 0; good && i < c->pool_count; i++)
        good = set_pool(s, i);
    return good;
}

void sources_free(struct source_set *s)
{
    arena_reset(&s->arena);
}

/* ---- of the running server ---- */

/* What each sent today stays. */
void sources_use(struct server *s, const struct snapshot *n)
{
    for (size_t i = 0; i < n->config->source_count; i++) {
        const struct config_source *from = &n->config->sources[i];
        struct source *to = &s->source_list[i];
        to->name = from->name;
        to->weight = from->weight;
        to->warm_up = (struct warm_up){.begins = from->warm_up_begins,
                                       .first = from->warm_up_first,
                                       .growth = from->warm_up_growth,
                                       .last = from->warm_up_last};
        to->is_gone = from->is_gone;
    }
    s->sources.list = s->source_list;
    s->sources.count = n->config->source_count;
    s->sources.pools = n->sources.pools;
    s->sources.pool_count = n->config->pool_count;
}

static void write_address(const struct net_address *a, char text[CONTROL_ADDRESS_TEXT])
{
    _Static_assert((int)CONTROL_ADDRESS_TEXT >= (int)NET_ADDRESS_TEXT, "an address has to fit");
    text[0] = '\0';
    if (a->len)
        net_address_write((const struct sockaddr *)&a->storage, text);
}

void sources_show(void *ctx, uint8_t source, struct control_source *source_r)
{
    const struct server *s = ctx;
    const struct delivery_source *from = &s->snapshot->sources.from[source - 1];
    source_r->helo = from->helo;
    write_address(&from->ipv4, source_r->ipv4);
    write_address(&from->ipv6, source_r->ipv6);
}
