/* The parent's answers to a mail process that an intruder may have taken over. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "server/parent.h"
#include "system/keeper.h"
#include "system/service.h"

static char folder[] = "/tmp/candor-keeper-XXXXXX";
static char file[100], secret[100], other[100], pipe_path[100];
static struct parent parent;
static int mine; /* the mail process's end */

static void write_file(char path[100], const char *name, const char *text)
{
    (void)snprintf(path, 100, "%s/%s", folder, name);
    FILE *to = fopen(path, "we");
    assert_non_null(to);
    assert_true(fputs(text, to) >= 0);
    assert_int_equal(fclose(to), 0);
}

static int make_files(void **state)
{
    char text[1000];
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    write_file(secret, "secret", "x\n");
    write_file(other, "other", "y\n");
    (void)snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
    (void)snprintf(text, sizeof(text),
                   "hostname = \"mx.here.test\"\nlisten mx { address = \"127.0.0.1:25\" }\n"
                   "reverse-path { secret = \"%s\" }\nlogin { users = \"%s\" }\n"
                   "domain here.test { mailboxes = \"%s\" }\n",
                   secret, pipe_path, folder);
    write_file(file, "conf", text);
    return mkfifo(pipe_path, 0600);
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(file) || unlink(secret) || unlink(other) || unlink(pipe_path) || rmdir(folder);
}

static int set_up(void **state)
{
    int ends[2];
    (void)state;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    mine = ends[1];
    parent = (struct parent){.file = file, .holds.channel = ends[0], .mail = getpid()};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(mine);
    close(parent.holds.channel);
    return 0;
}

/* Says it, and has the parent answer; the first byte of its answer, *fd_r: the file with it. */
static char ask(char kind, const char *text, int *fd_r)
{
    char message[KEEPER_MESSAGE_MAX];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } room;
    struct iovec part = {message, sizeof(message)};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = room.bytes,
                       .msg_controllen = sizeof(room.bytes)};
    int len = snprintf(message, sizeof(message), "%c%s", kind, text);
    assert_int_equal(send(mine, message, (size_t)len, 0), len);
    assert_true(parent_answer(&parent));
    *fd_r = -1;
    if (recvmsg(mine, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
        return 0;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c)
        memcpy(fd_r, CMSG_DATA(c), sizeof(*fd_r));
    return message[0];
}

static void what_the_configuration_names_is_given_to_read(void **state)
{
    char text[8] = {0};
    int fd;
    (void)state;
    assert_int_equal(ask(KEEPER_OPEN, secret, &fd), KEEPER_GIVEN);
    assert_int_equal(read(fd, text, sizeof(text)), 2);
    assert_string_equal(text, "x\n");
    assert_int_equal(write(fd, "z", 1), -1);
    close(fd);
    assert_int_equal(ask(KEEPER_OPEN, file, &fd), KEEPER_GIVEN);
    close(fd);
}

static void nothing_else_is_given(void **state)
{
    static const char *const more[] = {"", "/", "/etc/shadow", "secret", "/etc/candor/candor.conf"};
    char beside[200];
    int fd;
    (void)state;
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        assert_int_equal(ask(KEEPER_OPEN, more[i], &fd), KEEPER_REFUSED);
        assert_int_equal(fd, -1);
    }
    assert_int_equal(ask(KEEPER_OPEN, other, &fd), KEEPER_REFUSED);
    (void)snprintf(beside, sizeof(beside), "%s/../%s", folder, secret + strlen("/tmp/"));
    assert_int_equal(ask(KEEPER_OPEN, beside, &fd), KEEPER_REFUSED);
    /* named, but no file */
    assert_int_equal(ask(KEEPER_OPEN, pipe_path, &fd), KEEPER_REFUSED);
    assert_int_equal(ask(KEEPER_OPEN, folder, &fd), KEEPER_REFUSED);
}

static void a_configuration_with_mistakes_names_nothing(void **state)
{
    int fd;
    (void)state;
    parent.file = other;
    assert_int_equal(ask(KEEPER_OPEN, secret, &fd), KEEPER_REFUSED);
    assert_int_equal(ask(KEEPER_OPEN, other, &fd), KEEPER_REFUSED);
}

static void its_news_are_heard(void **state)
{
    int fd;
    (void)state;
    assert_int_equal(ask(KEEPER_NOTE, "9", &fd), 0);
    assert_int_equal(ask(KEEPER_NOTE, "", &fd), 0);
    assert_int_equal(ask(KEEPER_NOTE, "00", &fd), 0);
    assert_false(parent.is_ready);
    assert_int_equal(ask(KEEPER_NOTE, "0", &fd), 0);
    assert_true(parent.is_ready);
}

static void there_is_no_change_before_it_is_ready(void **state)
{
    int fd;
    (void)state;
    assert_int_equal(ask(KEEPER_UPGRADE, "", &fd), KEEPER_REFUSED);
}

static void words_that_nobody_knows_are_passed_over(void **state)
{
    int fd;
    (void)state;
    assert_int_equal(ask('?', secret, &fd), 0);
    close(mine);
    assert_false(parent_answer(&parent));
}

/* The other end is a parent that answers once. */
static void the_mail_process_understands_the_answers(void **state)
{
    (void)state;
    assert_int_equal(keeper_open("/nowhere"), -1);
    keeper_use(mine);
    int fd = open(secret, O_RDONLY | O_CLOEXEC);
    keeper_answer(parent.holds.channel, KEEPER_GIVEN, SLICE(""), fd);
    close(fd);
    int got = keeper_open(secret);
    assert_true(got >= 0);
    close(got);
    keeper_answer(parent.holds.channel, KEEPER_REFUSED, SLICE("no"), -1);
    assert_int_equal(keeper_open(secret), -1);
    assert_int_equal(errno, EACCES);
    char storage[20];
    struct buf why;
    buf_init_fixed(&why, storage, sizeof(storage));
    keeper_answer(parent.holds.channel, KEEPER_DONE, SLICE(""), -1);
    assert_true(keeper_upgrade(&why));
    keeper_answer(parent.holds.channel, KEEPER_REFUSED, SLICE("not now"), -1);
    assert_false(keeper_upgrade(&why));
    assert_slice(buf_slice(&why), "not now");
    keeper_use(-1);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(what_the_configuration_names_is_given_to_read),
        WITH(nothing_else_is_given),
        WITH(a_configuration_with_mistakes_names_nothing),
        WITH(its_news_are_heard),
        WITH(there_is_no_change_before_it_is_ready),
        WITH(words_that_nobody_knows_are_passed_over),
        WITH(the_mail_process_understands_the_answers),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
