#include "check.h"

#include "mail/envelope.h"
#include "system/heap.h"

static struct recipient recipients[] = {
    {.address = SLICE_INIT("one@example.org"),
     .original = SLICE_INIT("rfc822;one@example.org"),
     .notify = NOTIFY_FAILURE | NOTIFY_DELAY},
    {.address = SLICE_INIT("two@example.net"), .original = SLICE_INIT(""), .notify = NOTIFY_NEVER},
};

static const uint32_t told[] = {0, 3, 70000};

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
    .received_at = 1795000000123,
    .size = 4096,
    .hold_until = 1795000009000,
    .priority = -9,
    .by_mode = BY_NOTIFY,
    .by_trace = true,
    .deliver_by = 1795000019000,
    .campaign = SLICE_INIT("spring 2026"),
    .wants_verp = true,
    .verp = {'-', '='},
    .tells = {0x123456789, 2, told, 3},
    .recipients = recipients,
    .count = 2,
};

static void encode(struct buf *out)
{
    buf_init(out, &heap, 4096);
    envelope_encode(out, &sample);
    assert_false(out->failed);
}

static void comes_back_whole(void **state)
{
    (void)state;
    struct buf out;
    struct arena arena;
    struct envelope e;
    encode(&out);
    arena_init(&arena, &heap, 4096);
    assert_true(envelope_decode(buf_slice(&out), &arena, &e, NULL));
    assert_slice(e.sender, "me@example.com");
    assert_slice(e.envid, "QQ314159");
    assert_slice(e.helo, "client.example.com");
    assert_slice(e.client, "2001:db8::7");
    assert_slice(e.protocol, "ESMTP");
    assert_int_equal(e.return_type, RETURN_HEADERS);
    assert_int_equal(e.body, BODY_8BITMIME);
    assert_true(e.smtputf8 && e.requires_tls && e.tls_is_optional);
    assert_true(e.received_at == sample.received_at);
    assert_true(e.size == sample.size);
    assert_true(e.hold_until == sample.hold_until && e.priority == -9);
    assert_true(e.by_mode == BY_NOTIFY && e.by_trace && e.deliver_by == sample.deliver_by);
    assert_slice(e.campaign, "spring 2026");
    assert_true(e.wants_verp);
    assert_slice(envelope_verp(&e), "-=");
    assert_true(e.tells.message == 0x123456789 && e.tells.kind == 2);
    assert_int_equal(e.tells.count, 3);
    assert_memory_equal(e.tells.recipients, told, sizeof(told));
    assert_int_equal(e.count, 2);
    assert_slice(e.recipients[0].address, "one@example.org");
    assert_slice(e.recipients[0].original, "rfc822;one@example.org");
    assert_int_equal(e.recipients[0].notify, NOTIFY_FAILURE | NOTIFY_DELAY);
    assert_slice(e.recipients[1].address, "two@example.net");
    assert_int_equal(e.recipients[1].original.len, 0);
    arena_reset(&arena);
    buf_free(&out);
}

static void refuses_what_is_cut_or_longer(void **state)
{
    (void)state;
    struct buf out;
    struct arena arena;
    struct envelope e;
    encode(&out);
    arena_init(&arena, &heap, 4096);
    for (size_t len = 0; len < out.len; len++) {
        struct err err = {0};
        assert_false(envelope_decode(slice_head(buf_slice(&out), len), &arena, &e, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
        arena_reset(&arena);
    }
    buf_add_char(&out, 0);
    assert_false(envelope_decode(buf_slice(&out), &arena, &e, NULL));
    arena_reset(&arena);
    buf_free(&out);
}

static void refuses_strange_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice in;
    } cases[] = {
        {"version 2", SLICE_INIT("\2\0\0\0\0\0\0\0\0\0\0\0")},
        {"return type 3", SLICE_INIT("\1\0\0\3\0\0\0\0\0\0\0\0")},
        {"body type 3", SLICE_INIT("\1\0\0\0\3\0\0\0\0\0\0\0")},
        {"flag 4", SLICE_INIT("\1\0\0\0\0\4\0\0\0\0\0\0")},
        {"a recipient too many", SLICE_INIT("\1\0\0\0\0\0\0\0\0\0\0\2\1a\0\0")},
        {"a million recipients", SLICE_INIT("\1\0\0\0\0\0\0\0\0\0\0\x80\x80\x40")},
        {"notify 16", SLICE_INIT("\1\0\0\0\0\0\0\0\0\0\0\1\1a\0\x10")},
        {"tells of no message", SLICE_INIT("\1\0\0\0\0\x40\0\0\0\0\0\0\0\0\0")},
        {"tells of a million", SLICE_INIT("\1\0\0\0\0\x40\0\0\0\0\0\0\1\0\x80\x80\x40")},
        {"tells of too high a number",
         SLICE_INIT("\1\0\0\0\0\x40\0\0\0\0\0\0\1\0\2\x80\x80\x40\1")},
        {"a notice of kind 16", SLICE_INIT("\1\0\0\0\0\x40\0\0\0\0\0\0\1\x10\0")},
    };
    struct arena arena;
    struct envelope e;
    arena_init(&arena, &heap, 4096);
    assert_true(envelope_decode(SLICE("\1\0\0\0\0\0\0\0\0\0\0\0"), &arena, &e, NULL));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = {0};
        if (envelope_decode(cases[i].in, &arena, &e, &err) || err.code != ERR_CORRUPT)
            fail_msg("%s: taken, or not called damage", cases[i].name);
    }
    arena_reset(&arena);
}

static void says_when_memory_ends(void **state)
{
    (void)state;
    struct buf out;
    struct arena arena;
    struct envelope e;
    struct err err = {0};
    encode(&out);
    arena_init(&arena, &heap, 8);
    assert_false(envelope_decode(buf_slice(&out), &arena, &e, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_whole),
        cmocka_unit_test(refuses_what_is_cut_or_longer),
        cmocka_unit_test(refuses_strange_values),
        cmocka_unit_test(says_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
