/* A thousand mail servers in one process, which differ by the address that they are called at:
 * 127.1.x.y takes all mail, 127.2.x.y accepts connections and never says a word, 127.3.x.y takes a
 * message a second and wants the others later. Ends when those of 127.1 have taken COUNT messages.
 *
 *   bench_peers PORT COUNT */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system/clock.h"

enum kind { HEALTHY = 1, DEAD = 2, SLOW = 3, KINDS };
enum { SLOW_MS = 1000, HOSTS = 1 << 16 };

static unsigned long wanted;
static unsigned long taken[KINDS], put_off;
static int64_t last_taken[HOSTS]; /* of the slow ones, by the last two bytes of their address */
static struct event_base *base;

struct session {
    enum kind kind;
    unsigned host;
    bool is_in_data;
};

static void say(struct bufferevent *b, const char *line)
{
    (void)bufferevent_write(b, line, strlen(line));
}

static bool is_too_fast(const struct session *s)
{
    return s->kind == SLOW && clock_monotonic_ms() - last_taken[s->host] < SLOW_MS;
}

static void take(struct session *s, struct bufferevent *b)
{
    s->is_in_data = false;
    taken[s->kind]++;
    last_taken[s->host] = clock_monotonic_ms();
    say(b, "250 2.0.0 Ok\r\n");
    if (s->kind == HEALTHY && taken[HEALTHY] == wanted)
        (void)event_base_loopexit(base, NULL);
}

static void answer(struct session *s, struct bufferevent *b, const char *line)
{
    if (strncasecmp(line, "EHLO", 4) == 0) {
        say(b, "250-peer.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
    } else if (strncasecmp(line, "MAIL", 4) == 0 && is_too_fast(s)) {
        put_off++;
        say(b, "450 4.7.28 Rate limit exceeded\r\n");
    } else if (strncasecmp(line, "DATA", 4) == 0) {
        s->is_in_data = true;
        say(b, "354 Go on\r\n");
    } else if (strncasecmp(line, "QUIT", 4) == 0) {
        say(b, "221 2.0.0 Bye\r\n");
    } else {
        say(b, "250 2.0.0 Ok\r\n");
    }
}

static void on_bytes(struct bufferevent *b, void *ctx)
{
    struct session *s = ctx;
    struct evbuffer *in = bufferevent_get_input(b);
    for (char *line; (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF_STRICT)); free(line)) {
        if (!s->is_in_data)
            answer(s, b, line);
        else if (strcmp(line, ".") == 0)
            take(s, b);
    }
}

static void on_end(struct bufferevent *b, short what, void *ctx)
{
    (void)what;
    free(ctx);
    bufferevent_free(b);
}

static void on_client(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer, int len,
                      void *ctx)
{
    struct sockaddr_in own = {0};
    socklen_t own_len = sizeof(own);
    struct session *s = calloc(1, sizeof(*s));
    struct bufferevent *b = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    (void)l, (void)peer, (void)len, (void)ctx;
    if (!s || !b || getsockname(fd, (struct sockaddr *)&own, &own_len) != 0)
        abort();
    uint32_t address = ntohl(own.sin_addr.s_addr);
    unsigned kind = address >> 16 & 0xff;
    *s = (struct session){.kind = kind == DEAD || kind == SLOW ? (enum kind)kind : HEALTHY,
                          .host = address & (HOSTS - 1)};
    bufferevent_setcb(b, on_bytes, NULL, on_end, s);
    if (s->kind == DEAD)
        return; /* its bytes are never read; the end is, with the process */
    (void)bufferevent_enable(b, EV_READ | EV_WRITE);
    say(b, "220 peer.example ESMTP\r\n");
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    wanted = strtoul(argv[2], NULL, 10);
    base = event_base_new();
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10))};
    struct evconnlistener *l =
        base ? evconnlistener_new_bind(base, on_client, NULL,
                                       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 4096,
                                       (struct sockaddr *)&at, sizeof(at))
             : NULL;
    if (!l) {
        perror("bench_peers");
        return 1;
    }
    (void)event_base_dispatch(base);
    printf("%lu %lu %lu\n", taken[HEALTHY], taken[SLOW], put_off);
    return 0;
}
