#include "check.h"

#include "mail/envelope_text.h"
#include "system/heap.h"

enum { MOST = 1 << 16 };

static struct recipient recipients[] = {
    {.address = SLICE_INIT("one@example.org"),
     .original = SLICE_INIT("rfc822;one+2Btwo@example.org"),
     .notify = NOTIFY_FAILURE | NOTIFY_DELAY},
    {.address = SLICE_INIT("\"two words>\"@example.net"), .original = SLICE_INIT("")},
};

static const struct envelope sample = {
    .sender = SLICE_INIT("me@example.com"),
    .envid = SLICE_INIT("QQ314159"),
    .return_type = RETURN_HEADERS,
    .body = BODY_8BITMIME,
    .smtputf8 = true,
    .requires_tls = true,
    .tls_is_optional = true,
    .helo = SLICE_INIT("client.example.com"),
    .client = SLICE_INIT("2001:db8::7"),
    .protocol = SLICE_INIT("ESMTP"),
    .hold_until = 1795461300123,
    .priority = 9,
    .by_mode = BY_RETURN,
    .by_trace = true,
    .deliver_by = 1795461360000,
    .campaign = SLICE_INIT("spring+2026 \xe2\x82\xac"),
    .wants_verp = true,
    .verp = {'+', '='},
    .recipients = recipients,
    .count = 2,
};

static const char sample_text[] =
    "XFORWARD ADDR=2001:db8::7 HELO=client.example.com PROTO=ESMTP\n"
    "MAIL FROM:<me@example.com> BODY=8BITMIME SMTPUTF8 REQUIRETLS XTLSOPTIONAL "
    "HOLDUNTIL=2026-11-23T19:15:00.123Z MT-PRIORITY=9 "
    "XDELIVERBY=2026-11-23T19:16:00.000Z;RT XVERP=+= RET=HDRS ENVID=QQ314159 "
    "XCAMPAIGN=spring+2B2026+20+E2+82+AC\n"
    "RCPT TO:<one@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;one+2Btwo@example.org\n"
    "RCPT TO:<\"two words>\"@example.net>\n";

static void says_and_reads_everything(void **state)
{
    (void)state;
    struct buf out;
    struct arena arena;
    struct envelope e;
    struct err err = {0};
    buf_init(&out, &heap, MOST);
    arena_init(&arena, &heap, MOST);
    assert_true(envelope_text_write(&out, &sample));
    assert_slice(buf_slice(&out), sample_text);
    assert_true(envelope_text_read(buf_slice(&out), &arena, &e, &err));
    assert_slice(e.sender, "me@example.com");
    assert_slice(e.envid, "QQ314159");
    assert_slice(e.helo, "client.example.com");
    assert_slice(e.client, "2001:db8::7");
    assert_slice(e.protocol, "ESMTP");
    assert_true(slice_eq(e.campaign, sample.campaign));
    assert_true(e.wants_verp && slice_eq(envelope_verp(&e), SLICE("+=")));
    assert_true(e.return_type == RETURN_HEADERS && e.body == BODY_8BITMIME && e.smtputf8 &&
                e.requires_tls && e.tls_is_optional && e.hold_until == sample.hold_until &&
                e.priority == 9 && e.by_mode == BY_RETURN && e.by_trace &&
                e.deliver_by == sample.deliver_by);
    assert_int_equal(e.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(slice_eq(e.recipients[i].address, recipients[i].address));
        assert_true(slice_eq(e.recipients[i].original, recipients[i].original));
        assert_int_equal(e.recipients[i].notify, recipients[i].notify);
    }
    arena_reset(&arena);
    buf_free(&out);
}

static void says_nothing_that_would_be_read_otherwise(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a@b>\nRCPT TO:<c@d", "a\r\nb@example.org",
                                        "a b@example.org", "", "a@b> NOTIFY=NEVER"};
    struct buf out;
    buf_init(&out, &heap, MOST);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct recipient r = {.address = slice_str(wrong[i]), .original = SLICE("")};
        struct envelope e = {.sender = SLICE("me@example.com"), .recipients = &r, .count = 1};
        assert_false(envelope_text_write(&out, &e));
        assert_int_equal(out.len, 0);
        r.address = SLICE("a@b.example");
        r.original = slice_str("rfc822;a b");
        assert_false(envelope_text_write(&out, &e));
    }
    buf_free(&out);
}

static void reads_what_people_write(void **state)
{
    (void)state;
    struct arena arena;
    struct envelope e;
    struct err err;
    arena_init(&arena, &heap, MOST);
    assert_true(
        envelope_text_read(SLICE("mail from: <>\r\n\r\nrcpt to: <a@b.example>  notify=never "
                                 "\r\n"),
                           &arena, &e, &err));
    assert_slice(e.sender, "");
    assert_int_equal(e.count, 1);
    assert_slice(e.recipients[0].address, "a@b.example");
    assert_int_equal(e.recipients[0].notify, NOTIFY_NEVER);
    arena_reset(&arena);
}

static void says_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text;
        size_t line;
        const char *words;
    } cases[] = {
        {"", 1, "MAIL FROM"},
        {"MAIL FROM:<a@b.example>", 1, "RCPT TO"},
        {"RCPT TO:<a@b.example>", 1, "before"},
        {"MAIL FROM:<>\nRCPT TO:<>\n", 2, ""},
        {"MAIL FROM:<>\nMAIL FROM:<>\n", 2, "second"},
        {"MAIL FROM:a@b.example\n", 1, ""},
        {"MAIL FROM:<> RET=SOME\n", 1, "RET"},
        {"MAIL FROM:<> BODY=9BIT\n", 1, "BODY"},
        {"MAIL FROM:<> SIZE=x\n", 1, "SIZE"},
        {"MAIL FROM:<>\nRCPT TO:<a@b.example> NOTIFY=NEVER,DELAY\n", 2, "NOTIFY"},
        {"MAIL FROM:<>\nRCPT TO:<a@b.example> NOTIFY=\n", 2, ""},
        {"MAIL FROM:<>\nRCPT TO:<a@b.example> ORCPT=x\n", 2, "ORCPT"},
        {"MAIL FROM:<>\nRCPT TO:<a@b.example>x\n", 2, "space"},
        {"XFORWARD ADDR=here\n", 1, "ADDR"},
        {"XFORWARD PROTO=E-S\n", 1, "PROTO"},
        {"HELO x\n", 1, "none of"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena arena;
        struct envelope e;
        struct err err = {0};
        arena_init(&arena, &heap, MOST);
        bool is_read = envelope_text_read(slice_str(cases[i].text), &arena, &e, &err);
        if (is_read || err.at != cases[i].line || !strstr(err.what, cases[i].words))
            print_error("case %zu: line %zu, %s\n", i, err.at, err.what);
        assert_false(is_read);
        assert_int_equal(err.at, cases[i].line);
        assert_non_null(strstr(err.what, cases[i].words));
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_and_reads_everything),
        cmocka_unit_test(says_nothing_that_would_be_read_otherwise),
        cmocka_unit_test(reads_what_people_write),
        cmocka_unit_test(says_what_is_wrong_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
