#include "queue/inside.h"

/* A key begins with one digit for agent and kind, since the same name can be a domain and a
 * smarthost, one for TLS, two for the source, since each source has its own luck there, and sixteen
 * for the account. */
enum { KEY_HEAD = 20 };

static void write_key(struct buf *out, const struct route *route)
{
    buf_clear(out);
    buf_addf(out, "%c%x%02x%016llx", '0' + 2 * (int)route->agent + route->is_smarthost,
             route->tls & 15U, route->source, (unsigned long long)route->account);
    buf_add(out, route->destination);
}

struct destination *destination_find(struct queue *q, const struct route *route)
{
    write_key(&q->state, route);
    return q->state.failed ? NULL : name_map_get(&q->destinations, buf_slice(&q->state));
}

static struct destination *destination_new(struct queue *q, const struct route *route,
                                           struct slice key)
{
    struct destination *d = mem_take(q->mem, sizeof(*d) + key.len);
    if (!d)
        return NULL;
    *d = (struct destination){.site = site_new_own(q, d), .route = *route, .key_len = key.len};
    memcpy(d->key, key.at, key.len);
    d->route.destination = slice_from(slice_of(d->key, key.len), KEY_HEAD);
    list_init(&d->ready);
    list_init(&d->turn);
    list_init(&d->grouped);
    if (d->site)
        return d;
    mem_give(q->mem, d, sizeof(*d) + key.len);
    return NULL;
}

/* Of a site of its own, that goes with it. */
static void leave_site(struct queue *q, struct destination *d)
{
    struct site *s = d->site;
    list_remove(&d->turn);
    s->active -= d->active;
    s->destinations--;
    if (s->own)
        site_free(q, s);
    else
        site_place(q, s);
}

static void destination_free(struct queue *q, struct destination *d)
{
    name_map_remove(&q->destinations, slice_of(d->key, d->key_len));
    leave_site(q, d);
    mem_give(q->mem, d, sizeof(*d) + d->key_len);
}

struct destination *destination_get(struct queue *q, const struct route *route)
{
    struct destination *d = destination_find(q, route);
    if (d || q->state.failed)
        return d;
    d = destination_new(q, route, buf_slice(&q->state));
    if (!d)
        return NULL;
    if (!name_map_put(&q->destinations, slice_of(d->key, d->key_len), d)) {
        destination_free(q, d);
        return NULL;
    }
    return d;
}

void destination_forget(struct queue *q, struct destination *d)
{
    bool is_needed = d->jobs > 0 || d->active > 0 || (d->site->own && due_is_set(&d->site->pause));
    if (!is_needed)
        destination_free(q, d);
}

void destination_place(struct queue *q, struct destination *d)
{
    if (list_is_empty(&d->ready))
        list_remove(&d->turn);
    else if (list_is_empty(&d->turn))
        list_append(&d->site->turns, &d->turn);
    bool is_own = d->site->own != NULL;
    site_place(q, d->site); /* which forgets a destination of its own */
    if (!is_own)
        destination_forget(q, d);
}

void destination_move(struct queue *q, struct destination *d, struct site *s)
{
    if (d->site == s)
        return;
    leave_site(q, d);
    d->site = s;
    s->active += d->active;
    s->destinations++;
    if (!list_is_empty(&d->ready))
        list_append(&s->turns, &d->turn);
    site_place(q, s);
}
