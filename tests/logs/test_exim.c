#include "events.h"

#define AT "2026-11-23 20:15:00 "

static const struct log_sample samples[] = {
    {"failed and put off", LOG_EXIM,
     AT
     "1xWqSL-00042l-2x <= ann@here.example H=([192.0.2.9]) [192.0.2.9] P=esmtp S=167\n" AT
     "1xWqSL-00042l-2x => ok@there.example R=smart T=smtp H=mx.there.example [192.0.2.1] C=\"250 "
     "2.0.0 ok\"\n" AT
     "1xWqSL-00042l-2x ** no@there.example R=smart T=smtp H=mx.there.example [192.0.2.1] "
     "X=TLS1.3:AES:256 CV=yes DN=\"C=DE: x\": SMTP error from remote mail server after RCPT "
     "TO:<no@there.example>: 550-5.1.1 The email account that you tried to reach does not "
     "exist.\\n550 5.1.1 Please try again\n" AT
     "1xWqSL-00042l-2x == full@there.example R=smart T=smtp defer (-44) H=mx.there.example "
     "[192.0.2.1]*: SMTP error from remote mail server after RCPT TO:<full@there.example>: 452 "
     "4.2.2 over quota\n",
     "3 outgoing failure rcpt 550 5.1.1 id=1xWqSL-00042l-2x from=ann@here.example "
     "to=no@there.example remote=mx.there.example : The email account that you tried to reach does "
     "not exist. Please try again\n"
     "4 outgoing delay rcpt 452 4.2.2 id=1xWqSL-00042l-2x from=ann@here.example "
     "to=full@there.example remote=mx.there.example : over quota\n"},
    {"old form, a pipe, no route, no reply", LOG_EXIM,
     AT "1xWqSL-00042l-2x ** no@there.example R=dnslookup T=remote_smtp: SMTP error from remote "
        "mail server after end of data: host mx.there.example [192.0.2.1]: 554 5.7.1 spam\n" AT
        "1xWqSL-00042l-2x ** |/usr/bin/prog <bob@here.example> R=userforward T=address_pipe: Child "
        "process of address_pipe transport returned 127 from command: /usr/bin/prog\n" AT
        "1xWqSL-00042l-2x ** eve@nowhere.example: Unrouteable address\n" AT
        "1xWqSL-00042l-2x == v@there.example R=smart T=smtp defer (111): Connection refused\n" AT
        "1xWqSM-000432-1c Frozen (delivery error message)\n",
     "1 outgoing failure end-of-data 554 5.7.1 id=1xWqSL-00042l-2x to=no@there.example "
     "remote=mx.there.example : spam\n"
     "2 outgoing failure id=1xWqSL-00042l-2x to=bob@here.example : Child process of address_pipe "
     "transport returned 127 from command: /usr/bin/prog\n"
     "3 outgoing failure id=1xWqSL-00042l-2x to=eve@nowhere.example : Unrouteable address\n"
     "4 outgoing delay id=1xWqSL-00042l-2x to=v@there.example : Connection refused\n"},
    {"refused", LOG_EXIM,
     AT "H=h.example ([192.0.2.9]) [192.0.2.9] F=<ann@here.example> rejected RCPT <a@x.example>: "
        "relay not permitted\n" AT
        "[77] H=([192.0.2.9]) [192.0.2.9]:4321 F=<> temporarily rejected RCPT <a@grey.example>: "
        "Greylisted, please try again\n" AT
        "H=([192.0.2.9]) [192.0.2.9] F=<ann@here.example> rejected RCPT <a@drop.example>\n" AT
        "H=([192.0.2.9]) [192.0.2.9] rejected MAIL <x@banned.example>: sender banned\n" AT
        "+0100 1xWqSM-00042x-1F H=([192.0.2.9]) [192.0.2.9] F=<ann@here.example> rejected after "
        "DATA: This message contains malware\n" AT
        "H=([192.0.2.9]) [192.0.2.9] rejected EHLO or HELO x: bad name\n" AT
        "plain_server authenticator failed for (x) [192.0.2.9]: 535 Incorrect authentication data "
        "(set_id=bob)\n" AT "TLS error on connection from h.example [192.0.2.9] (SSL_accept): no "
        "shared cipher\n",
     "1 incoming failure rcpt from=ann@here.example to=a@x.example client=h.example ([192.0.2.9]) "
     "[192.0.2.9] : relay not permitted\n"
     "2 incoming delay rcpt from=<> to=a@grey.example client=([192.0.2.9]) [192.0.2.9] : "
     "Greylisted, please try again\n"
     "3 incoming failure from=ann@here.example to=a@drop.example client=([192.0.2.9]) "
     "[192.0.2.9] : rejected RCPT <a@drop.example>\n"
     "4 incoming failure mail from=x@banned.example client=([192.0.2.9]) [192.0.2.9] : sender "
     "banned\n"
     "5 incoming failure end-of-data id=1xWqSM-00042x-1F from=ann@here.example "
     "client=([192.0.2.9]) [192.0.2.9] : This message contains malware\n"
     "6 incoming failure ehlo client=([192.0.2.9]) [192.0.2.9] : bad name\n"
     "7 incoming failure auth 535 client=(x) [192.0.2.9] : Incorrect authentication data "
     "(set_id=bob)\n"
     "8 incoming delay starttls client=h.example [192.0.2.9] : TLS error on connection from "
     "h.example [192.0.2.9] (SSL_accept): no shared cipher\n"},
    {"by syslog", LOG_EXIM,
     "Nov 23 20:15:00 mx exim[12]: 2026-11-23 20:15:00 1xWqSL-00042l-2x ** a@b.example: "
     "Unrouteable "
     "address\nNov 23 20:15:00 mx exim[12]: 1xWqSL-00042l-2x ** a@b.example: Unrouteable address\n",
     "1 outgoing failure id=1xWqSL-00042l-2x to=a@b.example : Unrouteable address\n"
     "2 outgoing failure id=1xWqSL-00042l-2x to=a@b.example : Unrouteable address\n"},
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
