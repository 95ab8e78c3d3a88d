#include "receive/rates.h"

enum { MINUTE_MS = 60000, CLIENTS_MAX = 65536, IPV6_NETWORK = 8 };

struct counted {
    uint32_t counts[RATE_COUNT];
    size_t len;
    char name[];
};

void rates_init(struct rates *r, const struct mem *mem, struct hash_key key,
                const uint32_t most[RATE_COUNT])
{
    pthread_mutex_init(&r->lock, NULL);
    name_map_init(&r->now, mem, key);
    name_map_init(&r->before, mem, key);
    r->begun = 0;
    memcpy(r->most, most, sizeof(r->most));
}

static void empty(struct name_map *m)
{
    size_t at = 0;
    for (struct counted *c; (c = name_map_next(m, &at));)
        mem_give(m->mem, c, sizeof(*c) + c->len);
    name_map_free(m);
    name_map_init(m, m->mem, m->key);
}

void rates_allow(struct rates *r, const uint32_t most[RATE_COUNT])
{
    pthread_mutex_lock(&r->lock);
    memcpy(r->most, most, sizeof(r->most));
    pthread_mutex_unlock(&r->lock);
}

void rates_free(struct rates *r)
{
    empty(&r->now);
    empty(&r->before);
    pthread_mutex_destroy(&r->lock);
}

void rates_client(struct ip ip, char name[IP_TEXT])
{
    struct buf out;
    buf_init_fixed(&out, name, IP_TEXT - 1);
    if (ip.family == IP_V6)
        memset(ip.bytes + IPV6_NETWORK, 0, sizeof(ip.bytes) - IPV6_NETWORK);
    ip_write(&out, ip);
    name[out.len] = '\0';
}

static void turn(struct rates *r, int64_t now)
{
    int64_t passed = now - r->begun;
    if (passed < MINUTE_MS)
        return;
    struct name_map old = r->before;
    empty(&old);
    r->before = r->now;
    r->now = old;
    r->begun = passed < 2 * MINUTE_MS ? r->begun + MINUTE_MS : now;
    if (passed >= 2 * MINUTE_MS)
        empty(&r->before);
}

static struct counted *add(struct rates *r, struct slice name)
{
    if (r->now.count >= CLIENTS_MAX)
        return NULL;
    struct counted *c = mem_take(r->now.mem, sizeof(*c) + name.len);
    if (!c)
        return NULL;
    *c = (struct counted){.len = name.len};
    memcpy(c->name, name.at, name.len);
    if (name_map_put(&r->now, slice_of(c->name, c->len), c))
        return c;
    mem_give(r->now.mem, c, sizeof(*c) + c->len);
    return NULL;
}

static void count(struct rates *r, struct slice name, enum rate which)
{
    struct counted *c = name_map_get(&r->now, name);
    if (!c)
        c = add(r, name);
    if (c && c->counts[which] < UINT32_MAX)
        c->counts[which]++;
}

static bool is_spent(const struct rates *r, struct slice name, enum rate which, int64_t now)
{
    const struct counted *c = name_map_get(&r->now, name);
    const struct counted *old = name_map_get(&r->before, name);
    uint64_t left = (uint64_t)(MINUTE_MS - (now - r->begun));
    uint64_t done = c ? c->counts[which] : 0;
    if (old)
        done += old->counts[which] * left / MINUTE_MS;
    return r->most[which] && done >= r->most[which];
}

uint32_t rates_most(struct rates *r, enum rate which)
{
    pthread_mutex_lock(&r->lock);
    uint32_t most = r->most[which];
    pthread_mutex_unlock(&r->lock);
    return most;
}

void rates_count(struct rates *r, struct slice name, enum rate which, int64_t now)
{
    pthread_mutex_lock(&r->lock);
    turn(r, now);
    count(r, name, which);
    pthread_mutex_unlock(&r->lock);
}

bool rates_is_spent(struct rates *r, struct slice name, enum rate which, int64_t now)
{
    pthread_mutex_lock(&r->lock);
    turn(r, now);
    bool spent = is_spent(r, name, which, now);
    pthread_mutex_unlock(&r->lock);
    return spent;
}

bool rates_take(struct rates *r, struct slice name, enum rate which, int64_t now)
{
    pthread_mutex_lock(&r->lock);
    turn(r, now);
    bool may = !is_spent(r, name, which, now);
    if (may)
        count(r, name, which);
    pthread_mutex_unlock(&r->lock);
    return may;
}
