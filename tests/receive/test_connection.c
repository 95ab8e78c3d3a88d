#include <errno.h>
#include <event2/event.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "net/address.h"
#include "net/timer.h"
#include "receive/connection.h"
#include "spool/ram/ram.h"
#include "system/heap.h"

/* A receiver without a listener: the client's end of a socket pair lies in the test's hand. */
struct scene {
    struct loop *loop;
    struct spool *spool;
    struct access_table access;
    struct clients clients;
    atomic_uint connections;
    struct receiver_options options;
    struct smtp_server_options session;
    struct receiver_entrance entrance;
    struct receiver receiver;
    struct timer read_timer;
    int client;
    size_t helps; /* replies to HELP that came back whole */
    char last[4]; /* the bytes read last */
    struct log log;
};

static void drop_arrival(void *ctx, struct arrival *a)
{
    struct scene *s = ctx;
    s->spool->ops->drop(a->content);
    buf_free(&a->envelope);
    free(a);
}

static void open_scene(struct scene *s, uint32_t per_client)
{
    *s = (struct scene){.loop = loop_new(), .spool = spool_ram_open(&heap), .client = -1};
    struct hash_key key = {1, 2};
    name_map_init(&s->access.domains, &heap, key);
    clients_init(&s->clients, &heap, key, per_client);
    s->session = (struct smtp_server_options){.hostname = SLICE("mx.here.test"),
                                              .recipients_max = 100,
                                              .command_timeout = 60000,
                                              .data_timeout = 60000};
    s->entrance = (struct receiver_entrance){
        .receiver = &s->receiver, .options = &s->options, .session = &s->session};
    s->options = (struct receiver_options){.hostname = SLICE("mx.here.test"),
                                           .access = &s->access,
                                           .connections_max = 100,
                                           .arrived = drop_arrival,
                                           .arrived_ctx = s};
    receiver_init(&s->receiver, s->loop, s->spool, &s->log, &s->clients, &s->connections);
}

static void close_scene(struct scene *s)
{
    assert_true(list_is_empty(&s->receiver.open));
    assert_int_equal(atomic_load(&s->connections), 0);
    name_map_free(&s->access.domains);
    clients_free(&s->clients);
    s->spool->ops->close(s->spool);
    loop_free(s->loop);
}

/* The client's end of a new connection from `ip`; what the server sends does not go far unread. Of
 * the kind SOCK_SEQPACKET it shows what was sent at once. */
static int connect_by(struct scene *s, const char *ip, int kind)
{
    struct net_address peer;
    int ends[2], small = 1;
    assert_true(net_address_parse(slice_str(ip), 1025, &peer));
    assert_int_equal(socketpair(AF_UNIX, kind | SOCK_NONBLOCK, 0, ends), 0);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    receiver_accept(&s->entrance, ends[1], (const struct sockaddr *)&peer.storage);
    return ends[0];
}

static int connect_from(struct scene *s, const char *ip)
{
    return connect_by(s, ip, SOCK_STREAM);
}

static void count_helps(struct scene *s, const char *bytes, size_t len)
{
    /* each byte in turn: a reply may be cut anywhere */
    for (size_t i = 0; i < len; i++) {
        memmove(s->last, s->last + 1, 3);
        s->last[3] = bytes[i];
        s->helps += memcmp(s->last, "214 ", 4) == 0;
    }
}

static void read_all(void *ctx)
{
    struct scene *s = ctx;
    char bytes[4096];
    ssize_t got;
    while ((got = recv(s->client, bytes, sizeof(bytes), 0)) > 0)
        count_helps(s, bytes, (size_t)got);
    if (got == 0)
        loop_stop(s->loop);
    else
        timer_set(&s->read_timer, 1);
}

enum { HELPS = 50, HEAD_START_MS = 30 };

static void send_text(int fd, const char *text)
{
    size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, 0), len);
}

static void answers_all_that_a_half_closed_client_asked(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, 1);
    s.client = connect_from(&s, "192.0.2.1");
    send_text(s.client, "EHLO client.test\r\n");
    for (int i = 0; i < HELPS; i++)
        send_text(s.client, "HELP\r\n");
    assert_int_equal(shutdown(s.client, SHUT_WR), 0);
    /* the server has long seen the end when the client begins to read */
    timer_init(&s.read_timer, s.loop, read_all, &s);
    timer_set(&s.read_timer, HEAD_START_MS);
    loop_run(s.loop);
    assert_int_equal(s.helps, HELPS);
    close(s.client);
    close_scene(&s);
}

static void expect_code(int fd, const char *code)
{
    char bytes[512];
    ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
    assert_true(got > 3);
    assert_memory_equal(bytes, code, 3);
}

static void done(void *ctx)
{
    loop_stop(((struct scene *)ctx)->loop);
}

/* Stops the receiver, so that all connections end. */
static void drain(struct scene *s)
{
    receiver_stop(&s->receiver, done, s);
    loop_run(s->loop);
}

static void counts_strangers_but_not_the_relay_networks(void **state)
{
    (void)state;
    struct scene s;
    struct cidr network;
    int ends[4];
    const char *what;
    assert_true(cidr_parse(SLICE("10.0.0.0/8"), &network, &what));
    open_scene(&s, 1);
    s.access.networks = &network;
    s.access.count = 1;
    static const struct {
        const char *ip, *code;
    } cases[] = {
        {"192.0.2.1", "220"}, {"192.0.2.1", "421"}, {"10.1.1.1", "220"}, {"10.1.1.1", "220"}};
    for (size_t i = 0; i < 4; i++) {
        ends[i] = connect_from(&s, cases[i].ip);
        expect_code(ends[i], cases[i].code);
    }
    drain(&s);
    for (size_t i = 0; i < 4; i++)
        close(ends[i]);
    close_scene(&s);
}

static bool is_ended(int fd)
{
    char byte;
    return recv(fd, &byte, 1, 0) == 0;
}

/* Turns the loop until the client has something to read, be it the end. */
static void await_answer(struct scene *s, int client)
{
    char byte;
    while (recv(client, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN)
        event_base_loop(loop_base(s->loop), EVLOOP_ONCE);
}

static void answers_a_group_of_commands_at_once(void **state)
{
    (void)state;
    struct scene s;
    char bytes[512];
    open_scene(&s, 1);
    int end = connect_by(&s, "192.0.2.1", SOCK_SEQPACKET);
    expect_code(end, "220");
    send_text(end, "HELO client.test\r\nNOOP\r\nRSET\r\nBDAT x\r\nNOOP\r\n");
    await_answer(&s, end);
    ssize_t got = recv(end, bytes, sizeof(bytes), 0);
    static const char *const codes[] = {"250", "250", "250", "5", "250"};
    struct slice rest = slice_of(bytes, got > 0 ? (size_t)got : 0);
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        assert_true(slice_starts(rest, slice_str(codes[i])));
        rest = slice_from(rest, slice_find(rest, '\n', 0) + 1);
    }
    assert_int_equal(rest.len, 0);
    drain(&s);
    close(end);
    close_scene(&s);
}

static void counts_who_is_behind_a_proxy(void **state)
{
    (void)state;
    struct scene s;
    struct cidr proxies;
    const char *what;
    int ends[5];
    assert_true(cidr_parse(SLICE("10.0.0.0/8"), &proxies, &what));
    open_scene(&s, 1);
    s.entrance.proxies = &proxies;
    s.entrance.proxy_count = 1;
    static const struct {
        const char *ip, *sends, *code;
    } cases[] = {
        {"10.1.1.1", "PROXY TCP4 192.0.2.1 192.0.2.25 1 25\r\n", "220"},
        {"10.1.1.1", "PROXY TCP4 192.0.2.1 192.0.2.25 2 25\r\n", "421"},
        {"10.1.1.2", "PROXY TCP4 192.0.2.2 192.0.2.25 1 25\r\n", "220"},
        {"192.0.2.3", "PROXY TCP4 192.0.2.4 192.0.2.25 1 25\r\n", "554"},
        {"10.1.1.1", "EHLO client.test\r\n", NULL},
    };
    for (size_t i = 0; i < 5; i++) {
        ends[i] = connect_from(&s, cases[i].ip);
        send_text(ends[i], cases[i].sends);
        await_answer(&s, ends[i]);
        if (cases[i].code)
            expect_code(ends[i], cases[i].code);
        else
            assert_true(is_ended(ends[i]));
    }
    drain(&s);
    for (size_t i = 0; i < 5; i++)
        close(ends[i]);
    close_scene(&s);
}

static void closes_what_a_proxy_has_not_spoken_for(void **state)
{
    (void)state;
    struct scene s;
    struct cidr proxies;
    const char *what;
    assert_true(cidr_parse(SLICE("10.0.0.0/8"), &proxies, &what));
    open_scene(&s, 1);
    s.entrance.proxies = &proxies;
    s.entrance.proxy_count = 1;
    int end = connect_from(&s, "10.1.1.1");
    send_text(end, "PROXY TCP4 192.0.2.1");
    int unread = 1;
    while (ioctl(end, SIOCOUTQ, &unread) == 0 && unread)
        event_base_loop(loop_base(s.loop), EVLOOP_ONCE);
    drain(&s);
    assert_true(is_ended(end));
    close(end);
    close_scene(&s);
}

static void waits_for_a_proxy_no_longer_than_for_a_command(void **state)
{
    (void)state;
    struct scene s;
    struct cidr proxies;
    const char *what;
    assert_true(cidr_parse(SLICE("10.0.0.0/8"), &proxies, &what));
    open_scene(&s, 1);
    s.session.command_timeout = 20;
    s.entrance.proxies = &proxies;
    s.entrance.proxy_count = 1;
    int silent = connect_from(&s, "10.1.1.1"), slow = connect_from(&s, "10.1.1.2");
    send_text(slow, "PROXY TCP4 192.0.2.1 ");
    await_answer(&s, silent);
    await_answer(&s, slow);
    assert_true(is_ended(silent));
    assert_true(is_ended(slow));
    drain(&s);
    close(silent);
    close(slow);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_all_that_a_half_closed_client_asked),
        cmocka_unit_test(counts_strangers_but_not_the_relay_networks),
        cmocka_unit_test(answers_a_group_of_commands_at_once),
        cmocka_unit_test(counts_who_is_behind_a_proxy),
        cmocka_unit_test(closes_what_a_proxy_has_not_spoken_for),
        cmocka_unit_test(waits_for_a_proxy_no_longer_than_for_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
