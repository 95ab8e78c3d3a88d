/* Messages between our processes, with open files beside them. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "system/pass.h"

static int ends[2];

static int set_up(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int tear_down(void **state)
{
    (void)state;
    return close(ends[0]) | close(ends[1]);
}

/* The lowest number that is free: the same before and after where nothing was left open. */
static int lowest_free(void)
{
    int fd = dup(ends[0]);
    close(fd);
    return fd;
}

static long receive_one(int *fd_r)
{
    char text[16];
    long got = pass_receive_one(ends[1], text, sizeof(text), fd_r, MSG_DONTWAIT);
    if (got > 0)
        assert_memory_equal(text, "text", 4);
    return got;
}

static void one_file_comes_with_its_text(void **state)
{
    int fd;
    (void)state;
    assert_true(pass_send(ends[0], SLICE("text"), ends, 1, 0));
    assert_int_equal(receive_one(&fd), 4);
    assert_true(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
    close(fd);
    assert_true(pass_send(ends[0], SLICE("text"), NULL, 0, 0));
    assert_int_equal(receive_one(&fd), 4);
    assert_int_equal(fd, -1);
}

static void no_second_file_stays_open(void **state)
{
    int fd, before = lowest_free();
    (void)state;
    assert_true(pass_send(ends[0], SLICE("text"), ends, 2, 0));
    assert_int_equal(receive_one(&fd), 4);
    assert_int_equal(fd, before);
    close(fd);
    assert_int_equal(lowest_free(), before);
}

static void an_end_that_is_closed_is_seen(void **state)
{
    int fd;
    (void)state;
    assert_int_equal(receive_one(&fd), -1);
    assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
    assert_int_equal(receive_one(&fd), 0);
    assert_int_equal(fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_file_comes_with_its_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_second_file_stays_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_end_that_is_closed_is_seen, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
