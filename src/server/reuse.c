#include "server/reuse.h"

#include "system/heap.h"

/* More sites than that are not remembered; then those go of which nothing is left. */
enum { SITES_MAX = 4096 };

struct entry {
    uint64_t site;
    int64_t last; /* when one was given */
    uint32_t spare[];
};

void reuse_init(struct reuse *r, struct hash_key key, size_t agents, int64_t keep)
{
    *r = (struct reuse){.key = key, .agents = agents, .keep = keep};
    id_map_init(&r->sites, &heap);
}

static size_t entry_size(const struct reuse *r)
{
    return sizeof(struct entry) + r->agents * sizeof(uint32_t);
}

/* Those that are older than `before`. */
static void forget(struct reuse *r, int64_t before)
{
    struct id_map kept;
    size_t at = 0;
    id_map_init(&kept, &heap);
    for (struct entry *e; (e = id_map_next(&r->sites, &at));)
        if (e->last < before || !id_map_put(&kept, e->site, e))
            mem_give(&heap, e, entry_size(r));
    id_map_free(&r->sites);
    r->sites = kept;
}

void reuse_free(struct reuse *r)
{
    forget(r, INT64_MAX);
    id_map_free(&r->sites);
}

uint64_t reuse_site(const struct reuse *r, struct slice hosts, uint8_t source)
{
    return hash_slice_nocase(&r->key, hosts) + source;
}

static struct entry *entry_get(struct reuse *r, uint64_t site, int64_t now)
{
    struct entry *e = id_map_get(&r->sites, site);
    if (e)
        return e;
    if (r->sites.count >= SITES_MAX)
        forget(r, now - r->keep);
    if (r->sites.count >= SITES_MAX)
        return NULL;
    e = mem_take(&heap, entry_size(r));
    if (!e)
        return NULL;
    memset(e, 0, entry_size(r));
    e->site = site;
    if (id_map_put(&r->sites, site, e))
        return e;
    mem_give(&heap, e, entry_size(r));
    return NULL;
}

void reuse_give(struct reuse *r, uint64_t site, size_t agent, int64_t now)
{
    struct entry *e = entry_get(r, site, now);
    if (!e)
        return;
    if (now - e->last >= r->keep)
        memset(e->spare, 0, r->agents * sizeof(uint32_t));
    e->last = now;
    e->spare[agent]++;
}

size_t reuse_take(struct reuse *r, uint64_t site, int64_t now)
{
    struct entry *e = id_map_get(&r->sites, site);
    size_t agent = 0;
    if (!e || now - e->last >= r->keep)
        return r->agents;
    while (agent < r->agents && e->spare[agent] == 0)
        agent++;
    if (agent < r->agents)
        e->spare[agent]--;
    return agent;
}
