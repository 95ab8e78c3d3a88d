/* Many clients of one server in one process: bench_clients MODE PORT CLIENTS …
 *
 * - send PORT CLIENTS MESSAGES DOMAINS BYTES: so many messages in all, to d0.example, …
 * - idle PORT CLIENTS: EHLO and nothing more
 * - idle-tls PORT CLIENTS: the same after STARTTLS
 * - loris PORT CLIENTS: begin a message and send a byte of it each second
 * - connect PORT RATE SECONDS: so many new connections a second, with EHLO and QUIT
 *
 * Clients come from many addresses, 127.9.x.y. Those that only wait print `ready` when all of them
 * do, and stay until standard input ends. The last line of all: how many were done, how many got
 * another answer than they wanted, seconds, and their own CPU seconds. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "system/clock.h"

enum { CONTENT_MOST = 65536, PER_ADDRESS = 20, CONNECTING_MOST = 200, TICK_MS = 10 };

struct client {
    struct bufferevent *b;
    unsigned step; /* replies seen */
    bool is_gone;
};

struct mode {
    const char *name;
    void (*reply)(struct client *c, int code);
    void (*tick)(void);
    bool waits; /* until standard input ends */
};

static struct {
    const struct mode *mode;
    struct event_base *base;
    SSL_CTX *tls;
    struct sockaddr_in to;
    unsigned long numbers[4];               /* after the port, on the command line */
    unsigned long begun, connecting, ready; /* clients */
    unsigned long sent, done, odd;          /* messages, connections */
    int64_t since;
    char content[CONTENT_MOST + 8];
} bench;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void say(struct client *c, const char *text)
{
    (void)bufferevent_write(c->b, text, strlen(text));
}

static void done(unsigned long wanted)
{
    if (++bench.done >= wanted)
        (void)event_base_loopexit(bench.base, NULL);
}

/* ---- connections ---- */

static void begin(void);

static void end(struct client *c)
{
    bench.connecting -= c->step == 0;
    bufferevent_free(c->b);
    free(c);
}

static void on_bytes(struct bufferevent *b, void *ctx)
{
    struct client *c = ctx;
    struct evbuffer *in = bufferevent_get_input(b);
    char *line;
    while (!c->is_gone && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF_STRICT))) {
        bool is_last = strlen(line) < 4 || line[3] != '-';
        int code = (int)strtol(line, NULL, 10);
        free(line);
        if (!is_last)
            continue;
        bench.connecting -= c->step == 0;
        c->step++;
        bench.mode->reply(c, code);
    }
    if (c->is_gone)
        end(c);
}

/* The server left. */
static void on_event(struct bufferevent *b, short what, void *ctx)
{
    (void)b;
    if (what & BEV_EVENT_CONNECTED)
        return;
    end(ctx);
    bench.odd++;
    if (bench.mode->waits)
        (void)event_base_loopexit(bench.base, NULL);
}

static int socket_from(unsigned long number)
{
    uint32_t host = (uint32_t)(number / PER_ADDRESS) % 65000 + 1;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(127U << 24 | 9U << 16 | host)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0)
        die("socket");
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0)
        die("bind");
    return fd;
}

static void begin(void)
{
    struct client *c = calloc(1, sizeof(*c));
    struct bufferevent *b =
        bufferevent_socket_new(bench.base, socket_from(bench.begun++), BEV_OPT_CLOSE_ON_FREE);
    if (!c || !b)
        die("client");
    c->b = b;
    bench.connecting++;
    bufferevent_setcb(b, on_bytes, NULL, on_event, c);
    (void)bufferevent_enable(b, EV_READ | EV_WRITE);
    if (bufferevent_socket_connect(b, (struct sockaddr *)&bench.to, sizeof(bench.to)) != 0)
        die("connect");
}

/* Not all at once: the server's backlog is finite. */
static void begin_all(void)
{
    while (bench.begun < bench.numbers[0] && bench.connecting < CONNECTING_MOST)
        begin();
}

/* ---- kinds of clients ---- */

static void hello(struct client *c)
{
    say(c, "EHLO client.example\r\n");
}

static void is_ready(void)
{
    if (++bench.ready != bench.numbers[0])
        return;
    printf("ready\n");
    (void)fflush(stdout);
}

static void send_next(struct client *c)
{
    unsigned long number = bench.sent++;
    if (number >= bench.numbers[1])
        return;
    (void)evbuffer_add_printf(
        bufferevent_get_output(c->b),
        "MAIL FROM:<sender@bench.example>\r\nRCPT TO:<u%lu@d%lu.example>\r\nDATA\r\n", number,
        number % bench.numbers[2]);
}

/* Greeting and EHLO, then four replies for each message. */
static void reply_send(struct client *c, int code)
{
    if (code >= 400)
        bench.odd++;
    if (c->step == 1) {
        hello(c);
        return;
    }
    unsigned of_message = (c->step - 2) % 4;
    if (of_message == 3)
        say(c, bench.content);
    if (of_message != 0)
        return;
    if (c->step > 2)
        done(bench.numbers[1]);
    send_next(c);
}

static void reply_idle(struct client *c, int code)
{
    (void)code;
    if (c->step == 1)
        hello(c);
    else
        is_ready();
}

/* Greeting, EHLO, STARTTLS, EHLO. */
static void reply_idle_tls(struct client *c, int code)
{
    (void)code;
    if (c->step == 1)
        hello(c);
    if (c->step == 2)
        say(c, "STARTTLS\r\n");
    if (c->step == 4)
        is_ready();
    if (c->step != 3)
        return;
    c->b = bufferevent_openssl_filter_new(bench.base, c->b, SSL_new(bench.tls),
                                          BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
    if (!c->b)
        die("TLS");
    bufferevent_setcb(c->b, on_bytes, NULL, on_event, c);
    (void)bufferevent_enable(c->b, EV_READ | EV_WRITE);
    hello(c);
}

static void drip(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    say(ctx, "x");
}

static void reply_loris(struct client *c, int code)
{
    (void)code;
    if (c->step == 1)
        say(c, "EHLO client.example\r\nMAIL FROM:<slow@bench.example>\r\nRCPT "
               "TO:<u@d0.example>\r\nDATA\r\n");
    if (c->step != 5)
        return;
    is_ready();
    struct event *e = event_new(bench.base, -1, EV_PERSIST, drip, c);
    if (!e || evtimer_add(e, &(struct timeval){.tv_sec = 1}) != 0)
        die("timer");
}

static void reply_connect(struct client *c, int code)
{
    if (code >= 400)
        bench.odd++;
    if (c->step == 1)
        hello(c);
    if (c->step == 2)
        say(c, "QUIT\r\n");
    c->is_gone = c->step == 3 || code >= 400;
    if (c->step == 3)
        done(bench.numbers[0] * bench.numbers[1]);
}

static void tick_connect(void)
{
    unsigned long due =
        (unsigned long)(clock_monotonic_ms() - bench.since) * bench.numbers[0] / 1000;
    while (bench.begun < due && bench.begun < bench.numbers[0] * bench.numbers[1])
        begin();
}

static const struct mode modes[] = {
    {"send", reply_send, begin_all, false},          {"idle", reply_idle, begin_all, true},
    {"idle-tls", reply_idle_tls, begin_all, true},   {"loris", reply_loris, begin_all, true},
    {"connect", reply_connect, tick_connect, false},
};

/* ---- */

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what, (void)ctx;
    bench.mode->tick();
}

static void on_input(evutil_socket_t fd, short what, void *ctx)
{
    char bytes[64];
    (void)what, (void)ctx;
    if (read(fd, bytes, sizeof(bytes)) <= 0)
        (void)event_base_loopexit(bench.base, NULL);
}

/* In lines of 80 bytes; no line begins with a dot. */
static void write_content(void)
{
    size_t size = bench.numbers[3] < 64 ? 64 : bench.numbers[3];
    if (size > CONTENT_MOST)
        size = CONTENT_MOST;
    memset(bench.content, 'x', size);
    for (size_t at = 78; at < size; at += 80)
        memcpy(bench.content + at, "\r\n", 2);
    memcpy(bench.content, "Subject: bench\r\n\r\n", 18);
    memcpy(bench.content + size, "\r\n.\r\n", 6);
}

static void prepare(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
        if (argc > 3 && strcmp(argv[1], modes[i].name) == 0)
            bench.mode = &modes[i];
    if (!bench.mode)
        exit(64);
    for (int i = 3; i < argc && i < 7; i++)
        bench.numbers[i - 3] = strtoul(argv[i], NULL, 10);
    bench.to = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10)),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    write_content();
    bench.tls = SSL_CTX_new(TLS_client_method());
    bench.base = event_base_new();
    if (!bench.tls || !bench.base)
        die("bench_clients");
    bench.since = clock_monotonic_ms();
}

int main(int argc, char **argv)
{
    prepare(argc, argv);
    struct event *input = event_new(bench.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, NULL);
    struct event *tick = event_new(bench.base, -1, EV_PERSIST, on_tick, NULL);
    if (!input || !tick || (bench.mode->waits && event_add(input, NULL) != 0) ||
        evtimer_add(tick, &(struct timeval){.tv_usec = TICK_MS * 1000}) != 0)
        die("bench_clients");
    (void)event_base_dispatch(bench.base);
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    printf("%lu %lu %.3f %.3f\n", bench.done, bench.odd,
           (double)(clock_monotonic_ms() - bench.since) / 1000,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    return 0;
}
