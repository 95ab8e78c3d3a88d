#include "player.h"

static struct recipient one_list[] = {{.address = SLICE_INIT("a@example.net")}};
static struct recipient three_list[] = {{.address = SLICE_INIT("a@example.net")},
                                        {.address = SLICE_INIT("b@example.net"),
                                         .notify = NOTIFY_SUCCESS | NOTIFY_FAILURE,
                                         .original = SLICE_INIT("rfc822;b+2B@example.net")},
                                        {.address = SLICE_INIT("c@example.net")}};
static struct recipient bad_list[] = {{.address = SLICE_INIT("a@example.net>\r\nRSET\r\nX:<b@c.d")},
                                      {.address = SLICE_INIT("b@example.net")}};
static const struct envelope one = {
    .sender = SLICE_INIT("s@example.org"), .recipients = one_list, .count = 1, .size = 100};
static const struct envelope three = {.sender = SLICE_INIT(""),
                                      .recipients = three_list,
                                      .count = 3,
                                      .size = 976,
                                      .body = BODY_8BITMIME,
                                      .envid = SLICE_INIT("id+2B7"),
                                      .return_type = RETURN_HEADERS};
static const struct envelope urgent = {
    .sender = SLICE_INIT("s@example.org"), .recipients = one_list, .count = 1, .priority = -4};
static struct recipient domains_list[] = {{.address = SLICE_INIT("a@one.example")},
                                          {.address = SLICE_INIT("b@two.example")},
                                          {.address = SLICE_INIT("c@three.example")},
                                          {.address = SLICE_INIT("d@ONE.example")},
                                          {.address = SLICE_INIT("e@three.example")}};
static const struct envelope domains = {
    .sender = SLICE_INIT("s@example.org"), .recipients = domains_list, .count = 5};
static const struct envelope partly_bad = {
    .sender = SLICE_INIT("s@example.org"), .recipients = bad_list, .count = 2};
static struct recipient more_list[] = {{.address = SLICE_INIT("a@example.net> NOTIFY=<NEVER")}};
static const struct envelope all_bad = {
    .sender = SLICE_INIT("s@example.org"), .recipients = more_list, .count = 1};
static const struct envelope bad_sender = {
    .sender = SLICE_INIT("s@example.org\nx"), .recipients = one_list, .count = 1};
static const struct envelope secret = {.sender = SLICE_INIT("s@example.org"),
                                       .recipients = one_list,
                                       .count = 1,
                                       .requires_tls = true};
static const struct envelope utf8 = {
    .sender = SLICE_INIT("s@example.org"), .recipients = one_list, .count = 1, .smtputf8 = true};

#define GREETING                                                                                   \
    {                                                                                              \
        "220 mx\r\n", "EHLO me.example.org\r\n", ""                                                \
    }
#define PLAIN                                                                                      \
    {                                                                                              \
        "250 mx\r\n", "MAIL FROM:<s@example.org>\r\n", "ready\n"                                   \
    }
#define BYE                                                                                        \
    {                                                                                              \
        "221 bye\r\n", "", "close  0\n"                                                            \
    }

static const struct script scripts[] = {
    {"one after the other",
     &one,
     1,
     WAY_SMTP,
     "Hi\r\n",
     {GREETING,
      PLAIN,
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", ""},
      {"250 ok\r\n", "DATA\r\n", ""},
      {"354 go\r\n", "Hi\r\n.\r\n", "body\n"},
      {"250 2.0.0 queued\r\n", "QUIT\r\n", "reply all end-of-data 250\ndone\nready\n"},
      BYE}},
    {"three messages on one connection",
     &one,
     3,
     WAY_SMTP,
     "Hi",
     {GREETING,
      {"250-mx\r\n250 PIPELINING\r\n",
       "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n", "ready\n"},
      {"250 ok\r\n250 ok\r\n354 go\r\n", "Hi\r\n.\r\n", "body\n"},
      {"250 1\r\n", "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n",
       "reply all end-of-data 250\ndone\nready\n"},
      {"250 ok\r\n250 ok\r\n354 go\r\n", "Hi\r\n.\r\n", "body\n"},
      {"452 2\r\n", "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n",
       "reply all end-of-data 452\ndone\nready\n"},
      {"250 ok\r\n250 ok\r\n354 go\r\n", "Hi\r\n.\r\n", "body\n"},
      {"250 3\r\n", "QUIT\r\n", "reply all end-of-data 250\ndone\nready\n"},
      BYE}},
    {"all that can be offered, part of the recipients",
     &three,
     1,
     WAY_SMTP,
     "..\r\n",
     {GREETING,
      {"250-mx\r\n250-pipelining\r\n250-SIZE 5000\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n",
       "MAIL FROM:<> SIZE=2000 BODY=8BITMIME RET=HDRS ENVID=id+2B7\r\n"
       "RCPT TO:<a@example.net>\r\n"
       "RCPT TO:<b@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2B@example.net\r\n"
       "RCPT TO:<c@example.net>\r\nDATA\r\n",
       "ready\n"},
      {"250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such\r\n250 ok\r\n452 full\r\n354 go\r\n",
       "...\r\n.\r\n", "reply 0 rcpt 550\nreply 2 rcpt 452\nbody\n"},
      {"250 2.0.0 queued\r\n", "QUIT\r\n", "reply all end-of-data 250\ndone\nready\n"},
      BYE}},
    {"how urgent it is goes to who wants to know",
     &urgent,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250-mx\r\n250 MT-PRIORITY STANAG4406\r\n", "MAIL FROM:<s@example.org> MT-PRIORITY=-4\r\n",
       "ready\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"and to nobody else",
     &urgent,
     1,
     WAY_SMTP,
     "",
     {GREETING, PLAIN, {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"no more recipients at once than the peer says (RFC 9422)",
     &three,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250-mx\r\n250 LIMITS UNKNOWN=1 RCPTMAX=2 MAILMAX=x\r\n", "MAIL FROM:<>\r\n",
       "ready\nreply 2 mail 452\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"nor of more domains",
     &domains,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250-mx\r\n250 LIMITS rcptdomainmax=2\r\n", "MAIL FROM:<s@example.org>\r\n",
       "ready\nreply 2 mail 452\nreply 4 mail 452\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"TLS where it is offered",
     &one,
     1,
     WAY_TLS_MAY,
     "",
     {GREETING,
      {"250-mx\r\n250-SIZE 7\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 STARTTLS\r\n", "MAIL FROM:<s@example.org>\r\n", "ready\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"no TLS where it is refused, as far as that may be",
     &one,
     1,
     WAY_TLS_MAY,
     "",
     {GREETING,
      {"250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"454 4.7.0 not now\r\n", "MAIL FROM:<s@example.org>\r\n", "ready\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"nothing in the clear where TLS has to be, refused",
     &one,
     1,
     WAY_TLS_MUST,
     "",
     {GREETING,
      {"250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"454 4.7.0 not now\r\n", "QUIT\r\n", "close starttls 454\n"}}},
    {"nothing in the clear where TLS has to be, not offered",
     &one,
     1,
     WAY_TLS_MUST,
     "",
     {GREETING,
      {"250 mx\r\n", "",
       "close starttls 0 TLS is required, but the other side does not offer it\n"}}},
    {"what may only go on encrypted goes to who keeps it so",
     &secret,
     1,
     WAY_TLS_MUST,
     "",
     {GREETING,
      {"250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 REQUIRETLS\r\n", "MAIL FROM:<s@example.org> REQUIRETLS\r\n", "ready\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"what may only go on encrypted goes to nobody else",
     &secret,
     1,
     WAY_TLS_MUST,
     "",
     {GREETING,
      {"250-mx\r\n250-REQUIRETLS\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250 mx\r\n", "QUIT\r\n", "ready\nreply all mail 550\ndone\nready\n"},
      BYE}},
    {"a login by PLAIN, once TLS is there",
     &one,
     1,
     WAY_LOGIN,
     "",
     {GREETING,
      {"250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 AUTH CRAM-MD5 login PLAIN\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ""},
      {"235 2.7.0 ok\r\n", "MAIL FROM:<s@example.org>\r\n", "ready\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"a login by LOGIN, where there is no other",
     &one,
     1,
     WAY_LOGIN,
     "",
     {GREETING,
      {"250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 AUTH LOGIN\r\n", "AUTH LOGIN\r\n", ""},
      {"334 VXNlcm5hbWU6\r\n", "bWU=\r\n", ""},
      {"334 UGFzc3dvcmQ6\r\n", "c2VjcmV0\r\n", ""},
      {"235 2.7.0 ok\r\n", "MAIL FROM:<s@example.org>\r\n", "ready\n"},
      {"421 no\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"a login that is refused",
     &one,
     1,
     WAY_LOGIN,
     "",
     {GREETING,
      {"250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 AUTH PLAIN\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ""},
      {"535 5.7.8 wrong\r\n", "QUIT\r\n", "close auth 535\n"}}},
    {"a login that asks for more than there is",
     &one,
     1,
     WAY_LOGIN,
     "",
     {GREETING,
      {"250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 AUTH PLAIN\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ""},
      {"334 more\r\n", "",
       "close auth 0 the other side answered with a code that does not fit there\n"}}},
    {"a login that is not offered",
     &one,
     1,
     WAY_LOGIN,
     "",
     {GREETING,
      {"250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 AUTH CRAM-MD5\r\n", "",
       "close auth 0 the other side offers no login by SCRAM-SHA-256, PLAIN or LOGIN\n"}}},
    {"a server that lets us in, but proves nothing",
     &one,
     1,
     WAY_LOGIN,
     "",
     {GREETING,
      {"250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n", ""},
      {"220 go\r\n", "EHLO me.example.org\r\n", "secure\n"},
      {"250-mx\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n",
       "AUTH SCRAM-SHA-256 biwsbj1tZSxyPUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ==\r\n", ""},
      {"235 2.7.0 ok\r\n", "",
       "close auth 0 the other side let us in, but did not prove that it knows the password (RFC "
       "5802 3)\n"}}},
    {"no password in the clear",
     &one,
     1,
     WAY_LOGIN_CLEAR,
     "",
     {GREETING,
      {"250-mx\r\n250 AUTH PLAIN\r\n", "",
       "close auth 0 a login is sent in an encrypted connection only\n"}}},
    {"HELO when EHLO is not known",
     &three,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"502 what?\r\n", "HELO me.example.org\r\n", ""},
      {"250-mx\r\n250 PIPELINING\r\n", "MAIL FROM:<>\r\n", "ready\n"},
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", ""},
      {"550 no\r\n", "RCPT TO:<b@example.net>\r\n", "reply 0 rcpt 550\n"},
      {"251 will forward\r\n", "RCPT TO:<c@example.net>\r\n", ""},
      {"450 later\r\n", "DATA\r\n", "reply 2 rcpt 450\n"},
      {"354 go\r\n", ".\r\n", "body\n"},
      {"554 no\r\n", "QUIT\r\n", "reply all end-of-data 554\ndone\nready\n"},
      BYE}},
    {"MAIL refused",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      PLAIN,
      {"550 no\r\n", "RSET\r\n", "reply all mail 550\ndone\n"},
      {"250 ok\r\n", "QUIT\r\n", "ready\n"},
      BYE}},
    {"MAIL refused, pipelined",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250-mx\r\n250 PIPELINING\r\n",
       "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n", "ready\n"},
      {"451 later\r\n503 no\r\n503 no\r\n", "RSET\r\n", "reply all mail 451\ndone\n"},
      {"250 ok\r\n", "QUIT\r\n", "ready\n"},
      BYE}},
    {"all recipients refused",
     &three,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250 mx\r\n", "MAIL FROM:<>\r\n", "ready\n"},
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", ""},
      {"550 no\r\n", "RCPT TO:<b@example.net>\r\n", "reply 0 rcpt 550\n"},
      {"551 no\r\n", "RCPT TO:<c@example.net>\r\n", "reply 1 rcpt 551\n"},
      {"552 no\r\n", "RSET\r\n", "reply 2 rcpt 552\ndone\n"},
      {"250 ok\r\n", "QUIT\r\n", "ready\n"},
      BYE}},
    {"all recipients refused and yet 354",
     &one,
     1,
     WAY_SMTP,
     "never seen",
     {GREETING,
      {"250-mx\r\n250 PIPELINING\r\n",
       "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n", "ready\n"},
      {"250 ok\r\n550 no\r\n354 go\r\n", ".\r\n", "reply 0 rcpt 550\n"},
      {"250 took nothing\r\n", "RSET\r\n", "done\n"},
      {"250 ok\r\n", "QUIT\r\n", "ready\n"},
      BYE}},
    {"MAIL refused and yet all the rest taken",
     &one,
     1,
     WAY_SMTP,
     "never seen",
     {GREETING,
      {"250-mx\r\n250 PIPELINING\r\n",
       "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n", "ready\n"},
      {"550 no\r\n250 ok\r\n354 go\r\n", "",
       "reply all mail 550\ndone\n"
       "close data 0 the other side answered with a code that does not fit there\n"}}},
    {"DATA refused",
     &three,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250-mx\r\n250 PIPELINING\r\n",
       "MAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<b@example.net>\r\n"
       "RCPT TO:<c@example.net>\r\nDATA\r\n",
       "ready\n"},
      {"250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n451 later\r\n", "RSET\r\n",
       "reply 1 rcpt 550\nreply all data 451\ndone\n"},
      {"250 ok\r\n", "QUIT\r\n", "ready\n"},
      BYE}},
    {"2yz where 354 is due",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      PLAIN,
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", ""},
      {"250 ok\r\n", "DATA\r\n", ""},
      {"250 ok\r\n", "",
       "reply all data 0 the other side answered with a code that does not fit there\ndone\n"
       "close data 0 the other side answered with a code that does not fit there\n"}}},
    {"3yz to MAIL",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      PLAIN,
      {"354 go\r\n", "",
       "reply all mail 0 the other side answered with a code that does not fit there\ndone\n"
       "close mail 0 the other side answered with a code that does not fit there\n"}}},
    {"LMTP",
     &three,
     1,
     WAY_LMTP,
     "Hi\r\n",
     {{"220 mx\r\n", "LHLO me.example.org\r\n", ""},
      {"250-mx\r\n250 PIPELINING\r\n",
       "MAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<b@example.net>\r\n"
       "RCPT TO:<c@example.net>\r\nDATA\r\n",
       "ready\n"},
      {"250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n", "Hi\r\n.\r\n",
       "reply 1 rcpt 550\nbody\n"},
      {"250 a\r\n452 c\r\n", "QUIT\r\n",
       "reply 0 end-of-data 250\nreply 2 end-of-data 452\ndone\nready\n"},
      BYE}},
    {"LMTP: no HELO",
     &one,
     1,
     WAY_LMTP,
     "",
     {{"220 mx\r\n", "LHLO me.example.org\r\n", ""},
      {"500 no\r\n", "QUIT\r\n", "close ehlo 500\n"}}},
    {"greeting refused", &one, 1, false, "", {{"554 no\r\n", "QUIT\r\n", "close connect 554\n"}}},
    {"greeting 421", &one, 1, false, "", {{"421 full\r\n", "", "close connect 421\n"}}},
    {"EHLO 4yz", &one, 1, false, "", {GREETING, {"450 no\r\n", "QUIT\r\n", "close ehlo 450\n"}}},
    {"HELO refused",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"550 no\r\n", "HELO me.example.org\r\n", ""},
      {"550 no\r\n", "QUIT\r\n", "close ehlo 550\n"}}},
    {"421 to MAIL",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING, PLAIN, {"421 bye\r\n", "", "reply all mail 421\ndone\nclose mail 421\n"}}},
    {"421 to the second RCPT",
     &three,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250 mx\r\n", "MAIL FROM:<>\r\n", "ready\n"},
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", ""},
      {"250 ok\r\n", "RCPT TO:<b@example.net>\r\n", ""},
      {"421 bye\r\n", "", "reply all rcpt 421\ndone\nclose rcpt 421\n"}}},
    {"421 to DATA",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      PLAIN,
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", ""},
      {"250 ok\r\n", "DATA\r\n", ""},
      {"421 bye\r\n", "", "reply all data 421\ndone\nclose data 421\n"}}},
    {"421 to the content",
     &one,
     1,
     WAY_SMTP,
     "Hi\r\n",
     {GREETING,
      PLAIN,
      {"250 ok\r\n", "RCPT TO:<a@example.net>\r\n", ""},
      {"250 ok\r\n", "DATA\r\n", ""},
      {"354 go\r\n", "Hi\r\n.\r\n", "body\n"},
      {"421 bye\r\n", "", "reply all end-of-data 421\ndone\nclose end-of-data 421\n"}}},
    {"421 to RSET",
     &one,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      PLAIN,
      {"550 no\r\n", "RSET\r\n", "reply all mail 550\ndone\n"},
      {"421 bye\r\n", "", "close  421\n"}}},
    {"not SMTP",
     &one,
     1,
     WAY_SMTP,
     "",
     {{"SSH-2.0-x\r\n", "", "close connect 0 the other side does not speak SMTP\n"}}},
    {"an address that would write commands",
     &partly_bad,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250 mx\r\n", "MAIL FROM:<s@example.org>\r\n",
       "ready\nreply 0 mail 0 the address can't be sent: it is not valid\n"},
      {"250 ok\r\n", "RCPT TO:<b@example.net>\r\n", ""},
      {"550 ok\r\n", "RSET\r\n", "reply 1 rcpt 550\ndone\n"}}},
    {"an address that would write a parameter",
     &all_bad,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250 mx\r\n", "QUIT\r\n",
       "ready\nreply 0 mail 0 the address can't be sent: it is not valid\ndone\nready\n"},
      BYE}},
    {"a sender that would write commands",
     &bad_sender,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250 mx\r\n", "QUIT\r\n",
       "ready\nreply all mail 0 the sender's address can't be sent: it is not "
       "valid\ndone\nready\n"},
      BYE}},
    {"SMTPUTF8 not offered",
     &utf8,
     1,
     WAY_SMTP,
     "",
     {GREETING, {"250 mx\r\n", "QUIT\r\n", "ready\nreply all mail 553\ndone\nready\n"}, BYE}},
    {"SMTPUTF8 offered",
     &utf8,
     1,
     WAY_SMTP,
     "",
     {GREETING,
      {"250-mx\r\n250 SMTPUTF8\r\n", "MAIL FROM:<s@example.org> SMTPUTF8\r\n", "ready\n"}}},
};

enum { SCRIPTS = sizeof(scripts) / sizeof(scripts[0]) };

static void play_split(const struct script *s, size_t split)
{
    struct player p;
    player_start(&p, s);
    for (const struct turn *t = s->turns; t->server; t++) {
        struct slice in = slice_str(t->server);
        player_feed(&p, slice_head(in, split));
        player_feed(&p, slice_from(in, split));
        player_expect(&p, t);
    }
    player_end(&p);
}

static void plays_every_script_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++) {
        size_t longest = 0;
        for (const struct turn *t = scripts[i].turns; t->server; t++)
            longest = strlen(t->server) > longest ? strlen(t->server) : longest;
        for (size_t split = 0; split <= longest; split++)
            play_split(&scripts[i], split);
    }
}

static void plays_every_script_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++) {
        struct player p;
        player_start(&p, &scripts[i]);
        for (const struct turn *t = scripts[i].turns; t->server; t++) {
            for (const char *at = t->server; *at; at++)
                player_feed(&p, slice_of(at, 1));
            player_expect(&p, t);
        }
        player_end(&p);
    }
}

/* Feeds the first `len` bytes of all that the script's server says; false when it says no more. */
static bool play_head(struct player *p, size_t len)
{
    for (const struct turn *t = p->script->turns; t->server; t++) {
        struct slice in = slice_str(t->server);
        player_feed(p, slice_head(in, len));
        if (in.len > len)
            return true;
        len -= in.len;
    }
    return false;
}

static void closes_when_the_connection_is_lost_at_any_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPTS; i++) {
        bool more = true;
        for (size_t len = 0; more; len++) {
            struct player p;
            player_start(&p, &scripts[i]);
            more = play_head(&p, len);
            bool was_closed = p.is_closed, was_quit = p.given > scripts[i].messages;
            buf_clear(&p.told);
            smtp_client_lost(p.client, "gone", 0);
            player_pull(&p);
            assert_true(p.is_closed);
            if (!was_closed && !was_quit &&
                slice_find_slice(buf_slice(&p.told), SLICE(" 0 gone\n"), 0) == SLICE_NONE)
                fail_msg("%s cut at %zu: «%.*s»", scripts[i].name, len,
                         SLICE_ARG(buf_slice(&p.told)));
            player_end(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_every_script_at_every_split),
        cmocka_unit_test(plays_every_script_byte_by_byte),
        cmocka_unit_test(closes_when_the_connection_is_lost_at_any_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
