#include "mail/dsn_read.h"

#include "check.h"
#include "system/heap.h"

enum { ARENA_LIMIT = 1 << 16 };

static const char report[] = "\n\nReporting-MTA: dns; mx.example.net\n"
                             "Original-Envelope-Id: e1\n"
                             "Arrival-Date: Mon, 5 Oct 2026 10:00:00 +0200\n"
                             "\n"
                             "original-recipient: rfc822; old@example.org\n"
                             "FINAL-RECIPIENT: rfc822; ned@example.org\n"
                             "this line is no field\n"
                             "Action: failed\n"
                             "Status: 5.0.0 (permanent failure)\n"
                             "Remote-MTA: dns; mail.example.org\n"
                             "Diagnostic-Code: smtp; 550-5.1.1 no\n"
                             "\t550 5.1.1 such user\n"
                             "Diagnostic-Code: smtp; 250 fine\n"
                             "Last-Attempt-Date: Mon, 5 Oct 2026 10:00:01 +0200\n"
                             "\n"
                             "X-Note: about nobody\n"
                             "\n"
                             "Final-Recipient: rfc822; olga@example.org\n"
                             "Final-Recipient: rfc822; pia@example.com\n";

static void reads_fields(void **state)
{
    (void)state;
    struct arena arena;
    struct dsn_reader r;
    struct dsn_recipient_fields f;
    arena_init(&arena, &heap, ARENA_LIMIT);
    dsn_read_begin(&r, slice_str(report), false, &arena);
    assert_true(dsn_read_next(&r, &f));
    assert_slice(r.message.reporting_mta, "dns; mx.example.net");
    assert_slice(r.message.original_envelope_id, "e1");
    assert_slice(r.message.arrival_date, "Mon, 5 Oct 2026 10:00:00 +0200");
    assert_slice(f.original_recipient, "rfc822; old@example.org");
    assert_slice(f.final_recipient, "rfc822; ned@example.org");
    assert_slice(f.action, "failed");
    assert_slice(f.status, "5.0.0 (permanent failure)");
    assert_slice(f.remote_mta, "dns; mail.example.org");
    assert_slice(f.diagnostic_code, "smtp; 550-5.1.1 no\t550 5.1.1 such user");
    assert_slice(f.last_attempt_date, "Mon, 5 Oct 2026 10:00:01 +0200");
    assert_true(dsn_read_next(&r, &f));
    assert_slice(f.final_recipient, "rfc822; olga@example.org");
    assert_slice(f.diagnostic_code, "");
    assert_true(dsn_read_next(&r, &f));
    assert_slice(f.final_recipient, "rfc822; pia@example.com");
    assert_false(dsn_read_next(&r, &f));
    assert_false(r.is_short);
    arena_reset(&arena);
}

static void takes_no_address_that_may_be_cut(void **state)
{
    (void)state;
    struct slice text = SLICE("Final-Recipient: rfc822; ned@example.or");
    struct dsn_reader r;
    struct dsn_recipient_fields f;
    struct arena arena;
    arena_init(&arena, &heap, ARENA_LIMIT);
    dsn_read_begin(&r, text, true, &arena);
    assert_false(dsn_read_next(&r, &f));
    dsn_read_begin(&r, text, false, &arena);
    assert_true(dsn_read_next(&r, &f));
    arena_reset(&arena);
}

static void takes_addresses_out_of_fields(void **state)
{
    (void)state;
    static const struct {
        const char *field, *address;
    } cases[] = {
        {"rfc822; ned@example.org", "ned@example.org"},
        {"RFC822;<ned@example.org>", "ned@example.org"},
        {"rfc822; Ned <ned@example.org>", "ned@example.org"},
        {"ned@example.org", "ned@example.org"},
        {"rfc822; <ned@example.org", "ned@example.org"},
        {"rfc822", ""},
        {"rfc822;", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_slice(dsn_address(slice_str(cases[i].field)), cases[i].address);
    assert_slice(dsn_value(SLICE("smtp; 550 a; b")), "550 a; b");
    assert_slice(dsn_value(SLICE("550 a; b")), "550 a; b");
}

static void reads_actions_and_codes(void **state)
{
    (void)state;
    struct enhanced status;
    assert_int_equal(dsn_action_of(SLICE("Failed (for good)")), DSN_ACTION_FAILED);
    assert_int_equal(dsn_action_of(SLICE("delayed")), DSN_ACTION_DELAYED);
    assert_int_equal(dsn_action_of(SLICE("expanded")), DSN_ACTION_EXPANDED);
    assert_int_equal(dsn_action_of(SLICE("perhaps")), DSN_ACTION_NONE);
    assert_true(dsn_status_of(SLICE("5.0.0 (permanent failure)"), &status));
    assert_true(enhanced_eq(status, (struct enhanced){5, 0, 0}));
    assert_false(dsn_status_of(SLICE("unknown"), &status));
    assert_false(dsn_status_of(SLICE(""), &status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields),
        cmocka_unit_test(takes_no_address_that_may_be_cut),
        cmocka_unit_test(takes_addresses_out_of_fields),
        cmocka_unit_test(reads_actions_and_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
