/* Sendmail, OpenSMTPD and qmail. */
#include "events.h"

#define SM    "Nov 23 20:15:00 mx sm-mta[9]: "
#define SMTPD "Nov 23 20:15:00 mx smtpd[9]: "
#define QMAIL "@400000006560a1b20a1b2c3d "

static const struct log_sample samples[] = {
    {"Sendmail, outgoing", LOG_SENDMAIL,
     SM "4ANFx012345: from=<ann@here.example>, size=1, class=0, nrcpts=2, relay=h [192.0.2.9]\n" SM
        "4ANFx012345: to=<bob@there.example>,<eve@there.example>, ctladdr=<ann@here.example> "
        "(1/1), delay=00:00:01, mailer=esmtp, relay=mx.there.example. [192.0.2.1], dsn=5.1.1, "
        "stat=User unknown\n" SM
        "4ANFx012345: to=<c@there.example>, delay=00:00:01, mailer=esmtp, relay=mx.there.example. "
        "[192.0.2.1], dsn=4.2.2, stat=Deferred: 452 4.2.2 mailbox full\n" SM
        "4ANFx012345: to=<d@there.example>, mailer=esmtp, relay=mx.there.example. [192.0.2.1], "
        "dsn=5.7.1, reply=550 5.7.1 go away, stat=Service unavailable\n" SM
        "4ANFx012345: to=<ok@there.example>, relay=mx. [192.0.2.1], dsn=2.0.0, stat=Sent (ok)\n" SM
        "4ANFx012346: to=<f@nowhere.example>, relay=nowhere.example, dsn=5.1.2, stat=Host unknown "
        "(Name server: nowhere.example: host not found)\n",
     "2 outgoing failure 5.1.1 id=4ANFx012345 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : User unknown\n"
     "2 outgoing failure 5.1.1 id=4ANFx012345 from=ann@here.example to=eve@there.example "
     "remote=mx.there.example : User unknown\n"
     "3 outgoing delay 452 4.2.2 id=4ANFx012345 from=ann@here.example to=c@there.example "
     "remote=mx.there.example : mailbox full\n"
     "4 outgoing failure 550 5.7.1 id=4ANFx012345 from=ann@here.example to=d@there.example "
     "remote=mx.there.example : go away\n"
     "6 outgoing failure 5.1.2 id=4ANFx012346 to=f@nowhere.example remote=nowhere.example : Host "
     "unknown (Name server: nowhere.example: host not found)\n"},
    {"Sendmail, incoming", LOG_SENDMAIL,
     SM "4ANFx012345: ruleset=check_rcpt, arg1=<x@away.example>, relay=h.example [192.0.2.9], "
        "reject=550 5.7.1 <x@away.example>... Relaying denied\n" SM
        "4ANFx012346: ruleset=check_mail, arg1=<a@b.invalid>, relay=h.example [192.0.2.9], "
        "reject=451 4.1.8 Domain of sender address a@b.invalid does not resolve\n" SM
        "4ANFx012347: Milter: data, reject=550 5.7.1 Spam\n" SM
        "4ANFx012348: <nobody@here.example>... User unknown\n",
     "1 incoming failure rcpt 550 5.7.1 id=4ANFx012345 to=x@away.example client=h.example "
     "[192.0.2.9] : <x@away.example>... Relaying denied\n"
     "2 incoming delay mail 451 4.1.8 id=4ANFx012346 from=a@b.invalid client=h.example [192.0.2.9]"
     " : Domain of sender address a@b.invalid does not resolve\n"
     "3 incoming failure end-of-data 550 5.7.1 id=4ANFx012347 : Spam\n"
     "4 incoming failure rcpt id=4ANFx012348 to=nobody@here.example : User unknown\n"},
    {"OpenSMTPD", LOG_OPENSMTPD,
     SMTPD "3a1b smtp connected address=192.0.2.9 host=h.example\n" SMTPD
           "3a1b smtp failed-command command=\"RCPT TO:<x@away.example>\" result=\"550 Invalid "
           "recipient: <x@away.example>\"\n" SMTPD
           "3a1c mta delivery evpid=77 from=<ann@here.example> to=<bob@there.example> rcpt=<-> "
           "source=\"192.0.2.2\" relay=\"192.0.2.1 (mx.there.example)\" delay=1s "
           "result=\"PermFail\" stat=\"550 5.1.1 no such \"user\"\"\n" SMTPD
           "3a1c mta delivery evpid=78 from=<> to=<ok@there.example> rcpt=<-> relay=\"192.0.2.1 "
           "(mx)\" delay=1s result=\"Ok\" stat=\"250 ok\"\n" SMTPD
           "3a1d mda delivery evpid=79 from=<> to=<bob@here.example> rcpt=<bob@here.example> "
           "user=bob delay=0s result=TempFail stat=Error (\"mail.maildir: exited abnormally\")\n",
     "2 incoming failure rcpt 550 to=x@away.example client=h.example : Invalid recipient: "
     "<x@away.example>\n"
     "3 outgoing failure 550 5.1.1 id=77 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : no such \"user\"\n"
     "5 outgoing delay id=79 from=<> to=bob@here.example : Error (\"mail.maildir: exited "
     "abnormally\")\n"},
    {"OpenSMTPD 5", LOG_OPENSMTPD,
     SMTPD "relay: TempFail for 4a2b: session=1, from=<a@here.example>, to=<bob@there.example>, "
           "rcpt=<->, source=192.0.2.2, relay=mx.there.example (192.0.2.1), delay=1s, stat=451 "
           "4.7.1 Greylisted\n" SMTPD
           "smtp-in: Failed command on session 77: \"MAIL FROM:<x@y.z>\" "
           "=> 550 no\n",
     "1 outgoing delay 451 4.7.1 id=4a2b from=a@here.example to=bob@there.example "
     "remote=mx.there.example : Greylisted\n"
     "2 incoming failure mail 550 from=x@y.z : no\n"},
    {"OpenSMTPD, smtpd -d", LOG_OPENSMTPD,
     "info: OpenSMTPD 6.8.0p2 starting\n"
     "a3ac25d3392dd055 smtp connected address=192.0.2.9 host=h.example\n"
     "a3ac25d76dc7eccb mta delivery evpid=57a9 from=<ann@here.example> to=<bob@there.example> "
     "rcpt=<-> source=\"192.0.2.2\" relay=\"192.0.2.1 (mx.there.example)\" delay=0s "
     "result=\"TempFail\" stat=\"452 4.2.2 mailbox full\"\n"
     "relay: Expire for 57a9: from=<ann@here.example>, to=<bob@there.example>, rcpt=<->, delay=3s, "
     "stat=Envelope expired\n",
     "3 outgoing delay 452 4.2.2 id=57a9 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : mailbox full\n"
     "4 outgoing failure id=57a9 from=ann@here.example to=bob@there.example : Envelope expired\n"},
    {"qmail", LOG_QMAIL,
     QMAIL
     "new msg 123\n" QMAIL "info msg 123: bytes 300 from <ann@here.example> qp 1 uid 2\n" QMAIL
     "starting delivery 5: msg 123 to remote bob@there.example\n" QMAIL
     "starting delivery 6: msg 123 to remote eve@there.example\n" QMAIL
     "delivery 5: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_"
     "no_such_user/Giving_up_on_192.0.2.1./\n" QMAIL
     "delivery 6: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/\n" QMAIL
     "delivery 7: success: 192.0.2.1_accepted_message./\n",
     "5 outgoing failure rcpt 550 5.1.1 id=123 from=ann@here.example to=bob@there.example "
     "remote=192.0.2.1 : no such user\n"
     "6 outgoing delay 4.4.1 id=123 from=ann@here.example to=eve@there.example : Sorry, I wasn't "
     "able to establish an SMTP connection. (#4.4.1)\n"},
    {"qmail by syslog", LOG_QMAIL,
     "Nov 23 20:15:00 mx qmail: 1795460000.123456 starting delivery 5: msg 1 to local a@b.example\n"
     "Nov 23 20:15:00 mx qmail: 1795460000.123457 delivery 5: failure: Sorry,_no_mailbox_here_by_"
     "that_name._(#5.1.1)/\n",
     "2 outgoing failure 5.1.1 id=1 to=a@b.example : Sorry, no mailbox here by that name. "
     "(#5.1.1)\n"},
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
