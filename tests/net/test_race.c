#include <poll.h>
#include <unistd.h>

#include "check.h"
#include "net/race.h"

/* A race, and how it ended. */
struct seen {
    struct loop *loop;
    int fd; /* of the winner; -1: none */
    size_t way, fallen;
    const char *failure;
};

static void on_fell(void *ctx, size_t way, const char *failure)
{
    struct seen *s = ctx;
    (void)way;
    assert_non_null(failure);
    s->fallen++;
}

static void on_won(void *ctx, size_t way, int fd)
{
    struct seen *s = ctx;
    s->way = way;
    s->fd = fd;
    loop_stop(s->loop);
}

static void on_lost(void *ctx, const char *failure)
{
    struct seen *s = ctx;
    s->failure = failure;
    loop_stop(s->loop);
}

static const struct race_owner owner = {.fell = on_fell, .won = on_won, .lost = on_lost};

/* A host on a free port; -1 in place of `backlog`: nobody listens there. */
static int make_host(struct net_address *a, int backlog)
{
    assert_true(net_address_parse(SLICE("127.0.0.1"), 0, a));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a->storage, a->len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a->storage, &a->len), 0);
    if (backlog >= 0)
        assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

/* A host that answers nobody: its line of those that wait is full, so the kernel drops what comes.
 */
struct dead {
    struct net_address address;
    int listening, waiting;
};

static void make_dead(struct dead *d)
{
    d->listening = make_host(&d->address, 0);
    d->waiting = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(d->waiting, (struct sockaddr *)&d->address.storage, d->address.len),
                     0);
}

static void close_dead(struct dead *d)
{
    close(d->waiting);
    close(d->listening);
}

static struct seen run(const struct race_way *ways, size_t count, int64_t patience)
{
    struct seen s = {.loop = loop_new(), .fd = -1};
    if (race_begin(s.loop, ways, count, patience, &owner, &s, &s.failure))
        loop_run(s.loop);
    loop_free(s.loop);
    return s;
}

enum { LONG = 600 * 1000 };

static void a_dead_address_costs_a_moment(void **state)
{
    (void)state;
    struct dead dead;
    struct net_address alive;
    make_dead(&dead);
    int fd = make_host(&alive, 5);
    const struct race_way ways[] = {{.to = &dead.address}, {.to = &dead.address}, {.to = &alive}};
    struct seen s = run(ways, 3, LONG);
    assert_int_equal(s.way, 2);
    assert_int_equal(s.fallen, 0);
    assert_true(s.fd >= 0);
    close(s.fd);
    close(fd);
    close_dead(&dead);
}

static void one_that_refuses_costs_nothing(void **state)
{
    (void)state;
    struct net_address refuses, alive;
    int nobody = make_host(&refuses, -1), fd = make_host(&alive, 5);
    const struct race_way ways[] = {
        {.to = &alive, .flaw = "no such source"}, {.to = &refuses}, {.to = &alive}};
    struct seen s = run(ways, 3, LONG);
    assert_int_equal(s.way, 2);
    assert_int_equal(s.fallen, 2);
    assert_true(s.fd >= 0);
    close(s.fd);
    close(fd);
    close(nobody);
}

static void the_first_that_answers_has_no_company(void **state)
{
    (void)state;
    struct net_address alive, other;
    int fd = make_host(&alive, 5), second = make_host(&other, 5);
    const struct race_way ways[] = {{.to = &alive}, {.to = &other}};
    struct seen s = run(ways, 2, LONG);
    struct pollfd came = {.fd = second, .events = POLLIN};
    assert_int_equal(s.way, 0);
    assert_int_equal(poll(&came, 1, 0), 0);
    close(s.fd);
    close(fd);
    close(second);
}

static void when_all_are_dead_it_is_lost(void **state)
{
    (void)state;
    struct dead dead;
    make_dead(&dead);
    const struct race_way ways[] = {{.to = &dead.address}, {.to = &dead.address}};
    struct seen s = run(ways, 2, 20);
    assert_int_equal(s.fd, -1);
    assert_int_equal(s.fallen, 2);
    assert_string_equal(s.failure, "connection timed out");
    close_dead(&dead);
}

static void what_nobody_can_begin_is_told_at_once(void **state)
{
    (void)state;
    struct net_address any;
    assert_true(net_address_parse(SLICE("127.0.0.1"), 9, &any));
    const struct race_way way = {.to = &any, .flaw = "no such source"};
    struct seen s = run(&way, 1, LONG);
    assert_int_equal(s.fd, -1);
    assert_string_equal(s.failure, "no such source");
}

static void one_that_nobody_waits_for_ends(void **state)
{
    (void)state;
    struct dead dead;
    make_dead(&dead);
    struct seen s = {.loop = loop_new(), .fd = -1};
    const struct race_way way = {.to = &dead.address};
    race_stop(race_begin(s.loop, &way, 1, LONG, &owner, &s, &s.failure));
    race_stop(NULL);
    loop_free(s.loop);
    close_dead(&dead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_address_costs_a_moment),
        cmocka_unit_test(one_that_refuses_costs_nothing),
        cmocka_unit_test(the_first_that_answers_has_no_company),
        cmocka_unit_test(when_all_are_dead_it_is_lost),
        cmocka_unit_test(what_nobody_can_begin_is_told_at_once),
        cmocka_unit_test(one_that_nobody_waits_for_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
