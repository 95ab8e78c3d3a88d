/* Exchange, PowerMTA and Haraka. */
#include "events.h"

static const struct log_sample samples[] = {
    {"Exchange", LOG_EXCHANGE,
     "\xef\xbb\xbf#Software: Microsoft Exchange Server\r\n#Log-type: Message Tracking Log\r\n"
     "#Fields: date-time,client-ip,source,event-id,internal-message-id,message-id,"
     "recipient-address,recipient-status,message-subject,sender-address\r\n"
     "2026-11-23T20:15:00.000Z,,SMTP,SENDEXTERNAL,7,<1@here>,ok@there.example,250 "
     "ok,x,a@here.example"
     "\r\n"
     "2026-11-23T20:15:00.000Z,,SMTP,FAIL,8,<2@here>,bob@there.example,\"[{LED=550 5.1.1 no such "
     "\"\"user\"\"};{MSG=};{FQDN=mx.there.example};{IP=192.0.2.1};{LRT=}]\",\"x, y\","
     "ann@here.example\r\n"
     "2026-11-23T20:15:00.000Z,,ROUTING,DEFER,9,<3@here>,x@there.example;y@there.example,"
     "451 4.4.0 DNS query failed;451 4.4.0 DNS query failed,x,ann@here.example\r\n",
     "5 outgoing failure 550 5.1.1 id=8 message=<2@here> from=ann@here.example "
     "to=bob@there.example remote=mx.there.example : no such \"user\"\n"
     "6 outgoing delay 451 4.4.0 id=9 message=<3@here> from=ann@here.example to=x@there.example : "
     "DNS query failed\n"
     "6 outgoing delay 451 4.4.0 id=9 message=<3@here> from=ann@here.example to=y@there.example : "
     "DNS query failed\n"},
    {"PowerMTA", LOG_POWERMTA,
     "type,timeLogged,timeQueued,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta\n"
     "d,2026-11-23 20:15:00+0000,x,a@here.example,ok@there.example,,relayed,2.0.0 (success),,\n"
     "b,2026-11-23 20:15:00+0000,x,a@here.example,bob@there.example,,failed,5.1.1 (bad destination "
     "mailbox address),\"smtp;550 5.1.1 no, not here\",mx.there.example (192.0.2.1)\n"
     "t,2026-11-23 20:15:00+0000,x,a@here.example,eve@there.example,,delayed,4.4.1 (no answer from "
     "host),,\n",
     "3 outgoing failure 550 5.1.1 from=a@here.example to=bob@there.example "
     "remote=mx.there.example : no, not here\n"
     "4 outgoing delay 4.4.1 from=a@here.example to=eve@there.example : \n"},
    {"Haraka", LOG_HARAKA,
     "2026-11-23T20:15:00.123Z [NOTICE] [3F2A.1] [core] connect ip=192.0.2.9\n"
     "[INFO] [3F2A.1.1] [core] hook=rcpt plugin=in_host_list function=hook_rcpt "
     "params=\"<bob@away.example>\" retval=DENY msg=\"I cannot deliver mail for bob\"\n"
     "[NOTICE] [9C.1] [outbound] recipient <bob@there.example> rejected: 550 5.1.1 no such user\n"
     "[INFO] [9C.1] [outbound] bouncing mail: Some recipients failed: <bob@there.example>\n"
     "[INFO] [-] [outbound] Temp failing 17_0_1_x for 64 seconds: Upstream error: 421 4.7.0 later\n"
     "[NOTICE] [-] [outbound] delivered file=1 domain=there.example response=\"ok\"\n",
     "2 incoming failure rcpt id=3F2A.1.1 to=bob@away.example : I cannot deliver mail for bob\n"
     "3 outgoing failure rcpt 550 5.1.1 id=9C.1 to=bob@there.example : no such user\n"
     "5 outgoing delay 421 4.7.0 : later\n"},
    {"Haraka by syslog", LOG_HARAKA,
     "Nov 23 20:15:00 mx haraka[7]: [NOTICE] [9C.1] [outbound] recipient <a@b.example> deferred: "
     "450 4.7.1 greylisted\n",
     "1 outgoing delay rcpt 450 4.7.1 id=9C.1 to=a@b.example : greylisted\n"},
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
