/* Sources and pools over reloads: each keeps the place in its list by which the server knows it. */
#include "system/config_internal.h"

/* Its own memory: that of the reading it comes from ends. */
static bool keep_source(struct config *c, const struct config_source *from,
                        struct config_source *to)
{
    *to = *from;
    to->is_gone = true;
    return arena_dup(&c->arena, from->name, &to->name) &&
           arena_dup(&c->arena, from->helo, &to->helo);
}

static bool keep_pool(struct config *c, const struct config_pool *from, struct config_pool *to)
{
    struct slice *names = arena_array(&c->arena, from->sources.count, sizeof(*names));
    *to = (struct config_pool){.sources = {names, from->sources.count}, .is_gone = true};
    for (size_t i = 0; names && i < from->sources.count; i++)
        if (!arena_dup(&c->arena, from->sources.at[i], &names[i]))
            return false;
    return names && arena_dup(&c->arena, from->name, &to->name);
}

static bool number_sources(struct config *c, const struct config *before)
{
    size_t at, count = before->source_count;
    struct config_source *list = arena_array(&c->arena, count + c->source_count, sizeof(*list));
    for (size_t i = 0; list && i < before->source_count; i++) {
        at = config_source(c, before->sources[i].name);
        if (at < c->source_count)
            list[i] = c->sources[at];
        else if (!keep_source(c, &before->sources[i], &list[i]))
            return false;
    }
    for (size_t i = 0; list && i < c->source_count; i++)
        if (config_source(before, c->sources[i].name) == before->source_count)
            list[count++] = c->sources[i];
    c->sources = list;
    c->source_count = count;
    return list != NULL;
}

static bool number_pools(struct config *c, const struct config *before)
{
    size_t at, count = before->pool_count;
    struct config_pool *list = arena_array(&c->arena, count + c->pool_count, sizeof(*list));
    for (size_t i = 0; list && i < before->pool_count; i++) {
        at = config_pool(c, before->pools[i].name);
        if (at < c->pool_count)
            list[i] = c->pools[at];
        else if (!keep_pool(c, &before->pools[i], &list[i]))
            return false;
    }
    for (size_t i = 0; list && i < c->pool_count; i++)
        if (config_pool(before, c->pools[i].name) == before->pool_count)
            list[count++] = c->pools[i];
    c->pools = list;
    c->pool_count = count;
    return list != NULL;
}

bool config_keep_numbers(struct config *c, const struct config *before, struct buf *why)
{
    if (!number_sources(c, before) || !number_pools(c, before)) {
        buf_add_str(why, "out of memory\n");
        return false;
    }
    if (c->source_count <= CONFIG_SOURCES_MAX && c->pool_count <= CONFIG_SOURCES_MAX)
        return true;
    buf_addf(why,
             "there are more than %d sections source or pool, with those that are gone since the "
             "start; a restart forgets these\n",
             CONFIG_SOURCES_MAX);
    return false;
}
