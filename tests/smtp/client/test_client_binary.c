/* Binary content (RFC 3030): in one chunk, to who takes it as it is. */
#include "player.h"

static struct recipient two_list[] = {{.address = SLICE_INIT("a@one.example")},
                                      {.address = SLICE_INIT("b@two.example")}};
static const struct envelope binary = {.sender = SLICE_INIT("s@example.org"),
                                       .recipients = two_list,
                                       .count = 2,
                                       .body = BODY_BINARYMIME};

static const struct script scripts[] = {
    {"binary content goes in one chunk, when it is known that somebody gets it",
     &binary,
     1,
     WAY_SMTP,
     "a\n.\r\n\r",
     {GREETING,
      {"250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 BINARYMIME\r\n",
       "MAIL FROM:<s@example.org> BODY=BINARYMIME\r\nRCPT TO:<a@one.example>\r\nRCPT "
       "TO:<b@two.example>\r\n",
       "ready\n"},
      {"250 ok\r\n550 5.1.1 no\r\n", "", "reply 0 rcpt 550\n"},
      {"250 ok\r\n", "BDAT 6 LAST\r\na\n.\r\n\r", "body\n"},
      {"250 taken\r\n", "QUIT\r\n", "reply all end-of-data 250\ndone\nready\n"},
      BYE}},
    {"nor is a chunk sent that nobody gets",
     &binary,
     1,
     WAY_SMTP,
     "x",
     {GREETING,
      {"250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 BINARYMIME\r\n",
       "MAIL FROM:<s@example.org> BODY=BINARYMIME\r\nRCPT TO:<a@one.example>\r\nRCPT "
       "TO:<b@two.example>\r\n",
       "ready\n"},
      {"250 ok\r\n550 5.1.1 no\r\n550 5.1.1 no\r\n", "RSET\r\n",
       "reply 0 rcpt 550\nreply 1 rcpt 550\ndone\n"},
      {"250 ok\r\n", "QUIT\r\n", "ready\n"},
      BYE}},
    {"binary content for who takes chunks alone",
     &binary,
     1,
     WAY_SMTP,
     "x",
     {GREETING,
      {"250-mx\r\n250 CHUNKING\r\n", "QUIT\r\n", "ready\nreply all mail 554\ndone\nready\n"},
      BYE}},
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
