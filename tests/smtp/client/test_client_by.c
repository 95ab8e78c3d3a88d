/* DELIVERBY (RFC 2852): the time goes on to who offers it, and the message to nobody else if it is
 * to come back when it is late. */
#include "player.h"

static struct recipient list[] = {{.address = SLICE_INIT("a@one.example")}};
static const struct envelope comes_back = {.sender = SLICE_INIT("s@example.org"),
                                           .recipients = list,
                                           .count = 1,
                                           .by_mode = BY_RETURN,
                                           .by_trace = true};
static const struct envelope is_told = {
    .sender = SLICE_INIT("s@example.org"), .recipients = list, .count = 1, .by_mode = BY_NOTIFY};

/* The player has PLAYER_BY_LEFT seconds left. */
static const struct script scripts[] = {
    {"what is left of the time goes on",
     &comes_back,
     1,
     WAY_SMTP,
     "x",
     {GREETING,
      {"250-mx\r\n250 DELIVERBY 90\r\n", "MAIL FROM:<s@example.org> BY=90;RT\r\n", "ready\n"},
      {"250 ok\r\n", "RCPT TO:<a@one.example>\r\n", ""}}},
    {"who needs more than that gets nothing",
     &comes_back,
     1,
     WAY_SMTP,
     "x",
     {GREETING,
      {"250-mx\r\n250 DELIVERBY 91,x\r\n", "QUIT\r\n", "ready\nreply all mail 554\ndone\nready\n"},
      BYE}},
    {"nor does who knows nothing of it",
     &comes_back,
     1,
     WAY_SMTP,
     "x",
     {GREETING, {"250 mx\r\n", "QUIT\r\n", "ready\nreply all mail 554\ndone\nready\n"}, BYE}},
    {"who is only told may be late",
     &is_told,
     1,
     WAY_SMTP,
     "x",
     {GREETING,
      {"250-mx\r\n250 DELIVERBY 1000\r\n", "MAIL FROM:<s@example.org> BY=90;N\r\n", "ready\n"}}},
    {"and his mail goes to all",
     &is_told,
     1,
     WAY_SMTP,
     "x",
     {GREETING, {"250 mx\r\n", "MAIL FROM:<s@example.org>\r\n", "ready\n"}}},
    {"LMTP is the last step",
     &comes_back,
     1,
     WAY_LMTP,
     "x",
     {{"220 mx\r\n", "LHLO me.example.org\r\n", ""},
      {"250 mx\r\n", "MAIL FROM:<s@example.org>\r\n", "ready\n"}}},
};

static void plays_every_script(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        player_play(&scripts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plays_every_script)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
