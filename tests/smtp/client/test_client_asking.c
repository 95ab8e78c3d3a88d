#include "player.h"

static struct recipient one_list[] = {{.address = SLICE_INIT("a@example.net")}};
static struct recipient three_list[] = {{.address = SLICE_INIT("a@example.net")},
                                        {.address = SLICE_INIT("b@example.net")},
                                        {.address = SLICE_INIT("c@example.net")}};
static const struct envelope one = {
    .sender = SLICE_INIT("s@example.org"), .recipients = one_list, .count = 1};
static const struct envelope three = {
    .sender = SLICE_INIT(""), .recipients = three_list, .count = 3};

static const struct script scripts[] = {
    {"whether it would be taken",
     &three,
     1,
     WAY_ASKING,
     NULL,
     {{"220 mx\r\n", "EHLO me.example.org\r\n", "said connect 220\n"},
      {"250 mx\r\n", "MAIL FROM:<>\r\n", "said ehlo 250\nready\n"},
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", "said mail 250\n"},
      {"250 ok\r\n", "RCPT TO:<b@example.net>\r\n", "said rcpt 250\nreply 0 rcpt 250\n"},
      {"550 no\r\n", "RCPT TO:<c@example.net>\r\n", "said rcpt 550\nreply 1 rcpt 550\n"},
      {"250 ok\r\n", "RSET\r\n", "said rcpt 250\nreply 2 rcpt 250\ndone\n"},
      {"250 ok\r\n", "QUIT\r\n", "said  250\nready\n"},
      {"221 bye\r\n", "", "said  221\nclose  0\n"}}},
    {"whether it would be taken, in one go",
     &one,
     1,
     WAY_ASKING,
     NULL,
     {{"220 mx\r\n", "EHLO me.example.org\r\n", "said connect 220\n"},
      {"250-mx\r\n250 PIPELINING\r\n", "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\n",
       "said ehlo 250\nready\n"},
      {"550 not you\r\n503 no\r\n", "RSET\r\n",
       "said mail 550\nreply all mail 550\nsaid rcpt 503\ndone\n"},
      {"250 ok\r\n", "QUIT\r\n", "said  250\nready\n"},
      {"221 bye\r\n", "", "said  221\nclose  0\n"}}},
};

static void asks_without_sending_anything(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
        struct player p;
        player_start(&p, &scripts[i]);
        for (const struct turn *t = scripts[i].turns; t->server; t++) {
            player_feed(&p, slice_str(t->server));
            player_expect(&p, t);
        }
        assert_true(p.is_closed);
        player_end(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asks_without_sending_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
