#include <candor.h>
#include <pthread.h>
#include <stdlib.h>

#include "check.h"

/* Counts what is out, and gives nothing from a certain call on. */
struct ration {
    size_t out, calls, stop_at; /* stop_at 0: never */
};

static void *take(void *ctx, size_t size)
{
    struct ration *r = ctx;
    if (++r->calls == r->stop_at)
        return NULL;
    r->out += size;
    return malloc(size);
}

static void give(void *ctx, void *at, size_t size)
{
    struct ration *r = ctx;
    r->out -= size;
    free(at);
}

static candor_options options_for(struct ration *r)
{
    return (candor_options){.size = sizeof(candor_options), .memory = {take, give, r}};
}

static void assert_text(candor_text actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.at, expected, actual.len);
}

static const char reply[] = "host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown";
static const char mail[] =
    "From: MAILER-DAEMON@example.org\r\nSubject: failure\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
    "Final-Recipient: rfc822; a@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"
    "Final-Recipient: rfc822; b@example.com\r\nAction: delayed\r\nStatus: 4.2.2\r\n"
    "Diagnostic-Code: smtp; 452 4.2.2 Mailbox full\r\n\r\n"
    "--b--\r\n";

static void a_reply_is_explained(void **state)
{
    (void)state;
    struct ration ration = {0};
    candor_options options = options_for(&ration);
    candor_report *report;
    candor_explanation x = {.size = sizeof(x)};
    char *text = strdup(reply);
    assert_int_equal(candor_explain(&options, text, strlen(text), &report), CANDOR_OK);
    free(text);
    assert_int_equal(candor_report_count(report), 1);
    assert_int_equal(candor_report_get(report, 0, &x), CANDOR_OK);
    assert_int_equal(x.code, 550);
    assert_int_equal(x.enhanced[0], 5);
    assert_int_equal(x.enhanced[2], 1);
    assert_text(x.kind, "failure");
    assert_text(x.cause, "no_such_recipient");
    assert_text(x.remote, "mx.example.org");
    assert_true(x.has_cause && !x.retry && x.confidence > 0.5 && x.rule.len);
    assert_true(x.summary.len && x.step_count && x.steps[0].len);
    assert_int_equal(candor_report_get(report, 1, &x), CANDOR_BAD_ARGUMENT);
    candor_report_free(report);
    assert_int_equal(ration.out, 0);
}

static void a_mail_is_read(void **state)
{
    (void)state;
    struct ration ration = {0};
    candor_options options = options_for(&ration);
    candor_report *report;
    candor_explanation x = {.size = sizeof(x)};
    candor_mail m = {.size = sizeof(m)};
    assert_int_equal(candor_read_mail(&options, mail, sizeof(mail) - 1, &report), CANDOR_OK);
    assert_int_equal(candor_report_count(report), 2);
    assert_int_equal(candor_report_mail(report, &m), CANDOR_OK);
    assert_text(m.kind, "failure");
    assert_int_equal(candor_report_get(report, 1, &x), CANDOR_OK);
    assert_text(x.recipient, "b@example.com");
    assert_text(x.kind, "delay");
    assert_text(x.cause, "mailbox_full");
    assert_int_equal(x.retry, 1);
    candor_report_free(report);
    assert_int_equal(candor_read_mail(&options, "Subject: hello\n\nhi\n", 18, &report), CANDOR_OK);
    assert_int_equal(candor_report_count(report), 0);
    assert_int_equal(candor_report_mail(report, &m), CANDOR_OK);
    assert_text(m.kind, "none");
    candor_report_free(report);
    assert_int_equal(ration.out, 0);
}

static void json_tells_the_room_it_needs(void **state)
{
    (void)state;
    struct ration ration = {0};
    candor_options options = options_for(&ration);
    candor_report *report;
    size_t len = 0, again = 0;
    char json[4096] = "untouched";
    assert_int_equal(candor_explain(&options, reply, strlen(reply), &report), CANDOR_OK);
    assert_int_equal(candor_report_json(report, 0, NULL, 0, &len), CANDOR_NO_ROOM);
    assert_int_equal(candor_report_json(report, 0, json, len - 1, &again), CANDOR_NO_ROOM);
    assert_string_equal(json, "untouched");
    assert_int_equal(candor_report_json(report, 0, json, len, &again), CANDOR_OK);
    assert_int_equal(len, again);
    assert_int_equal(strncmp(json, "{\"input\":\"reply\",\"kind\":\"failure\"", 32), 0);
    assert_int_equal(json[len - 1], '}');
    candor_report_free(report);
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    for (size_t stop_at = 1;; stop_at++) {
        struct ration ration = {.stop_at = stop_at};
        candor_options options = options_for(&ration);
        candor_report *report;
        candor_status status = candor_read_mail(&options, mail, sizeof(mail) - 1, &report);
        candor_report_free(report);
        assert_int_equal(ration.out, 0);
        if (status == CANDOR_OK)
            break;
        assert_int_equal(status, CANDOR_NO_MEMORY);
        assert_null(report);
    }
}

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    struct ration ration = {0};
    candor_options options = options_for(&ration);
    candor_report *report;
    candor_explanation x = {.size = 1};
    assert_int_equal(candor_explain(NULL, "", 0, &report), CANDOR_BAD_ARGUMENT);
    assert_int_equal(candor_explain(&options, NULL, 1, &report), CANDOR_BAD_ARGUMENT);
    assert_int_equal(candor_explain(&options, "", 0, NULL), CANDOR_BAD_ARGUMENT);
    assert_int_equal(candor_explain(&options, NULL, 0, &report), CANDOR_OK);
    assert_int_equal(candor_report_get(report, 0, &x), CANDOR_BAD_ARGUMENT);
    candor_report_free(report);
    options.memory.give = NULL;
    assert_int_equal(candor_explain(&options, "", 0, &report), CANDOR_BAD_ARGUMENT);
    options = options_for(&ration);
    options.memory_limit = 10;
    assert_int_equal(candor_explain(&options, "550 no", 6, &report), CANDOR_NO_MEMORY);
    assert_int_equal(ration.out, 0);
}

/* A program made with an older library, and one made with a newer one. */
static void sizes_are_kept_to(void **state)
{
    (void)state;
    struct ration ration = {0};
    candor_options old = options_for(&ration);
    candor_report *report;
    struct {
        candor_explanation x;
        char more[16];
    } newer;
    candor_explanation x;
    memset(&x, 'x', sizeof(x));
    memset(&newer, 'x', sizeof(newer));
    old.size = offsetof(candor_options, memory_limit);
    old.memory_limit = 1;
    assert_int_equal(candor_explain(&old, "550 no", 6, &report), CANDOR_OK);
    x.size = offsetof(candor_explanation, text);
    assert_int_equal(candor_report_get(report, 0, &x), CANDOR_OK);
    assert_int_equal(x.code, 550);
    assert_int_equal(*(const char *)&x.text, 'x');
    newer.x.size = sizeof(newer);
    assert_int_equal(candor_report_get(report, 0, &newer.x), CANDOR_OK);
    assert_int_equal(newer.more[15], 0);
    candor_report_free(report);
}

static void names_and_codes_are_listed(void **state)
{
    (void)state;
    candor_code c = {.size = sizeof(c)};
    for (size_t i = 0; i < candor_cause_count(); i++)
        assert_true(*candor_cause_name(i) && *candor_cause_title(i));
    assert_null(candor_cause_name(candor_cause_count()));
    assert_int_equal(candor_code_of(550, &c), CANDOR_OK);
    assert_text(c.name, "550");
    assert_int_equal(candor_code_of_enhanced(5, 7, 26, &c), CANDOR_OK);
    assert_true(c.meaning.len && c.step.len && c.cause.len);
    assert_int_equal(candor_code_of(70000, &c), CANDOR_UNKNOWN);
    assert_int_equal(candor_code_of_enhanced(5, 900, 1, &c), CANDOR_UNKNOWN);
    assert_true(*candor_version());
}

static void *explain_often(void *shared)
{
    struct ration ration = {0};
    candor_options options = options_for(&ration);
    for (size_t i = 0; i < 200; i++) {
        candor_report *report;
        candor_explanation x = {.size = sizeof(x)};
        if (candor_explain(&options, reply, strlen(reply), &report) != CANDOR_OK ||
            candor_report_get(shared, i % 2, &x) != CANDOR_OK || !x.cause.len)
            return NULL;
        candor_report_free(report);
    }
    return ration.out == 0 ? shared : NULL;
}

static void threads_share_a_report(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    struct ration ration = {0};
    candor_options options = options_for(&ration);
    candor_report *report;
    pthread_t threads[THREADS];
    assert_int_equal(candor_read_mail(&options, mail, sizeof(mail) - 1, &report), CANDOR_OK);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, explain_often, report), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *good;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
    candor_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_explained),         cmocka_unit_test(a_mail_is_read),
        cmocka_unit_test(json_tells_the_room_it_needs), cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(wrong_arguments_are_told),     cmocka_unit_test(sizes_are_kept_to),
        cmocka_unit_test(names_and_codes_are_listed),   cmocka_unit_test(threads_share_a_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
