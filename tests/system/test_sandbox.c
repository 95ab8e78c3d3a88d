/* Each test goes into the sandbox in a process of its own, since there is no way out. */
#include "system/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "system/privileges.h"

static char inside[] = "/tmp/candor-sandbox-XXXXXX";
static char looked_at[] = "/tmp/candor-sandbox-XXXXXX";
static char outside[] = "/tmp/candor-sandbox-XXXXXX";

static int make_folders(void **state)
{
    (void)state;
    return !mkdtemp(inside) || !mkdtemp(looked_at) || !mkdtemp(outside);
}

static const char *in(const char *folder, const char *name)
{
    static char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    touch(in(looked_at, "file"));
    touch(in(outside, "file"));
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"file", "second", "new/file", "link"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        unlink(in(inside, names[i]));
        unlink(in(looked_at, names[i]));
        unlink(in(outside, names[i]));
    }
    rmdir(in(inside, "new"));
    return 0;
}

static int remove_folders(void **state)
{
    (void)state;
    return rmdir(inside) || rmdir(looked_at) || rmdir(outside);
}

static unsigned left_out_count;

static void left_out(void *ctx, const struct sandbox_place *place, const char *why)
{
    (void)ctx;
    left_out_count += strcmp(place->path, "/nowhere/at/all") == 0 && strlen(why) > 0;
}

/* True when all of it could be had. */
static bool enter(uint16_t port)
{
    const struct sandbox_place places[] = {
        {inside, true}, {looked_at, false}, {"/nowhere/at/all", true}};
    const struct sandbox_options o = {.places = places,
                                      .count = sizeof(places) / sizeof(places[0]),
                                      .port = port,
                                      .left_out = left_out};
    const char *why;
    return privileges_harden(&why) && sandbox_enter_files(&o, &why) && sandbox_enter_calls(&why);
}

/* Runs `body` in a process that is in the sandbox: it returns the number of the line where
 * something was not as it should be, or 0. */
static void run_inside(uint16_t port, int (*body)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(enter(port) ? body() : 255);
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define WANT(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ - first_line;                                                          \
    } while (0)

static bool opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int use_files(void)
{
    const int first_line = __LINE__;
    WANT(opens(in(inside, "file"), O_RDWR | O_CREAT | O_TRUNC));
    WANT(mkdir(in(inside, "new"), 0700) == 0);
    char from[200];
    (void)snprintf(from, sizeof(from), "%s/file", inside);
    WANT(rename(from, in(inside, "new/file")) == 0);
    WANT(unlink(in(inside, "new/file")) == 0);
    WANT(opens(in(looked_at, "file"), O_RDONLY));
    WANT(opens("/etc/resolv.conf", O_RDONLY));
    WANT(opens("/dev/null", O_WRONLY));
    return 0;
}

static void what_is_named_can_be_used(void **state)
{
    (void)state;
    run_inside(0, use_files);
}

static int try_other_files(void)
{
    const int first_line = __LINE__;
    WANT(left_out_count == 1);
    WANT(!opens(in(looked_at, "file"), O_RDWR) && errno == EACCES);
    WANT(!opens(in(looked_at, "second"), O_RDWR | O_CREAT) && errno == EACCES);
    WANT(unlink(in(looked_at, "file")) != 0 && errno == EACCES);
    WANT(!opens(in(outside, "file"), O_RDONLY) && errno == EACCES);
    WANT(!opens(in(outside, "second"), O_RDWR | O_CREAT) && errno == EACCES);
    WANT(!opens("/etc/passwd", O_RDONLY) && errno == EACCES);
    WANT(!opens("/", O_RDONLY | O_DIRECTORY) && errno == EACCES);
    WANT(symlink("/etc/passwd", in(inside, "link")) != 0);
    return 0;
}

static void nothing_else_can_be_opened(void **state)
{
    (void)state;
    run_inside(0, try_other_files);
}

static int try_calls(void)
{
    const int first_line = __LINE__;
    static char program[] = "/bin/true";
    char *const words[] = {program, NULL};
    execve(words[0], words, words + 1);
    WANT(errno == ENOSYS);
    /* libc's own would ask each thread, also one of a sanitizer's that was there before */
    WANT(syscall(SYS_setuid, getuid()) != 0 && errno == ENOSYS);
    WANT(chroot("/") != 0 && errno == ENOSYS);
    WANT(unshare(CLONE_NEWUSER) != 0 && errno == ENOSYS);
    WANT(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == ENOSYS);
    WANT(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == ENOSYS);
    WANT(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
         MAP_FAILED);
    WANT(errno == ENOSYS);
    return 0;
}

static void calls_that_intruders_need_do_not_exist(void **state)
{
    (void)state;
    run_inside(0, try_calls);
}

static void *do_nothing(void *ctx)
{
    return ctx;
}

static int use_calls(void)
{
    const int first_line = __LINE__;
    pthread_t thread;
    WANT(pthread_create(&thread, NULL, do_nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    WANT(fd >= 0);
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    WANT(memory != MAP_FAILED && mprotect(memory, 4096, PROT_READ) == 0);
    return 0;
}

static void threads_sockets_and_memory_are_there(void **state)
{
    (void)state;
    run_inside(0, use_calls);
}

static int bind_to(uint16_t port)
{
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    int result = bind(fd, (const struct sockaddr *)&at, sizeof(at));
    int error = result == 0 ? 0 : errno;
    close(fd);
    return error;
}

enum { PORT = 18025, OTHER_PORT = 18026 };

static int try_ports(void)
{
    const int first_line = __LINE__;
    WANT(bind_to(PORT) != EACCES);
    WANT(bind_to(OTHER_PORT) == EACCES);
    return 0;
}

static void only_the_port_named_can_be_listened_at(void **state)
{
    (void)state;
    run_inside(PORT, try_ports);
}

static void the_kernel_says_what_it_has(void **state)
{
    (void)state;
    assert_true(sandbox_landlock_version() >= 2);
    assert_true(sandbox_has_filters());
}

int main(void)
{
#define INSIDE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_says_what_it_has),
        INSIDE(what_is_named_can_be_used),
        INSIDE(nothing_else_can_be_opened),
        INSIDE(calls_that_intruders_need_do_not_exist),
        INSIDE(threads_sockets_and_memory_are_there),
        INSIDE(only_the_port_named_can_be_listened_at),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
