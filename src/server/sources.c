/* The addresses that mail leaves from, after the configuration. */
#include <stdlib.h>

#include "server/inside.h"
#include "system/heap.h"

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

static void set_source(struct source_addresses *s, const struct config *c, size_t i)
{
    const struct config_source *from = &c->sources[i];
    s->list[i] = (struct source){.name = from->name,
                                 .weight = from->weight,
                                 .warm_up = {.begins = from->warm_up_begins,
                                             .first = from->warm_up_first,
                                             .growth = from->warm_up_growth,
                                             .last = from->warm_up_last}};
    s->from[i] = (struct delivery_source){.name = from->name,
                                          .helo = from->helo.len ? from->helo : c->hostname,
                                          .ipv4 = address_of(&from->ipv4),
                                          .ipv6 = address_of(&from->ipv6)};
}

static bool set_pool(struct source_addresses *s, const struct config *c, size_t i)
{
    const struct config_pool *from = &c->pools[i];
    uint8_t *members = arena_take(&s->arena, from->sources.count);
    for (size_t k = 0; members && k < from->sources.count; k++)
        members[k] = (uint8_t)(1 + config_pool_source(c, from, k));
    s->pools[i] = (struct source_pool){from->name, members, from->sources.count};
    return members != NULL;
}

bool sources_make(struct server *s)
{
    enum { MEMORY = 1024 * 1024 };
    const struct config *c = s->config;
    struct source_addresses *a = &s->addresses;
    arena_init(&a->arena, &heap, MEMORY);
    a->list = arena_array(&a->arena, c->source_count, sizeof(*a->list));
    a->from = arena_array(&a->arena, c->source_count, sizeof(*a->from));
    a->pools = arena_array(&a->arena, c->pool_count, sizeof(*a->pools));
    bool good = a->list && a->from && a->pools;
    if (!good)
        buf_add_str(s->why, "out of memory\n");
    for (size_t i = 0; good && i < c->source_count; i++) {
        set_source(a, c, i);
        good = check_address(&c->sources[i], &c->sources[i].ipv4, s->why) &&
               check_address(&c->sources[i], &c->sources[i].ipv6, s->why);
    }
    for (size_t i = 0; good && i < c->pool_count; i++)
        good = set_pool(a, c, i);
    s->sources = (struct sources){
        .list = a->list, .count = c->source_count, .pools = a->pools, .pool_count = c->pool_count};
    return good;
}

void sources_free(struct server *s)
{
    arena_reset(&s->addresses.arena);
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
    const struct delivery_source *from = &s->addresses.from[source - 1];
    source_r->helo = from->helo;
    write_address(&from->ipv4, source_r->ipv4);
    write_address(&from->ipv6, source_r->ipv6);
}
