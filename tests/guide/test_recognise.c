#include "guide/inside.h"

#include "check.h"

static const struct {
    const char *name, *head;
    enum guide_kind kind;
    enum log_format format;
} cases[] = {
    {"a reply", "550 5.1.1 unknown\n", GUIDE_LINES, LOG_NONE},
    {"words", "The mailbox is full\n", GUIDE_LINES, LOG_NONE},
    {"nothing may become a mail", "", GUIDE_UNSURE, LOG_NONE},
    {"half a field may become a mail", "Subject: Undelivered\n", GUIDE_UNSURE, LOG_NONE},
    {"a mail", "From: a@b.test\nTo: c@d.test\nSubject: x\n\nHello\n", GUIDE_MAIL, LOG_NONE},
    {"a mail with CR alone", "From: a@b.test\rTo: c@d.test\rSubject: x\r\rHello\r", GUIDE_MAIL,
     LOG_NONE},
    {"an mbox", "From a@b.test Mon Nov 23 20:15:00 2026\nFrom: a@b.test\nTo: c@d.test\n\nHello\n",
     GUIDE_MBOX, LOG_NONE},
    {"a log", "Nov 23 20:15:00 mx postfix/qmgr[1]: A1: removed\n", GUIDE_LOG, LOG_POSTFIX},
    {"a transcript", "220 mx.example.org ESMTP\nEHLO a\n250 mx\nMAIL FROM:<a@b.test>\n550 no\n",
     GUIDE_LOG, LOG_TRANSCRIPT},
    {"events", "{\"notificationType\":\"Bounce\",\"bounce\":{},\"mail\":{}}\n", GUIDE_LOG, LOG_SES},
};

static void test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum log_format format = LOG_NONE;
        enum guide_kind kind = guide_recognise(slice_str(cases[i].head), &format);
        if (kind != cases[i].kind || format != cases[i].format)
            fail_msg("%s: kind %d, format %d", cases[i].name, kind, format);
    }
}

static void test_what_never_becomes_a_mail(void **state)
{
    enum log_format format;
    static char many[80 * 1024];
    (void)state;
    for (size_t i = 0; i + 5 <= sizeof(many); i += 5)
        memcpy(many + i, "x: y\n", 5);
    assert_int_equal(guide_recognise(slice_of(many, 5 * 30), &format), GUIDE_UNSURE);
    assert_int_equal(guide_recognise(slice_of(many, sizeof(many)), &format), GUIDE_LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_what_never_becomes_a_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
