/* What a reload can't change: each such key keeps the value that the server started with. */
#include "system/config_internal.h"

static bool same_text(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    return slice_eq(*x, *y);
}

static bool same_bool(const void *a, const void *b)
{
    return *(const bool *)a == *(const bool *)b;
}

static bool same_number(const void *a, const void *b)
{
    return *(const uint64_t *)a == *(const uint64_t *)b;
}

static bool same_time(const void *a, const void *b)
{
    return *(const int64_t *)a == *(const int64_t *)b;
}

static bool same_choice(const void *a, const void *b)
{
    return *(const int *)a == *(const int *)b;
}

static bool same_endpoint(const void *a, const void *b)
{
    const struct endpoint *x = a, *y = b;
    return endpoint_eq(*x, *y);
}

static bool same_host_port(const void *a, const void *b)
{
    const struct conf_host_port *x = a, *y = b;
    return slice_ieq(x->host, y->host) && x->port == y->port;
}

static bool same_endpoints(const void *a, const void *b)
{
    const struct conf_endpoints *x = a, *y = b;
    for (size_t i = 0; x->count == y->count && i < x->count; i++)
        if (!endpoint_eq(x->at[i], y->at[i]))
            return false;
    return x->count == y->count;
}

static bool same_networks(const void *a, const void *b)
{
    const struct conf_networks *x = a, *y = b;
    for (size_t i = 0; x->count == y->count && i < x->count; i++)
        if (!ip_eq(x->at[i].ip, y->at[i].ip) || x->at[i].prefix != y->at[i].prefix)
            return false;
    return x->count == y->count;
}

static bool same_names(const void *a, const void *b)
{
    const struct conf_names *x = a, *y = b;
    for (size_t i = 0; x->count == y->count && i < x->count; i++)
        if (!slice_ieq(x->at[i], y->at[i]))
            return false;
    return x->count == y->count;
}

static bool same_ip(const void *a, const void *b)
{
    const struct ip *x = a, *y = b;
    return ip_eq(*x, *y);
}

static const struct {
    size_t size; /* of the field */
    bool (*same)(const void *a, const void *b);
} types[] = {
    [CONF_TEXT] = {sizeof(struct slice), same_text},
    [CONF_PATH] = {sizeof(struct slice), same_text},
    [CONF_HOST] = {sizeof(struct slice), same_text},
    [CONF_BOOL] = {sizeof(bool), same_bool},
    [CONF_NUMBER] = {sizeof(uint64_t), same_number},
    [CONF_SIZE] = {sizeof(uint64_t), same_number},
    [CONF_TIME] = {sizeof(int64_t), same_time},
    [CONF_CHOICE] = {sizeof(int), same_choice},
    [CONF_ENDPOINT] = {sizeof(struct endpoint), same_endpoint},
    [CONF_HOST_PORT] = {sizeof(struct conf_host_port), same_host_port},
    [CONF_ENDPOINTS] = {sizeof(struct conf_endpoints), same_endpoints},
    [CONF_NETWORKS] = {sizeof(struct conf_networks), same_networks},
    [CONF_RESOLVERS] = {sizeof(struct conf_endpoints), same_endpoints},
    [CONF_IP] = {sizeof(struct ip), same_ip},
    [CONF_DAY] = {sizeof(int64_t), same_time},
    [CONF_NAMES] = {sizeof(struct conf_names), same_names},
};

static void note(struct buf *kept, const struct conf_section *s, struct slice title,
                 const char *key)
{
    buf_add_str(kept, kept->len ? ", " : "");
    buf_add_str(kept, s->name ? s->name : "");
    buf_add_str(kept, s->name && title.len ? " " : "");
    buf_add(kept, title);
    buf_add_str(kept, s->name && key ? ": " : "");
    buf_add_str(kept, key ? key : "");
}

static void keep_items(const struct conf_section *s, struct slice title, char *now, const char *old,
                       struct buf *kept)
{
    for (size_t i = 0; !s->reloads && i < s->item_count; i++) {
        const struct conf_item *item = &s->items[i];
        if (item->reloads)
            continue;
        if (!types[item->type].same(now + item->field, old + item->field))
            note(kept, s, title, item->name);
        memcpy(now + item->field, old + item->field, types[item->type].size);
    }
}

/* The instances of a titled section. */
struct instances {
    char *at;
    size_t count;
};

static struct instances instances_of(const struct conf_section *s, const struct config *c)
{
    struct instances all;
    memcpy(&all.at, (const char *)c + s->list, sizeof(all.at));
    memcpy(&all.count, (const char *)c + s->count, sizeof(all.count));
    return all;
}

static struct slice title_of(const struct conf_section *s, const char *instance)
{
    struct slice title;
    memcpy(&title, instance + s->title_field, sizeof(title));
    return title;
}

static const char *find(const struct conf_section *s, const struct instances *all,
                        struct slice title)
{
    for (size_t i = 0; i < all->count; i++)
        if (slice_ieq(title_of(s, all->at + i * s->size), title))
            return all->at + i * s->size;
    return NULL;
}

/* The instances stay those of the start, each with what may change of it. */
static bool keep_instances(const struct conf_section *s, struct config *c, const struct config *old,
                           struct buf *kept)
{
    struct instances now = instances_of(s, c), before = instances_of(s, old);
    char *list = arena_array(&c->arena, before.count + 1, s->size);
    if (!list)
        return false;
    for (size_t i = 0; i < now.count; i++)
        if (!find(s, &before, title_of(s, now.at + i * s->size)))
            note(kept, s, title_of(s, now.at + i * s->size), NULL);
    for (size_t i = 0; i < before.count; i++) {
        const char *from = before.at + i * s->size;
        const char *changed = find(s, &now, title_of(s, from));
        char *to = list + i * s->size;
        memcpy(to, changed ? changed : from, s->size);
        keep_items(s, title_of(s, from), to, from, kept);
        if (!changed)
            note(kept, s, title_of(s, from), NULL);
    }
    memcpy((char *)c + s->list, &list, sizeof(list));
    memcpy((char *)c + s->count, &before.count, sizeof(before.count));
    return true;
}

bool config_keep(struct config *c, const struct config *old, struct buf *kept)
{
    for (const struct conf_section *s = config_schema; s->items; s++) {
        if (s->title == TITLE_NONE)
            keep_items(s, SLICE(""), (char *)c, (const char *)old, kept);
        else if (!s->reloads && !keep_instances(s, c, old, kept))
            return false;
    }
    return true;
}
