#include "cli/send_session.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ip.h"
#include "net/tls.h"
#include "system/clock.h"
#include "system/heap.h"

/* Written in one go: more would only lie in memory twice. */
enum { OUTPUT_ENOUGH = 256 * 1024, READ_SIZE = 16 * 1024, MINUTE = 60 * 1000 };
enum { CONNECT_TIMEOUT = 30 * 1000 };

struct carrying {
    struct send_job *job;
    struct smtp_client *client;
    struct smtp_client_message message; /* the session holds on to it */
    uint32_t *recipients;
    size_t given; /* bytes of content handed to the session */
    bool is_over;
    int fd;
    struct tls_context *context;
    struct tls *tls; /* NULL: in the clear */
    bool is_securing;
};

/* --- outcomes --- */

static bool is_open(const struct outcome *o)
{
    return o->reply.code == 0 && o->failure.len == 0;
}

static struct slice kept(struct send_job *job, struct slice text)
{
    struct slice copy;
    return arena_dup(job->arena, text, &copy) ? copy : SLICE("");
}

/* To one recipient, or to all that are still open. */
static void settle(struct send_job *job, uint32_t recipient, const struct outcome *what)
{
    for (uint32_t i = 0; i < job->envelope->count; i++) {
        struct outcome *o = &job->outcomes[i];
        if (!is_open(o) || (recipient != OUTCOME_ALL && recipient != i))
            continue;
        *o = *what;
        o->recipient = i;
        o->host = job->host;
        o->reply.text = kept(job, what->reply.text);
        o->failure = kept(job, what->failure);
    }
}

static void settle_failure(struct send_job *job, enum stage stage, const char *what)
{
    settle(
        job, OUTCOME_ALL,
        &(struct outcome){.stage = stage, .failure = slice_str(what ? what : "connection lost")});
}

static void settle_event(struct send_job *job, uint32_t recipient,
                         const struct smtp_client_event *e)
{
    struct outcome o = {.stage = e->stage, .reply = e->reply, .failure = slice_str(e->failure)};
    if (o.reply.code == 0 && o.failure.len == 0)
        o.failure = SLICE("the session ended before an answer came");
    settle(job, recipient, &o);
}

/* --- the connection --- */

static int connect_within(const struct addrinfo *a, int timeout, const char **why)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS)
        error = errno;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    socklen_t len = sizeof(error);
    if (!error && poll(&wait, 1, timeout) <= 0)
        error = ETIMEDOUT;
    if (!error && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    if (!error)
        return fd;
    *why = strerror(error);
    if (fd >= 0)
        close(fd);
    return -1;
}

static int connect_to(const struct send_job *job, const char **why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char port[8];
    int fd = -1;
    (void)snprintf(port, sizeof(port), "%u", job->port);
    int failed = getaddrinfo(job->host.at, port, &hints, &found);
    if (failed) {
        *why = gai_strerror(failed);
        return -1;
    }
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
        fd = connect_within(a, CONNECT_TIMEOUT, why);
    freeaddrinfo(found);
    return fd;
}

/* --- the session --- */

static void give_body(struct carrying *c)
{
    const struct send_job *job = c->job;
    struct slice piece = slice_head(slice_from(job->content, c->given), OUTPUT_ENOUGH);
    c->given += piece.len;
    smtp_client_body(c->client, piece, c->given == job->content.len, clock_monotonic_ms());
}

static void lost(struct carrying *c, const char *why)
{
    smtp_client_lost(c->client, why, clock_monotonic_ms());
}

static void shake_hands(struct carrying *c)
{
    char binding[TLS_BINDING];
    switch (tls_handshake(c->tls)) {
    case TLS_DONE:
        c->is_securing = false;
        if (tls_binding(c->tls, binding))
            smtp_client_bind(c->client, binding);
        smtp_client_secured(c->client, clock_monotonic_ms());
        break;
    case TLS_ENDED:
    case TLS_FAILED:
        lost(c, tls_failure(c->tls));
        break;
    case TLS_WANTS_READ:
    case TLS_WANTS_WRITE:
        break;
    }
}

static void begin_tls(struct carrying *c)
{
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    c->context = tls_context_new_client();
    const struct tls_expect expect = {.name = c->job->host.at};
    c->tls = c->context ? tls_new(c->context, c->fd, &expect) : NULL;
    if (!c->tls) {
        lost(c, "out of memory");
        return;
    }
    c->is_securing = true;
    shake_hands(c);
}

static void take_event(struct carrying *c, const struct smtp_client_event *e)
{
    switch (e->kind) {
    case SMTP_CLIENT_SAID:
        break;
    case SMTP_CLIENT_SECURE:
        begin_tls(c);
        break;
    case SMTP_CLIENT_READY:
        smtp_client_send(c->client, &c->message, clock_monotonic_ms());
        break;
    case SMTP_CLIENT_REPLY:
        settle_event(c->job, e->recipient, e);
        break;
    case SMTP_CLIENT_NEEDS_BODY:
        give_body(c);
        break;
    case SMTP_CLIENT_DONE:
        smtp_client_quit(c->client, clock_monotonic_ms());
        break;
    case SMTP_CLIENT_CLOSE:
        settle_event(c->job, OUTCOME_ALL, e);
        c->is_over = true;
        break;
    }
}

static void send_plain(struct carrying *c, struct slice out)
{
    ssize_t sent = send(c->fd, out.at, out.len, MSG_NOSIGNAL);
    if (sent > 0)
        smtp_client_sent(c->client, (size_t)sent, clock_monotonic_ms());
    else if (sent < 0 && errno != EAGAIN && errno != EINTR)
        lost(c, strerror(errno));
}

static void send_secure(struct carrying *c, struct slice out)
{
    size_t sent;
    enum tls_result result = tls_write(c->tls, out, &sent);
    if (result == TLS_DONE)
        smtp_client_sent(c->client, sent, clock_monotonic_ms());
    else if (result == TLS_FAILED)
        lost(c, tls_failure(c->tls));
}

static void send_output(struct carrying *c)
{
    struct slice out = smtp_client_output(c->client);
    if (out.len == 0 || c->is_securing)
        return;
    if (c->tls)
        send_secure(c, out);
    else
        send_plain(c, out);
}

static void read_plain(struct carrying *c)
{
    char bytes[READ_SIZE];
    ssize_t got = recv(c->fd, bytes, sizeof(bytes), 0);
    if (got > 0)
        smtp_client_feed(c->client, slice_of(bytes, (size_t)got), clock_monotonic_ms());
    else if (got == 0)
        lost(c, "the server closed the connection");
    else if (errno != EAGAIN && errno != EINTR)
        lost(c, strerror(errno));
}

static void read_secure(struct carrying *c)
{
    char bytes[READ_SIZE];
    size_t got;
    enum tls_result result;
    while ((result = tls_read(c->tls, bytes, sizeof(bytes), &got)) == TLS_DONE)
        smtp_client_feed(c->client, slice_of(bytes, got), clock_monotonic_ms());
    if (result == TLS_ENDED)
        lost(c, "the server closed the connection");
    else if (result == TLS_FAILED)
        lost(c, tls_failure(c->tls));
}

static void read_input(struct carrying *c)
{
    if (c->is_securing)
        shake_hands(c);
    else if (c->tls)
        read_secure(c);
    else
        read_plain(c);
}

static int poll_timeout(const struct carrying *c)
{
    int64_t left = smtp_client_deadline(c->client) - clock_monotonic_ms();
    if (left < 0)
        return 0;
    return left < MINUTE ? (int)left : MINUTE;
}

static void carry(struct carrying *c)
{
    struct smtp_client_event event;
    for (;;) {
        while (!c->is_over && smtp_client_next(c->client, &event))
            take_event(c, &event);
        bool has_output = smtp_client_output(c->client).len > 0;
        if (has_output)
            send_output(c);
        if (c->is_over)
            return;
        has_output = smtp_client_output(c->client).len > 0;
        struct pollfd wait = {.fd = c->fd, .events = (short)(POLLIN | (has_output ? POLLOUT : 0))};
        if (poll(&wait, 1, poll_timeout(c)) > 0 && (wait.revents & (POLLIN | POLLHUP | POLLERR)))
            read_input(c);
        if (clock_monotonic_ms() >= smtp_client_deadline(c->client))
            smtp_client_tick(c->client, clock_monotonic_ms());
    }
}

/* RFC 5321 4.5.3.2. */
static struct smtp_client_options options_for(const struct send_job *job)
{
    return (struct smtp_client_options){.helo = job->helo,
                                        .tls = job->tls,
                                        .greeting_timeout = 5 * MINUTE,
                                        .helo_timeout = 5 * MINUTE,
                                        .mail_timeout = 5 * MINUTE,
                                        .rcpt_timeout = 5 * MINUTE,
                                        .data_timeout = 2 * MINUTE,
                                        .block_timeout = 3 * MINUTE,
                                        .end_timeout = 10 * MINUTE};
}

void send_carry(struct send_job *job)
{
    struct carrying c = {.job = job};
    struct smtp_client_options options = options_for(job);
    const char *why = "";
    c.recipients = arena_array(job->arena, job->envelope->count, sizeof(*c.recipients));
    c.fd = c.recipients ? connect_to(job, &why) : -1;
    if (c.fd < 0) {
        settle_failure(job, STAGE_CONNECT, c.recipients ? why : err_text(ERR_MEMORY));
        return;
    }
    for (uint32_t i = 0; i < job->envelope->count; i++)
        c.recipients[i] = i;
    c.message = (struct smtp_client_message){
        .envelope = job->envelope, .recipients = c.recipients, .count = job->envelope->count};
    c.client = smtp_client_new(&heap, &options, clock_monotonic_ms());
    if (c.client)
        carry(&c);
    smtp_client_free(&c.client);
    tls_free(c.tls);
    tls_context_free(c.context);
    close(c.fd);
    settle_failure(job, STAGE_NONE, "the session ended before an answer came");
}
