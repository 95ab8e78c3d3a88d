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

/* A client's counts, of this minute and of the one before; NULL: none. */
struct found {
    struct counted *now;
    const struct counted *before;
};

/* In the minute that `now` lies in. */
static struct found find(struct rates *r, struct slice name, int64_t now)
{
    turn(r, now);
    uint64_t hash = name_map_hash(&r->now, name); /* both have the same key */
    return (struct found){name_map_find(&r->now, name, hash),
                          name_map_find(&r->before, name, hash)};
}

static void count(struct rates *r, struct slice name, struct counted *c, enum rate which)
{
    if (!c)
        c = add(r, name);
    if (c && c->counts[which] < UINT32_MAX)
        c->counts[which]++;
}

static bool is_spent(const struct rates *r, struct found f, enum rate which, int64_t now,
                     unsigned times)
{
    uint64_t left = (uint64_t)(MINUTE_MS - (now - r->begun));
    uint64_t done = f.now ? f.now->counts[which] : 0;
    if (f.before)
        done += f.before->counts[which] * left / MINUTE_MS;
    return r->most[which] && done >= (uint64_t)r->most[which] * times;
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
    count(r, name, find(r, name, now).now, which);
    pthread_mutex_unlock(&r->lock);
}

bool rates_is_spent(struct rates *r, struct slice name, enum rate which, int64_t now,
                    unsigned times)
{
    pthread_mutex_lock(&r->lock);
    bool spent = is_spent(r, find(r, name, now), which, now, times);
    pthread_mutex_unlock(&r->lock);
    return spent;
}

bool rates_take(struct rates *r, struct slice name, enum rate which, int64_t now)
{
    pthread_mutex_lock(&r->lock);
    struct found f = find(r, name, now);
    bool may = !is_spent(r, f, which, now, 1);
    if (may)
        count(r, name, f.now, which);
    pthread_mutex_unlock(&r->lock);
    return may;
}
