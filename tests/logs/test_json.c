/* Events in JSON, and the journal. */
#include "events.h"

#define BOUNCE                                                                                     \
    "{\"notificationType\":\"Bounce\",\"bounce\":{\"bounceType\":\"Permanent\",\"timestamp\":"     \
    "\"2026-11-23T20:15:00.000Z\",\"bouncedRecipients\":[{\"emailAddress\":\"bob@there.example\"," \
    "\"action\":\"failed\",\"status\":\"5.1.1\",\"diagnosticCode\":\"smtp; 550 5.1.1 no such "     \
    "user\"}]},\"mail\":{\"source\":\"ann@here.example\",\"messageId\":\"0100\"}}"

static const struct log_sample samples[] = {
    {"KumoMTA", LOG_KUMOMTA,
     "{\"type\":\"Delivery\",\"id\":\"a0\",\"sender\":\"ann@here.example\",\"recipient\":"
     "\"ok@there.example\",\"response\":{\"code\":250,\"content\":\"ok\"}}\n"
     "{\"type\":\"Bounce\",\"id\":\"a1\",\"sender\":\"ann@here.example\",\"recipient\":"
     "\"bob@there.example\",\"response\":{\"code\":550,\"enhanced_code\":{\"class\":5,\"subject\":"
     "1,"
     "\"detail\":1},\"content\":\"no \\\"such\\\" user\",\"command\":\"RCPT TO:<bob@there.example>"
     "\"},\"peer_address\":{\"name\":\"mx.there.example.\",\"addr\":\"192.0.2.1\"},\"timestamp\":"
     "1795460000}\n"
     "{\"type\":\"TransientFailure\",\"id\":\"a2\",\"sender\":\"ann@here.example\",\"recipient\":["
     "\"x@there.example\",\"y@there.example\"],\"response\":{\"code\":451,\"enhanced_code\":null,"
     "\"content\":\"later\"}}\n",
     "2 outgoing failure rcpt 550 5.1.1 id=a1 from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : no \"such\" user\n"
     "3 outgoing delay 451 id=a2 from=ann@here.example to=x@there.example : later\n"
     "3 outgoing delay 451 id=a2 from=ann@here.example to=y@there.example : later\n"},
    {"Amazon SES", LOG_SES, BOUNCE "\n" BOUNCE,
     "1 outgoing failure 550 5.1.1 id=0100 from=ann@here.example to=bob@there.example : no such "
     "user\n2 outgoing failure 550 5.1.1 id=0100 from=ann@here.example to=bob@there.example : no "
     "such user\n"},
    {"Amazon SES through SNS", LOG_SES,
     "{\n \"Type\" : \"Notification\",\n \"TopicArn\" : \"arn\",\n \"Message\" : "
     "\"{\\\"notificationType\\\":\\\"Complaint\\\",\\\"complaint\\\":{"
     "\\\"complainedRecipients\\\":"
     "[{\\\"emailAddress\\\":\\\"eve@there.example\\\"}]},\\\"mail\\\":{\\\"source\\\":"
     "\\\"ann@here.example\\\"}}\"\n}\n",
     "1 outgoing complaint from=ann@here.example to=eve@there.example : \n"},
    {"SendGrid", LOG_SENDGRID,
     "[{\"email\":\"ok@there.example\",\"event\":\"delivered\",\"timestamp\":1795460000},\n"
     "{\"email\":\"bob@there.example\",\"event\":\"bounce\",\"timestamp\":1795460000,\"smtp-id\":"
     "\"<1@here>\",\"sg_message_id\":\"m1\",\"reason\":\"550 5.1.1 unknown recipient\",\"status\":"
     "\"5.1.1\"},\n{\"email\":\"full@there.example\",\"event\":\"deferred\",\"timestamp\":"
     "1795460000,"
     "\"response\":\"452 4.2.2 mailbox full\"}]",
     "2 outgoing failure 550 5.1.1 id=m1 message=<1@here> to=bob@there.example : unknown "
     "recipient\n"
     "3 outgoing delay 452 4.2.2 to=full@there.example : mailbox full\n"},
    {"Mailgun", LOG_MAILGUN,
     "{\"signature\":{\"token\":\"x\"},\"event-data\":{\"event\":\"failed\",\"severity\":"
     "\"temporary\",\"id\":\"g1\",\"timestamp\":1795460000.5,\"recipient\":\"bob@there.example\","
     "\"envelope\":{\"sender\":\"ann@here.example\"},\"message\":{\"headers\":{\"message-id\":"
     "\"1@here\"}},\"delivery-status\":{\"code\":450,\"message\":\"4.7.1 Greylisted\",\"mx-host\":"
     "\"mx.there.example\"}}}",
     "1 outgoing delay 450 4.7.1 id=g1 message=1@here from=ann@here.example to=bob@there.example "
     "remote=mx.there.example : Greylisted\n"},
    {"SparkPost", LOG_SPARKPOST,
     "[{\"msys\":{\"message_event\":{\"type\":\"bounce\",\"rcpt_to\":\"bob@there.example\","
     "\"msg_from\":\"ann@here.example\",\"raw_reason\":\"550 5.7.1 \\u201cspam\\u201d\","
     "\"message_id\":\"s1\",\"timestamp\":\"1795460000\"}}}]",
     "1 outgoing failure 550 5.7.1 id=s1 from=ann@here.example to=bob@there.example : "
     "\xe2\x80\x9cspam\xe2\x80\x9d\n"},
    {"the journal", LOG_POSTFIX,
     "{\"MESSAGE\":\"Started x\",\"SYSLOG_IDENTIFIER\":\"systemd\"}\n"
     "{\"__REALTIME_TIMESTAMP\":\"1795460000000000\",\"SYSLOG_IDENTIFIER\":\"postfix/smtp\","
     "\"MESSAGE\":\"A1: to=<b@there.example>, relay=none, dsn=5.4.4, status=bounced (Host "
     "\\\"x\\\" "
     "not found)\"}\n",
     "2 outgoing failure 5.4.4 id=A1 to=b@there.example : Host \"x\" not found\n"},
    {"JSON of somebody else's", LOG_NONE, "{\"type\":\"x\",\"recipient\":\"a@b.c\"}\n", ""},
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
