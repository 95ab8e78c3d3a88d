#include "receive/clients.h"

struct client {
    uint32_t count;
    size_t len;
    char name[];
};

void clients_init(struct clients *c, const struct mem *mem, struct hash_key key, uint32_t most)
{
    pthread_mutex_init(&c->lock, NULL);
    name_map_init(&c->counts, mem, key);
    atomic_init(&c->most, most);
}

static void free_client(struct clients *c, struct client *client)
{
    mem_give(c->counts.mem, client, sizeof(*client) + client->len);
}

void clients_free(struct clients *c)
{
    size_t at = 0;
    for (struct client *client; (client = name_map_next(&c->counts, &at));)
        free_client(c, client);
    name_map_free(&c->counts);
    pthread_mutex_destroy(&c->lock);
}

static struct client *add(struct clients *c, struct slice name)
{
    struct client *client = mem_take(c->counts.mem, sizeof(*client) + name.len);
    if (!client)
        return NULL;
    client->count = 0;
    client->len = name.len;
    memcpy(client->name, name.at, name.len);
    if (name_map_put(&c->counts, slice_of(client->name, client->len), client))
        return client;
    free_client(c, client);
    return NULL;
}

bool clients_enter(struct clients *c, struct slice name)
{
    pthread_mutex_lock(&c->lock);
    struct client *client = name_map_get(&c->counts, name);
    if (!client)
        client = add(c, name);
    bool is_in = client && client->count < atomic_load(&c->most);
    if (is_in)
        client->count++;
    pthread_mutex_unlock(&c->lock);
    return is_in;
}

void clients_leave(struct clients *c, struct slice name)
{
    pthread_mutex_lock(&c->lock);
    struct client *client = name_map_get(&c->counts, name);
    if (client && --client->count == 0) {
        name_map_remove(&c->counts, name);
        free_client(c, client);
    }
    pthread_mutex_unlock(&c->lock);
}
