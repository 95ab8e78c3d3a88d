#include "server/ports.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/address.h"
#include "server/handover.h"

size_t ports_shares(const struct config *c)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return c->threads ? c->threads : (size_t)(processors > 0 ? processors : 1);
}

size_t ports_count(const struct config *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->listen_count; i++)
        count += c->listens[i].addresses.count;
    return count;
}

static bool is_free(const struct net_address *a, struct endpoint e, struct buf *why)
{
    if (!net_is_taken(a))
        return true;
    buf_add_str(why, "another program listens on ");
    endpoint_write(why, e);
    buf_add_str(why, " already; stop it, or choose another port in the configuration\n");
    return false;
}

static struct net_address address_of(struct endpoint e)
{
    struct net_address a;
    net_address_from_bytes(&a, e.ip.family == IP_V4 ? AF_INET : AF_INET6, (const char *)e.ip.bytes,
                           e.port);
    return a;
}

int port_left(struct handover *h, struct endpoint e)
{
    struct net_address a = address_of(e);
    return handover_take(h, &a);
}

int port_open(struct handover *h, struct endpoint e, bool is_first, struct buf *why)
{
    struct net_address a = address_of(e);
    const char *what = NULL;
    int fd = handover_take(h, &a);
    if (fd >= 0)
        return fd;
    if (is_first && !is_free(&a, e, why))
        return -1;
    fd = net_listen(&a, &what);
    if (fd < 0) {
        buf_add_str(why, "can't listen on ");
        endpoint_write(why, e);
        buf_addf(why, ": %s\n", what);
    }
    return fd;
}

bool ports_open(const struct config *c, struct handover *given, struct handover *out,
                struct buf *why)
{
    size_t shares = ports_shares(c);
    out->sockets = calloc(ports_count(c) * shares + given->count + 1, sizeof(*out->sockets));
    if (!out->sockets) {
        buf_add_str(why, "out of memory\n");
        return false;
    }
    for (size_t n = 0; n < shares; n++)
        for (size_t i = 0; i < c->listen_count; i++)
            for (size_t k = 0; k < c->listens[i].addresses.count; k++) {
                int fd = port_open(given, c->listens[i].addresses.at[k], n == 0, why);
                if (fd < 0)
                    return false;
                out->sockets[out->count++] = fd;
            }
    for (size_t i = 0; i < c->listen_count; i++)
        for (size_t k = 0; k < c->listens[i].addresses.count; k++)
            for (int fd; (fd = port_left(given, c->listens[i].addresses.at[k])) >= 0;)
                out->sockets[out->count++] = fd;
    return true;
}

static bool has(const struct handover *h, int fd)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->sockets[i] == fd)
            return true;
    return false;
}

bool ports_add(const struct config *c, struct handover *h, struct buf *why)
{
    struct handover given = {.count = h->count}, all = {0};
    given.sockets = calloc(h->count + 1, sizeof(*given.sockets));
    if (!given.sockets) {
        buf_add_str(why, "out of memory\n");
        return false;
    }
    memcpy(given.sockets, h->sockets, h->count * sizeof(*given.sockets));
    bool good = ports_open(c, &given, &all, why);
    for (size_t i = 0; !good && i < all.count; i++)
        if (!has(h, all.sockets[i]))
            close(all.sockets[i]);
    for (size_t i = 0; good && i < given.count; i++)
        if (given.sockets[i] >= 0)
            all.sockets[all.count++] = given.sockets[i];
    free(given.sockets);
    if (!good) {
        free(all.sockets);
        return false;
    }
    free(h->sockets);
    h->sockets = all.sockets;
    h->count = all.count;
    return true;
}
