#include <pthread.h>
#include <unistd.h>

#include "check.h"
#include "net/address.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/timer.h"

/* A server that takes at most four bytes at a time and sends them back, and a client that sends a
 * text and waits for it to come back whole: partial reads, kept bytes and resumption are all on the
 * way. */
struct echo {
    struct loop *loop;
    struct listener *listener;
    struct stream server, client;
    struct timer resume;
    char got[64];
    size_t got_len;
    bool connected, ended;
};

static const char text[] = "a text that is longer than four bytes";
static struct echo echo;

static size_t server_bytes(struct stream *s, struct slice in)
{
    struct slice head = slice_head(in, 4);
    assert_int_equal(stream_send(s, head), head.len);
    if (head.len < in.len)
        timer_set(&echo.resume, 0);
    return head.len;
}

static void resume(void *ctx)
{
    (void)ctx;
    stream_resume(&echo.server);
}

static void server_ended(struct stream *s, const char *failure)
{
    assert_null(failure);
    stream_close(s);
    echo.ended = true;
    loop_stop(echo.loop);
}

static void nothing(struct stream *s)
{
    (void)s;
}

static size_t client_bytes(struct stream *s, struct slice in)
{
    assert_true(echo.got_len + in.len <= sizeof(echo.got));
    memcpy(echo.got + echo.got_len, in.at, in.len);
    echo.got_len += in.len;
    if (echo.got_len < sizeof(text))
        return in.len;
    stream_close(s);
    return STREAM_GONE;
}

static void client_writable(struct stream *s)
{
    echo.connected = true;
    assert_int_equal(stream_send(s, slice_of(text, sizeof(text))), sizeof(text));
}

static void client_ended(struct stream *s, const char *failure)
{
    (void)s;
    fail_msg("the client's connection ended: %s", failure ? failure : "closed");
}

static const struct stream_owner server_owner = {
    .bytes = server_bytes, .writable = nothing, .ended = server_ended, .timer = nothing};
static const struct stream_owner client_owner = {
    .bytes = client_bytes, .writable = client_writable, .ended = client_ended, .timer = nothing};

static void accepted(void *ctx, int fd, const struct sockaddr *peer)
{
    char ip[NET_ADDRESS_TEXT];
    (void)ctx;
    net_address_write(peer, ip);
    assert_string_equal(ip, "127.0.0.1");
    stream_open(&echo.server, echo.loop, fd, &server_owner);
}

/* Listens on a free port of the loopback address. */
static int listen_anywhere(struct net_address *a)
{
    const char *what = NULL;
    assert_true(net_address_parse(SLICE("127.0.0.1"), 0, a));
    int fd = net_listen(a, &what);
    assert_null(what);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a->storage, &a->len), 0);
    return fd;
}

static void carries_bytes_both_ways(void **state)
{
    (void)state;
    struct net_address a;
    echo = (struct echo){.loop = loop_new()};
    assert_non_null(echo.loop);
    timer_init(&echo.resume, echo.loop, resume, NULL);
    echo.listener = listener_new(echo.loop, listen_anywhere(&a), accepted, NULL);
    assert_true(net_is_taken(&a));
    assert_null(stream_connect(&echo.client, echo.loop, &a, NULL, &client_owner));
    loop_run(echo.loop);
    assert_true(echo.connected && echo.ended);
    assert_memory_equal(echo.got, text, sizeof(text));
    listener_free(echo.listener);
    loop_free(echo.loop);
}

struct refused {
    struct stream stream;
    const char *failure;
};
static struct refused refused;

static void refused_ended(struct stream *s, const char *failure)
{
    refused.failure = failure;
    loop_stop(s->loop);
    stream_close(s);
}

static void says_why_a_connection_failed(void **state)
{
    (void)state;
    static const struct stream_owner owner = {.ended = refused_ended};
    struct net_address a;
    struct loop *loop = loop_new();
    close(listen_anywhere(&a)); /* the port was free a moment ago */
    const char *failure = stream_connect(&refused.stream, loop, &a, NULL, &owner);
    if (failure)
        refused.failure = failure;
    else
        loop_run(loop);
    assert_string_equal(refused.failure, "connection refused");
    loop_free(loop);
}

enum { POSTS = 20000, POSTERS = 4 };
struct post {
    struct task task;
    unsigned poster, number;
};
struct posting {
    struct loop *loop;
    struct post posts[POSTERS][POSTS];
    unsigned next[POSTERS];
    unsigned total;
};
static struct posting posting;

static void count_post(struct task *task)
{
    struct post *p = (struct post *)(void *)task;
    assert_int_equal(p->number, posting.next[p->poster]++);
    if (++posting.total == POSTS * POSTERS)
        loop_stop(posting.loop);
}

static void *post_all(void *ctx)
{
    struct post *posts = ctx;
    for (unsigned i = 0; i < POSTS; i++)
        loop_post(posting.loop, &posts[i].task);
    return NULL;
}

static void runs_each_posted_task_once_and_in_order(void **state)
{
    (void)state;
    pthread_t threads[POSTERS];
    posting.loop = loop_new();
    for (unsigned t = 0; t < POSTERS; t++) {
        for (unsigned i = 0; i < POSTS; i++)
            posting.posts[t][i] = (struct post){.task.run = count_post, .poster = t, .number = i};
        assert_int_equal(pthread_create(&threads[t], NULL, post_all, posting.posts[t]), 0);
    }
    loop_run(posting.loop);
    for (unsigned t = 0; t < POSTERS; t++)
        pthread_join(threads[t], NULL);
    assert_int_equal(posting.total, POSTS * POSTERS);
    loop_free(posting.loop);
}

struct woken {
    struct loop *loop;
    struct timer timer;
    int64_t asleep_since, woken_at;
};

static void note_time(void *ctx)
{
    struct woken *w = ctx;
    w->woken_at = loop_now(w->loop);
    loop_stop(w->loop);
}

static void knows_the_time_when_it_wakes(void **state)
{
    (void)state;
    enum { SLEEP_MS = 50, CLOCK_GRAIN_MS = 10 };
    struct woken w = {.loop = loop_new()};
    w.asleep_since = loop_now(w.loop);
    timer_init(&w.timer, w.loop, note_time, &w);
    timer_set(&w.timer, SLEEP_MS);
    loop_run(w.loop);
    assert_true(w.woken_at - w.asleep_since >= SLEEP_MS - CLOCK_GRAIN_MS);
    loop_free(w.loop);
}

static void writes_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:DB8:0::1", "2001:db8::1"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct net_address a;
        char out[NET_ADDRESS_TEXT];
        assert_true(net_address_parse(slice_str(cases[i].in), 25, &a));
        net_address_write((const struct sockaddr *)&a.storage, out);
        assert_string_equal(out, cases[i].out);
    }
    struct net_address a;
    assert_false(net_address_parse(SLICE("192.0.2"), 25, &a));
    assert_false(net_address_parse(SLICE("localhost"), 25, &a));
    assert_false(net_address_parse(SLICE(""), 25, &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_bytes_both_ways),
        cmocka_unit_test(says_why_a_connection_failed),
        cmocka_unit_test(runs_each_posted_task_once_and_in_order),
        cmocka_unit_test(knows_the_time_when_it_wakes),
        cmocka_unit_test(writes_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
