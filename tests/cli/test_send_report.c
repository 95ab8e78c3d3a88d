#include "cli/send_report.h"

#include <sysexits.h>

#include "check.h"
#include "system/heap.h"

static struct outcome said(uint16_t code, struct enhanced enhanced, const char *text)
{
    return (struct outcome){.stage = STAGE_RCPT,
                            .reply = {.code = code, .enhanced = enhanced, .text = slice_str(text)}};
}

static void exits_as_scripts_expect(void **state)
{
    (void)state;
    struct outcome no_answer = {.stage = STAGE_CONNECT, .failure = SLICE("Connection refused")};
    struct outcome no_server = {.stage = STAGE_CONNECT,
                                .failure = SLICE("Name or service not known")};
    struct {
        const char *name;
        struct outcome outcome;
        int status;
    } cases[] = {
        {"accepted", said(250, (struct enhanced){2, 6, 0}, "queued"), EX_OK},
        {"no such mailbox", said(550, (struct enhanced){5, 1, 1}, "User unknown"), EX_NOUSER},
        {"no such domain", said(550, (struct enhanced){5, 1, 2}, "Domain not found"), EX_NOHOST},
        {"too large", said(552, (struct enhanced){5, 3, 4}, "Message too big"), EX_DATAERR},
        {"relay", said(554, (struct enhanced){5, 7, 1}, "Relay access denied"), EX_NOPERM},
        {"greylisted", said(450, (struct enhanced){4, 2, 0}, "Greylisted"), EX_TEMPFAIL},
        {"a bare 421", said(421, (struct enhanced){0}, "Goodbye"), EX_TEMPFAIL},
        {"a bare 554", said(554, (struct enhanced){0}, "No"), EX_UNAVAILABLE},
        {"nobody listens", no_answer, EX_TEMPFAIL},
        {"no such server", no_server, EX_TEMPFAIL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (send_status(&cases[i].outcome, NULL) != cases[i].status)
            fail_msg("%s: %d", cases[i].name, send_status(&cases[i].outcome, NULL));
}

static void a_permanent_refusal_counts_more_than_a_transient_one(void **state)
{
    (void)state;
    const struct outcome outcomes[] = {
        said(250, (struct enhanced){2, 6, 0}, "queued"),
        said(450, (struct enhanced){4, 2, 0}, "Greylisted"),
        said(550, (struct enhanced){5, 1, 1}, "User unknown"),
    };
    assert_int_equal(send_status_of_all(outcomes, 1, NULL), EX_OK);
    assert_int_equal(send_status_of_all(outcomes, 2, NULL), EX_TEMPFAIL);
    assert_int_equal(send_status_of_all(outcomes, 3, NULL), EX_NOUSER);
}

static void tells_shared_refusals_once_and_harmlessly(void **state)
{
    (void)state;
    struct recipient recipients[] = {
        {.address = SLICE("a@x.y")}, {.address = SLICE("b@x.y")}, {.address = SLICE("c@x.y")}};
    struct envelope e = {.recipients = recipients, .count = 3};
    const struct outcome outcomes[] = {
        said(550, (struct enhanced){5, 1, 1}, "User\x1b[31m unknown"),
        said(250, (struct enhanced){2, 1, 5}, "ok"),
        said(550, (struct enhanced){5, 1, 1}, "User\x1b[31m unknown"),
    };
    struct buf out;
    buf_init(&out, &heap, 10000);
    send_report(&out, &e, outcomes, SLICE("127.0.0.1:25"), NULL, &heap, 80);
    assert_true(slice_starts(buf_slice(&out),
                             SLICE("Not sent to a@x.y, c@x.y.\n"
                                   "  127.0.0.1:25 at rcpt: 550 5.1.1 User?[31m unknown\n  ")));
    assert_int_equal(slice_find_slice(buf_slice(&out), SLICE("b@x.y"), 0), SLICE_NONE);
    assert_int_equal(slice_find_slice(buf_slice(&out), SLICE("Not sent"), 1), SLICE_NONE);
    buf_free(&out);
}

static void tells_of_a_failure_without_reply(void **state)
{
    (void)state;
    struct recipient recipient = {.address = SLICE("a@x.y")};
    struct envelope e = {.recipients = &recipient, .count = 1};
    struct outcome o = {.stage = STAGE_CONNECT, .failure = SLICE("Connection refused")};
    struct buf out;
    buf_init(&out, &heap, 10000);
    send_report(&out, &e, &o, SLICE("127.0.0.1:1"), NULL, &heap, 80);
    assert_true(
        slice_starts(buf_slice(&out), SLICE("Not sent to a@x.y.\n"
                                            "  127.0.0.1:1 at connect: Connection refused\n")));
    assert_true(slice_find_slice(buf_slice(&out), SLICE("does not keep it"), 0) != SLICE_NONE);
    assert_int_equal(slice_find_slice(buf_slice(&out), SLICE("by itself"), 0), SLICE_NONE);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exits_as_scripts_expect),
        cmocka_unit_test(a_permanent_refusal_counts_more_than_a_transient_one),
        cmocka_unit_test(tells_of_a_failure_without_reply),
        cmocka_unit_test(tells_shared_refusals_once_and_harmlessly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
