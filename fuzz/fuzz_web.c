/* The page's HTTP, from a client that says anything and then no more: it is answered in HTTP or not
 * at all, what is given out comes with its headers, and nothing without a Host of ours. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/heap.h"
#include "web/web.h"

enum { MOST = 32 * 1024, ANSWER_MOST = 64 << 20 };

static struct event_base *base;
static struct web *web;

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void start(void)
{
    static const struct control_backend backend = {0};
    struct endpoint any = {.port = 0};
    const char *why = NULL;
    base = event_base_new();
    require(base && ip_parse(SLICE("127.0.0.1"), &any.ip));
    web = web_start(base, any, &backend, &heap, &why);
    require(web != NULL);
}

/* Closed without waiting for the peer: there are many of them, one after the other. */
static int connect_to_it(void)
{
    const struct linger at_once = {1, 0};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(web_port(web))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
    require(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
    require(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    return fd;
}

/* Until the server closes. */
static void exchange(struct slice request, struct buf *answer)
{
    int fd = connect_to_it();
    ssize_t got = 1;
    while (got != 0) {
        ssize_t sent = request.len ? send(fd, request.at, request.len, MSG_NOSIGNAL) : 0;
        if (sent > 0)
            request = slice_from(request, (size_t)sent);
        if (request.len == 0)
            (void)shutdown(fd, SHUT_WR);
        event_base_loop(base, EVLOOP_NONBLOCK);
        char *room = buf_reserve(answer, 4096);
        require(room != NULL);
        got = recv(fd, room, 4096, 0);
        if (got > 0)
            answer->len += (size_t)got;
        else if (got < 0 && errno != EAGAIN)
            break; /* it was reset */
    }
    close(fd);
    event_base_loop(base, EVLOOP_NONBLOCK); /* what it still held of the connection goes */
}

static void check(struct slice request, struct slice answer)
{
    static const struct slice names[] = {SLICE_INIT("Content-Security-Policy: default-src 'none'"),
                                         SLICE_INIT("X-Content-Type-Options: nosniff")};
    if (answer.len == 0)
        return;
    require(slice_starts(answer, SLICE("HTTP/")));
    if (slice_find_slice(answer, SLICE(" 200 OK\r\n"), 0) == SLICE_NONE)
        return;
    require(slice_ifind_slice(request, SLICE("host"), 0) != SLICE_NONE);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        require(slice_find_slice(answer, names[i], 0) != SLICE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice request = slice_of((const char *)data, size);
    struct buf answer;
    if (size > MOST)
        return 0;
    if (!base)
        start();
    buf_init(&answer, &heap, ANSWER_MOST);
    exchange(request, &answer);
    check(request, buf_slice(&answer));
    buf_free(&answer);
    return 0;
}
