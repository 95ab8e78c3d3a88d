#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

void net_address_from_bytes(struct net_address *a_r, int family, const char *bytes, uint16_t port)
{
    *a_r = (struct net_address){0};
    if (family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&a_r->storage;
        memcpy(&v4->sin_addr, bytes, sizeof(v4->sin_addr));
        v4->sin_port = htons(port);
        a_r->len = sizeof(*v4);
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&a_r->storage;
        memcpy(&v6->sin6_addr, bytes, sizeof(v6->sin6_addr));
        v6->sin6_port = htons(port);
        a_r->len = sizeof(*v6);
    }
    a_r->storage.ss_family = (sa_family_t)family;
}

bool net_address_from_path(struct net_address *a_r, struct slice path)
{
    *a_r = (struct net_address){.len = sizeof(struct sockaddr_un)};
    struct sockaddr_un *at = (struct sockaddr_un *)(void *)&a_r->storage;
    at->sun_family = AF_UNIX;
    return path.len > 0 && slice_cstr(path, at->sun_path, sizeof(at->sun_path));
}

bool net_address_parse(struct slice ip, uint16_t port, struct net_address *a_r)
{
    char text[NET_ADDRESS_TEXT], bytes[16];
    if (!slice_cstr(ip, text, sizeof(text)))
        return false;
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, bytes) != 1)
        return false;
    net_address_from_bytes(a_r, family, bytes, port);
    return true;
}

void net_address_write(const struct sockaddr *a, char out[NET_ADDRESS_TEXT])
{
    out[0] = '\0';
    if (a->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)a;
        inet_ntop(AF_INET, &v4->sin_addr, out, NET_ADDRESS_TEXT);
    } else if (a->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)a;
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
            inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out, NET_ADDRESS_TEXT);
        else
            inet_ntop(AF_INET6, &v6->sin6_addr, out, NET_ADDRESS_TEXT);
    }
}

static const char *listen_failure(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "another program listens there already; stop it, or choose another port";
    case EACCES:
        return "ports below 1024 need root (or the capability CAP_NET_BIND_SERVICE)";
    case EADDRNOTAVAIL:
        return "this machine does not have that address";
    case EMFILE:
    case ENFILE:
        return "too many open files; raise the limit (ulimit -n)";
    default:
        return "the system refused to listen there";
    }
}

static int bound_socket(const struct net_address *a, bool shared)
{
    int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&a->storage, a->len) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

uint16_t net_address_port(const struct sockaddr *a)
{
    return ntohs(a->sa_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)(const void *)a)->sin6_port
                     : ((const struct sockaddr_in *)(const void *)a)->sin_port);
}

int net_listen(const struct net_address *a, const char **what_r)
{
    int fd = bound_socket(a, true);
    if (fd < 0)
        *what_r = listen_failure(errno);
    return fd;
}

bool net_is_taken(const struct net_address *a)
{
    int fd = bound_socket(a, false);
    if (fd < 0)
        return errno == EADDRINUSE;
    close(fd);
    return false;
}

const char *net_address_flaw(const struct net_address *a)
{
    /* of UDP, since the sandbox is about ports of TCP, which this is not */
    int fd = socket(a->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return "this machine has no such addresses at all";
    bool is_ours = bind(fd, (const struct sockaddr *)&a->storage, a->len) == 0;
    close(fd);
    return is_ours ? NULL : "this machine does not have that address";
}
