#include "system/service.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"
#include "check.h"

static int manager = -1;
static char path[64];

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(path, sizeof(path), "/tmp/candor-notify-%d", (int)getpid());
    memcpy(at.sun_path, path, sizeof(path));
    unlink(path);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    return manager < 0 || bind(manager, (struct sockaddr *)&at, sizeof(at)) != 0 ||
           setenv("NOTIFY_SOCKET", path, 1) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(manager);
    unlink(path);
    return unsetenv("NOTIFY_SOCKET") || unsetenv("WATCHDOG_USEC");
}

static void expect(const char *want)
{
    char got[200] = {0};
    assert_true(recv(manager, got, sizeof(got) - 1, 0) > 0);
    assert_true(slice_starts(slice_str(got), slice_str(want)));
}

static void says_each_state_in_the_manager_s_words(void **state)
{
    (void)state;
    service_tell(SERVICE_READY);
    expect("READY=1");
    service_tell(SERVICE_RELOADING);
    expect("RELOADING=1\nMONOTONIC_USEC=");
    service_tell(SERVICE_ALIVE);
    expect("WATCHDOG=1");
    service_tell(SERVICE_STOPPING);
    expect("STOPPING=1");
}

static void is_watched_only_when_asked(void **state)
{
    (void)state;
    assert_int_equal(service_watchdog(), 0);
    setenv("WATCHDOG_USEC", "3000000", 1);
    assert_int_equal(service_watchdog(), 3000);
}

static void without_a_manager_nothing_happens(void **state)
{
    char byte;
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    service_tell(SERVICE_READY);
    assert_int_equal(recv(manager, &byte, 1, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_each_state_in_the_manager_s_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_watched_only_when_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_manager_nothing_happens, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
