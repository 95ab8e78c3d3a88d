#include <arpa/inet.h>
#include <event2/event.h>
#include <unistd.h>

#include "check.h"
#include "net/resolver.h"

enum { QUESTION_MAX = 512, HEAD = 12, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, SILENT = -1 };

/* A name server on the loop, which answers each question with one code, or not at all. */
struct world {
    struct loop *loop;
    struct resolver *resolver;
    struct event *readable;
    int fd, rcode;
    size_t answered;
    enum dns_status status;
};

static void on_question(evutil_socket_t fd, short what, void *ctx)
{
    const struct world *w = ctx;
    unsigned char packet[QUESTION_MAX];
    struct sockaddr_in client;
    socklen_t size = sizeof(client);
    (void)what;
    ssize_t got = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&client, &size);
    if (got < HEAD || w->rcode == SILENT)
        return;
    size_t end = HEAD; /* of the name; what EDNS adds behind the question is left out */
    while (packet[end])
        end += packet[end] + 1U;
    packet[2] = 0x81;
    packet[3] = (unsigned char)(0x80 | w->rcode);
    memset(packet + 6, 0, HEAD - 6);
    assert_true(sendto(fd, packet, end + 5, 0, (struct sockaddr *)&client, size) > 0);
}

static void open_world(struct world *w, int rcode, int64_t patience)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    struct err err = {0};
    *w = (struct world){
        .loop = loop_new(), .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .rcode = rcode};
    assert_int_equal(bind(w->fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(getsockname(w->fd, (struct sockaddr *)&at, &size), 0);
    struct endpoint nameserver = {.ip = {IP_V4, {127, 0, 0, 1}}, .port = ntohs(at.sin_port)};
    struct resolver_options o = {.nameservers = &nameserver, .count = 1, .patience = patience};
    w->resolver = resolver_new(w->loop, &o, &err);
    assert_non_null(w->resolver);
    w->readable = event_new(loop_base(w->loop), w->fd, EV_READ | EV_PERSIST, on_question, w);
    assert_int_equal(event_add(w->readable, NULL), 0);
}

static void close_world(struct world *w)
{
    resolver_free(w->resolver);
    event_free(w->readable);
    close(w->fd);
    loop_free(w->loop);
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
    struct world *w = ctx;
    w->answered++;
    w->status = answer->status;
}

static enum dns_status ask(struct world *w, const char *name)
{
    size_t before = w->answered;
    resolver_ask(w->resolver, slice_str(name), DNS_MX, on_answer, w);
    while (w->answered == before)
        event_base_loop(loop_base(w->loop), EVLOOP_ONCE);
    assert_int_equal(w->answered, before + 1);
    return w->status;
}

static void failures_are_kept_apart(void **state)
{
    static const struct {
        int rcode;
        enum dns_status status;
    } cases[] = {
        {RCODE_SERVFAIL, DNS_FAILED},
        {RCODE_NXDOMAIN, DNS_NO_NAME},
        {0, DNS_NO_DATA},
        {SILENT, DNS_TIMED_OUT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct world w;
        open_world(&w, cases[i].rcode, cases[i].rcode == SILENT ? 300 : 0);
        assert_int_equal(ask(&w, "a.example"), cases[i].status);
        assert_int_equal(dns_status_is_failure(w.status),
                         cases[i].rcode == SILENT || cases[i].rcode == RCODE_SERVFAIL);
        close_world(&w);
    }
}

/* Each has its own time, and one that was given up is answered once only. */
static void who_is_heard_again_is_not_silent(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SILENT, 300);
    assert_int_equal(ask(&w, "a.example"), DNS_TIMED_OUT);
    assert_int_equal(ask(&w, "b.example"), DNS_TIMED_OUT);
    w.rcode = RCODE_NXDOMAIN;
    assert_int_equal(ask(&w, "c.example"), DNS_NO_NAME);
    w.rcode = RCODE_SERVFAIL;
    assert_int_equal(ask(&w, "d.example"), DNS_FAILED);
    close_world(&w);
}

static void what_is_cancelled_has_failed(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, SILENT, 0);
    resolver_ask(w.resolver, SLICE("a.example"), DNS_MX, on_answer, &w);
    resolver_cancel(w.resolver);
    assert_int_equal(w.answered, 1);
    assert_int_equal(w.status, DNS_FAILED);
    assert_int_equal(ask(&w, "b.example"), DNS_FAILED);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_kept_apart),
        cmocka_unit_test(who_is_heard_again_is_not_silent),
        cmocka_unit_test(what_is_cancelled_has_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
