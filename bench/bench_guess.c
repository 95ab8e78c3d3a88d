/* Who tries out addresses, at the least cost that we know: bench_guess PORT CLIENTS GUESSES BATCH
 * HOSTS. So many connections at once, each sends BATCH recipients at a time (1: one after the
 * other) and comes back when it is closed, from one of HOSTS addresses in 127.9.0.0/16. It waits
 * for nothing but answers, asks the system for nothing but connections, bytes and an end, and
 * changes only digits from one guess to the next: what it spends is what an attacker can't save.
 *
 * Prints: guesses tried (a connection that was turned away at the door counts as one), guesses that
 * were answered with what the attacker wants to know, connections, seconds, its own CPU seconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/clock.h"

#define HELLO  "EHLO attacker.example\r\n"
#define SENDER "MAIL FROM:<attacker@bench.example>\r\n"
#define GUESS  "RCPT TO:<guess0000000@here.test>\r\n"

enum { BATCH_MAX = 1000, BYTES_MAX = 256 * 1024, DIGITS_AT = 14, DIGITS = 7 };

enum step { STEP_AWAY, STEP_GREETING, STEP_HELLO, STEP_SENDER, STEP_GUESS };

struct client {
    int fd;
    enum step step;
    unsigned due; /* replies */
    size_t kept;  /* bytes of a reply's line that has no end yet */
    char line[1024];
};

static struct {
    struct sockaddr_in to;
    unsigned long wanted, batch, hosts;
    unsigned long tried, told, connections;
    unsigned long number; /* of the next guess */
    char out[sizeof(SENDER) + sizeof(GUESS) * BATCH_MAX];
    char in[BYTES_MAX];
} bench;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void come(struct client *c)
{
    uint32_t host = (uint32_t)(bench.connections++ % bench.hosts) + 1;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(127U << 24 | 9U << 16 | host)};
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0)
        die("socket");
    (void)setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(c->fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        connect(c->fd, (struct sockaddr *)&bench.to, sizeof(bench.to)) != 0)
        die("connect");
    c->step = STEP_GREETING;
    c->due = 1;
    c->kept = 0;
}

static void leave(struct client *c)
{
    bench.tried += c->step < STEP_GUESS;
    (void)close(c->fd);
    c->step = STEP_AWAY;
    c->due = 0;
}

/* The guess's digits, counted up in place. */
static void put_guess(char *at)
{
    unsigned long n = bench.number++;
    memcpy(at, GUESS, sizeof(GUESS) - 1);
    for (size_t i = DIGITS_AT + DIGITS; n && i > DIGITS_AT; n /= 10)
        at[--i] = (char)('0' + n % 10);
}

static void say(struct client *c, const char *bytes, size_t len, unsigned replies)
{
    c->due = replies;
    if (send(c->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        leave(c);
}

/* With the sender's reply in front of the first ones: that is allowed (RFC 2920 3.1). */
static void guess(struct client *c, bool is_first)
{
    size_t at = is_first ? sizeof(SENDER) - 1 : 0;
    memcpy(bench.out, SENDER, at);
    for (unsigned long i = 0; i < bench.batch; i++, at += sizeof(GUESS) - 1)
        put_guess(bench.out + at);
    bench.tried += bench.batch;
    c->step = is_first ? STEP_SENDER : STEP_GUESS;
    say(c, bench.out, at, (unsigned)bench.batch + is_first);
}

static void go_on(struct client *c)
{
    switch (c->step) {
    case STEP_AWAY:
        come(c);
        return;
    case STEP_GREETING:
        c->step = STEP_HELLO;
        say(c, HELLO, sizeof(HELLO) - 1, 1);
        return;
    case STEP_HELLO:
        guess(c, true);
        return;
    case STEP_SENDER:
    case STEP_GUESS:
        guess(c, false);
    }
}

static void take_line(struct client *c, const char *line, size_t len)
{
    if (len < 4 || line[3] == '-')
        return;
    c->due -= c->due > 0; /* a last word may come that answers nothing */
    if (c->step == STEP_SENDER)
        c->step = STEP_GUESS; /* that was the sender's */
    else if (c->step == STEP_GUESS)
        bench.told += memcmp(line, "550", 3) == 0 || memcmp(line, "250", 3) == 0;
    if (memcmp(line, "421", 3) == 0)
        leave(c);
}

static void listen_to(struct client *c)
{
    memcpy(bench.in, c->line, c->kept);
    ssize_t got = recv(c->fd, bench.in + c->kept, sizeof(bench.in) - c->kept, 0);
    if (got <= 0) {
        leave(c);
        return;
    }
    const char *at = bench.in, *end = bench.in + c->kept + got, *lf;
    for (; c->step != STEP_AWAY && (lf = memchr(at, '\n', (size_t)(end - at))); at = lf + 1)
        take_line(c, at, (size_t)(lf - at));
    c->kept = (size_t)(end - at);
    if (c->kept > sizeof(c->line))
        die("a reply's line without end");
    memcpy(c->line, at, c->kept);
}

int main(int argc, char **argv)
{
    unsigned long numbers[5] = {0};
    for (int i = 1; i < argc && i < 6; i++)
        numbers[i - 1] = strtoul(argv[i], NULL, 10);
    unsigned long count = numbers[1];
    bench.wanted = numbers[2];
    bench.batch = numbers[3];
    bench.hosts = numbers[4];
    if (argc != 6 || !count || !bench.hosts || !bench.batch || bench.batch > BATCH_MAX)
        return 64;
    struct client *clients = calloc(count, sizeof(*clients));
    if (!clients)
        die("clients");
    bench.to = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)numbers[0]),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int64_t since = clock_monotonic_ms();
    while (bench.tried < bench.wanted) {
        for (unsigned long i = 0; i < count; i++)
            go_on(&clients[i]);
        for (unsigned long i = 0; i < count; i++)
            while (clients[i].due)
                listen_to(&clients[i]);
    }
    struct rusage used;
    (void)getrusage(RUSAGE_SELF, &used);
    printf("%lu %lu %lu %.3f %.3f\n", bench.tried, bench.told, bench.connections,
           (double)(clock_monotonic_ms() - since) / 1000,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    return 0;
}
