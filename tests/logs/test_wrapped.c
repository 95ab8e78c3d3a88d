/* Lines with something around them, and tables and sessions of unusual shape. */
#include "events.h"

#define BOUNCED                                                                                    \
    "postfix/smtp[3]: A1: to=<bob@there.example>, relay=mx.there.example[192.0.2.1]:25, "          \
    "dsn=5.1.1, status=bounced (host mx.there.example[192.0.2.1] said: 550 5.1.1 nobody (in "      \
    "reply to RCPT TO command))"
#define TOLD                                                                                       \
    "1 outgoing failure rcpt 550 5.1.1 id=A1 to=bob@there.example remote=mx.there.example : "      \
    "nobody\n"

static const struct log_sample samples[] = {
    {"compose", LOG_POSTFIX, "mail-1  | Nov 23 20:15:00 mx " BOUNCED "\n", TOLD},
    {"compose, in colours", LOG_POSTFIX, "\x1b[36mmail  | \x1b[0mNov 23 20:15:00 mx " BOUNCED "\n",
     TOLD},
    {"Kubernetes", LOG_POSTFIX,
     "2026-11-23T20:15:00.123456789Z stdout F Nov 23 20:15:00 mx " BOUNCED "\n", TOLD},
    {"docker logs -t", LOG_POSTFIX,
     "2026-11-23T20:15:00.123456789Z Nov 23 20:15:00 mx " BOUNCED "\n", TOLD},
    {"a search in files", LOG_POSTFIX, "/var/log/mail.log.1:Nov 23 20:15:00 mx " BOUNCED "\n",
     TOLD},
    {"docker's file", LOG_POSTFIX,
     "{\"log\":\"Nov 23 20:15:00 mx postfix/smtp[3]: A1: to=\\u003cbob@there.example\\u003e, "
     "relay=mx.there.example[192.0.2.1]:25, dsn=5.1.1, status=bounced (host "
     "mx.there.example[192.0.2.1] said: 550 5.1.1 nobody (in reply to RCPT TO "
     "command))\\n\",\"stream\":\"stdout\"}\n",
     TOLD},
    {"a shipped line", LOG_POSTFIX,
     "{\"@timestamp\":\"x\",\"message\":\"Nov 23 20:15:00 mx " BOUNCED "\"}\n", TOLD},
    {"an exported journal", LOG_POSTFIX,
     "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795460000000000\nSYSLOG_IDENTIFIER=postfix/smtp\n"
     "MESSAGE=A1: to=<bob@there.example>, relay=mx.there.example[192.0.2.1]:25, dsn=5.1.1, "
     "status=bounced (host mx.there.example[192.0.2.1] said: 550 5.1.1 nobody (in reply to RCPT "
     "TO command))\n\n"
     "SYSLOG_IDENTIFIER=cron\nMESSAGE=x\n\n",
     "5 outgoing failure rcpt 550 5.1.1 id=A1 to=bob@there.example remote=mx.there.example : "
     "nobody\n"},
    {"qmail, its labels made times", LOG_QMAIL,
     "2026-11-23 20:15:00.123456 starting delivery 5: msg 1 to remote bob@there.example\n"
     "2026-11-23 20:15:01.123456 delivery 5: failure: Sorry._(#5.1.1)/\n",
     "2 outgoing failure 5.1.1 id=1 to=bob@there.example : Sorry. (#5.1.1)\n"},
    {"SES, refused by Amazon", LOG_SES,
     "{\"eventType\":\"Reject\",\"mail\":{\"source\":\"ann@here.example\",\"messageId\":\"m\","
     "\"destination\":[\"bob@there.example\",\"eve@there.example\"]},\"reject\":{\"reason\":\"Bad "
     "content\"}}\n",
     "1 outgoing failure id=m from=ann@here.example to=bob@there.example : Bad content\n"
     "1 outgoing failure id=m from=ann@here.example to=eve@there.example : Bad content\n"},
    {"Exim, before there is a host's name", LOG_EXIM,
     "2026-11-23 20:15:00 rejected EHLO from [192.0.2.9]: syntactically invalid argument(s): a_b\n",
     "1 incoming failure ehlo client=[192.0.2.9] : syntactically invalid argument(s): a_b\n"},
    {"Sendmail, before there is an id", LOG_SENDMAIL,
     "Nov 23 20:15:00 mx sm-mta[9]: ruleset=check_relay, arg1=h.example, arg2=192.0.2.9, "
     "relay=h.example [192.0.2.9], reject=550 5.7.1 go away\n",
     "1 incoming failure connect 550 5.7.1 client=h.example [192.0.2.9] : go away\n"},
    {"PowerMTA, columns as somebody liked them", LOG_POWERMTA,
     "\"rcpt\",\"dsnDiag\",\"type\",\"dsnStatus\"\n"
     "\"bob@there.example\",\"smtp;550 5.1.1 nobody\",\"b\",\"5.1.1 (bad mailbox)\"\n",
     "2 outgoing failure 550 5.1.1 to=bob@there.example : nobody\n"},
    {"Exchange, a status for each", LOG_EXCHANGE,
     "#Fields: date-time,event-id,recipient-address,recipient-status\n"
     "2026-11-23T20:15:00.000Z,FAIL,bob@there.example;eve@there.example,\"[{LED=550 5.1.1 "
     "nobody};{IP=192.0.2.1}];550 5.2.2 full\"\n",
     "2 outgoing failure 550 5.1.1 to=bob@there.example : nobody\n"
     "2 outgoing failure 550 5.2.2 to=eve@there.example : full\n"},
    {"Exchange, statuses that are too few", LOG_EXCHANGE,
     "#Fields: date-time,event-id,recipient-address,recipient-status\n"
     "2026-11-23T20:15:00.000Z,FAIL,bob@there.example;eve@there.example,550 5.2.2 full\n",
     "2 outgoing failure to=bob@there.example : \n2 outgoing failure to=eve@there.example : \n"},
    {"a reply whose lines go on without a mark, and DATA for nobody", LOG_TRANSCRIPT,
     "  SMTP<< 220 mx.there.example ESMTP\n"
     "  SMTP>> EHLO a\n"
     "  SMTP<< 250-mx.there.example\n"
     "         250 PIPELINING\n"
     "  SMTP>> MAIL FROM:<ann@here.example>\n"
     "  SMTP>> RCPT TO:<bob@there.example>\n"
     "  SMTP>> DATA\n"
     "  SMTP<< 250 ok\n"
     "  SMTP<< 550 5.1.1 nobody\n"
     "  SMTP<< 554 5.5.1 no valid recipients\n",
     "9 outgoing failure rcpt 550 5.1.1 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : nobody\n"},
    {"PHPMailer, with its times", LOG_TRANSCRIPT,
     "2026-11-23 20:15:00 SERVER -> CLIENT: 220 mx.there.example ESMTP\n"
     "2026-11-23 20:15:00 CLIENT -> SERVER: RCPT TO:<bob@there.example>\n"
     "2026-11-23 20:15:00 SERVER -> CLIENT: 550 5.1.1 nobody\n"
     "2026-11-23 20:15:00 SMTP ERROR: RCPT TO command failed: 550 5.1.1 nobody\n",
     "3 outgoing failure rcpt 550 5.1.1 to=bob@there.example remote=mx.there.example : nobody\n"},
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
