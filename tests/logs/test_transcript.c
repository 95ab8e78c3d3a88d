#include "events.h"

static const struct log_sample samples[] = {
    {"swaks, commands sent together", LOG_TRANSCRIPT,
     "=== Trying mx.there.example:25...\n=== Connected to mx.there.example.\n<-  220 there ESMTP\n"
     " -> EHLO here\n<-  250-there\n<-  250 PIPELINING\n -> MAIL FROM:<ann@here.example>\n"
     " -> RCPT TO:<ok@there.example>\n -> RCPT TO:<full@there.example>\n -> DATA\n<-  250 ok\n"
     "<-  250 ok\n<** 452-4.2.2 full\n<** 452 4.2.2 to the brim\n<-  354 go\n -> Subject: x\n -> \n"
     " -> RCPT TO:<nobody@there.example>\n -> .\n<** 554 5.7.1 spam\n -> QUIT\n<-  221 bye\n",
     "13 outgoing delay rcpt 452 4.2.2 from=ann@here.example to=full@there.example "
     "remote=mx.there.example : full to the brim\n"
     "20 outgoing failure end-of-data 554 5.7.1 from=ann@here.example to=ok@there.example "
     "remote=mx.there.example : spam\n"},
    {"swaks in TLS", LOG_TRANSCRIPT,
     "=== Trying 192.0.2.1:25...\n=== Connected to 192.0.2.1.\n<-  220 mx.there.example ESMTP\n"
     " -> EHLO here\n<-  250 STARTTLS\n -> STARTTLS\n<-  220 go\n=== TLS started with cipher X\n"
     " ~> EHLO here\n<~  250 ok\n ~> AUTH LOGIN\n<~  334 VXNlcm5hbWU6\n ~> Ym9i\n<~  334 UGFz\n"
     " ~> c2VjcmV0\n<~* 535 5.7.8 wrong password\n",
     "16 outgoing failure auth 535 5.7.8 remote=192.0.2.1 : wrong password\n"},
    {"curl", LOG_TRANSCRIPT,
     "*   Trying 192.0.2.1:25...\n* Connected to mx.there.example (192.0.2.1) port 25 (#0)\n"
     "< 220 there ESMTP\n> EHLO here\n< 250 ok\n> MAIL FROM:<ann@here.example> SIZE=3\n< 250 ok\n"
     "> RCPT TO:<bob@there.example>\n< 250 ok\n> DATA\n< 354 go\n} [17 bytes data]\n"
     "* We are completely uploaded and fine\n< 552 5.3.4 too large\n",
     "14 outgoing failure end-of-data 552 5.3.4 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : too large\n"},
    {"curl, no connection", LOG_TRANSCRIPT,
     "*   Trying 192.0.2.1:25...\n* connect to 192.0.2.1 port 25 failed: Connection refused\n"
     "* Failed to connect to mx.there.example port 25: Connection refused\n",
     "2 outgoing delay connect remote=192.0.2.1 : connect to 192.0.2.1 port 25 failed: Connection "
     "refused\n"},
    {"smtplib", LOG_TRANSCRIPT,
     "connect: to ('mx.there.example', 25) None\nreply: b'220 there ESMTP\\r\\n'\n"
     "reply: retcode (220); Msg: b'there ESMTP'\nsend: 'ehlo here\\r\\n'\nreply: b'250 ok\\r\\n'\n"
     "reply: retcode (250); Msg: b'ok'\n10:00:00.1 send: 'mail FROM:<ann@here.example>\\r\\n'\n"
     "reply: b'250 ok\\r\\n'\nsend: 'rcpt TO:<bob@there.example>\\r\\n'\n"
     "reply: b'550-5.1.1 no\\r\\n'\nreply: b'550 5.1.1 such user\\r\\n'\n"
     "reply: retcode (550); Msg: b'5.1.1 no\\n5.1.1 such user'\n",
     "10 outgoing failure rcpt 550 5.1.1 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : no such user\n"},
    {"telnet", LOG_TRANSCRIPT,
     "Trying 192.0.2.1...\r\nConnected to mx.there.example.\r\nEscape character is '^]'.\r\n"
     "220 there ESMTP\r\nHELO here\r\n250 there\r\nMAIL FROM: <ann@here.example>\r\n250 ok\r\n"
     "rcpt to:bob@there.example\r\n250 ok\r\nDATA\r\n354 go\r\nSubject: x\r\n\r\n"
     "550 is a number\r\nRCPT TO:<x@y>\r\n.\r\n550 5.7.1 no\r\nQUIT\r\n221 bye\r\n",
     "18 outgoing failure end-of-data 550 5.7.1 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : no\n"},
    {"openssl s_client", LOG_TRANSCRIPT,
     "CONNECTED(00000003)\n---\nCertificate chain\n 0 s:CN = mx.there.example\n---\n250 OK\n"
     "MAIL FROM:<ann@here.example>\n530 5.7.0 Must issue AUTH\n",
     "8 outgoing failure mail 530 5.7.0 from=ann@here.example : Must issue AUTH\n"},
    {"greeted with a refusal", LOG_TRANSCRIPT,
     "=== Trying mx.there.example:25...\n<** 554 5.7.1 [192.0.2.9] blocked\n -> QUIT\n",
     "2 outgoing failure connect 554 5.7.1 remote=mx.there.example : [192.0.2.9] blocked\n"},
    {"PHPMailer", LOG_TRANSCRIPT,
     "2026-11-23 20:15:00 SERVER -> CLIENT: 220 mx.there.example ESMTP\n"
     "2026-11-23 20:15:00 CLIENT -> SERVER: EHLO here\n"
     "2026-11-23 20:15:00 SERVER -> CLIENT: 250 ok\n"
     "2026-11-23 20:15:00 CLIENT -> SERVER: MAIL FROM:<ann@here.example>\n"
     "2026-11-23 20:15:00 SERVER -> CLIENT: 553 5.7.1 not yours\n",
     "5 outgoing failure mail 553 5.7.1 from=ann@here.example remote=mx.there.example : not "
     "yours\n"},
    {"Thunderbird", LOG_TRANSCRIPT,
     "0[1a2b]: SMTP Response: 220 mx.there.example ESMTP\n0[1a2b]: SMTP Send: EHLO [192.0.2.9]\n"
     "0[1a2b]: SMTP Response: 250 ok\n0[1a2b]: SMTP Send: MAIL FROM:<ann@here.example>\n"
     "0[1a2b]: SMTP Response: 250 ok\n0[1a2b]: SMTP Send: RCPT TO:<bob@there.example>\n"
     "0[1a2b]: SMTP Response: 450 4.7.1 Greylisted\n",
     "7 outgoing delay rcpt 450 4.7.1 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : Greylisted\n"},
    {"Postfix, verbose", LOG_TRANSCRIPT,
     "< mx.there.example[192.0.2.1]:25: 220 mx.there.example ESMTP\n"
     "> mx.there.example[192.0.2.1]:25: EHLO here\n< mx.there.example[192.0.2.1]:25: 250 ok\n"
     "> mx.there.example[192.0.2.1]:25: MAIL FROM:<>\n< mx.there.example[192.0.2.1]:25: 250 ok\n"
     "> mx.there.example[192.0.2.1]:25: RCPT TO:<bob@there.example>\n"
     "< mx.there.example[192.0.2.1]:25: 550 5.1.1 no\n",
     "7 outgoing failure rcpt 550 5.1.1 from=<> to=bob@there.example remote=mx.there.example : "
     "no\n"},
    {"replies alone are no transcript", LOG_NONE, "220 mx ready\n550 5.1.1 no such user\n", ""},
    {"and a text about mail is none", LOG_NONE,
     "> Hello, I got this:\n> 550 5.1.1 no such user\nWhat does it mean?\n", ""},
};

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
        events_check(&samples[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
