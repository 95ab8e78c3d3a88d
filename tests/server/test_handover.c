/* What a process takes out of its environment. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "server/handover.h"

static int a_socket;

static int set_up(void **state)
{
    (void)state;
    a_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return a_socket > 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return close(a_socket);
}

/* `#`: a socket that there is. */
static bool receive(const char *text, struct handover *h_r)
{
    char room[200], *at = room, reason[200];
    struct buf why;
    for (; *text; text++)
        at += snprintf(at, 12, *text == '#' ? "%d" : "%c", *text == '#' ? a_socket : *text);
    *at = '\0';
    assert_int_equal(setenv("CANDOR_HANDOVER", room, 1), 0);
    buf_init_fixed(&why, reason, sizeof(reason));
    bool good = handover_receive(h_r, &why);
    assert_true(good == (why.len == 0));
    return good;
}

static void what_a_parent_left_is_taken(void **state)
{
    struct handover h;
    (void)state;
    assert_true(receive("parent 7 # 0 0 # #", &h));
    assert_int_equal(h.role, HANDOVER_PARENT);
    assert_int_equal(h.mail, 7);
    assert_int_equal(h.channel, a_socket);
    assert_int_equal(h.orders, 0);
    assert_int_equal(h.count, 2);
    assert_int_equal(h.sockets[1], a_socket);
    assert_null(getenv("CANDOR_HANDOVER"));
    free(h.sockets);
    char name[16];
    assert_int_equal(prctl(PR_GET_NAME, name, 0, 0, 0), 0);
    assert_string_equal(name, "candor");
}

static void there_is_room_for_sockets_between_any_white_space(void **state)
{
    struct handover h;
    (void)state;
    assert_true(receive("parent 0 0 0 0\t#\t#\t#\t#\t#\t#\t#\t#\t#", &h));
    assert_int_equal(h.count, 9);
    assert_int_equal(h.sockets[8], a_socket);
    free(h.sockets);
}

static void all_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "parent",
        "parent 1 0 0",
        "somebody 1 0 0 0",
        "mail 1 0 0 0",           /* without a channel */
        "mail 1 # 0 0",           /* of another parent */
        "mailboxes 1 # 0 #",      /* without orders */
        "parent 0 0 0 0 0",       /* no socket */
        "parent 0 4294967296 0 0" /* no number */
    };
    struct handover h;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (receive(texts[i], &h))
            fail_msg("taken: %s", texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_parent_left_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_is_room_for_sockets_between_any_white_space, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(all_else_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
