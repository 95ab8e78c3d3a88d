/* Where mail leaves from and which way it takes: what holds between the keys. */
#include "system/config_internal.h"

size_t config_source(const struct config *c, struct slice name)
{
    size_t i = 0;
    while (i < c->source_count && !slice_ieq(c->sources[i].name, name))
        i++;
    return i;
}

size_t config_pool(const struct config *c, struct slice name)
{
    size_t i = 0;
    while (i < c->pool_count && !slice_ieq(c->pools[i].name, name))
        i++;
    return i;
}

size_t config_pool_source(const struct config *c, const struct config_pool *pool, size_t member)
{
    return config_source(c, pool->sources.at[member]);
}

static void check_source(const struct config_source *s, const char *name, struct config_problems *p)
{
    if (s->ipv4.family == IP_V6 || s->ipv6.family == IP_V4)
        config_problem_add(p, name, 0,
                           "source %.*s: ipv4 takes an address such as 192.0.2.25, and ipv6 one "
                           "such as 2001:db8::25, not the other way round",
                           SLICE_ARG(s->name));
    if (s->warm_up_begins && s->warm_up_last < s->warm_up_first)
        config_problem_add(p, name, 0,
                           "source %.*s: warm-up-last is less than warm-up-first, so the warm-up "
                           "would be over before it begins",
                           SLICE_ARG(s->name));
}

static void check_pool_name(const struct config *c, const char *where, struct slice title,
                            struct slice pool, const char *name, struct config_problems *p)
{
    if (pool.len && config_pool(c, pool) == c->pool_count)
        config_problem_add(p, name, 0,
                           "%s%s%.*s: there is no section pool %.*s; right is, for example, pool "
                           "%.*s { sources = { \"out1\" } }",
                           where, title.len ? " " : "", SLICE_ARG(title), SLICE_ARG(pool),
                           SLICE_ARG(pool));
}

static void check_route(const struct config *c, const struct config_route *r, const char *name,
                        struct config_problems *p)
{
    if (r->smarthost.host.len && r->direct)
        config_problem_add(p, name, 0,
                           "route %.*s has a smarthost and direct = true; which one is it?",
                           SLICE_ARG(r->name));
    check_pool_name(c, "route", r->name, r->pool, name, p);
}

static void check_pool(const struct config *c, const struct config_pool *pool, const char *name,
                       struct config_problems *p)
{
    for (size_t i = 0; i < pool->sources.count; i++)
        if (config_source(c, pool->sources.at[i]) == c->source_count)
            config_problem_add(p, name, 0,
                               "pool %.*s: there is no section source %.*s; right is, for example, "
                               "source %.*s { ipv4 = \"192.0.2.25\" }",
                               SLICE_ARG(pool->name), SLICE_ARG(pool->sources.at[i]),
                               SLICE_ARG(pool->sources.at[i]));
}

void config_sources_check(const struct config *c, const char *name, struct config_problems *p)
{
    if (c->source_count > CONFIG_SOURCES_MAX || c->pool_count > CONFIG_SOURCES_MAX)
        config_problem_add(p, name, 0, "there are more than %d sections source or pool",
                           CONFIG_SOURCES_MAX);
    for (size_t i = 0; i < c->source_count; i++)
        check_source(&c->sources[i], name, p);
    for (size_t i = 0; i < c->pool_count; i++)
        check_pool(c, &c->pools[i], name, p);
    for (size_t i = 0; i < c->route_count; i++)
        check_route(c, &c->routes[i], name, p);
    check_pool_name(c, "relay", SLICE(""), c->relay.pool, name, p);
}
