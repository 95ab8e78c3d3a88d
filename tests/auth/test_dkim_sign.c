#include "auth/dkim_sign.h"

#include "base/base64.h"
#include "check.h"
#include "system/heap.h"

/* RFC 8463 appendix A: the key, the message, and the signature without its value. */
#define SAMPLE_KEY                                                                                 \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                           \
    "-----END PRIVATE KEY-----\n"
#define SAMPLE_HEADER                                                                              \
    "From: Joe SixPack <joe@football.example.com>\r\n"                                             \
    "To: Suzie Q <suzie@shopping.example.net>\r\n"                                                 \
    "Subject: Is dinner ready?\r\n"                                                                \
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                              \
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define SAMPLE_BODY  "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
#define SAMPLE_NAMES "from : to :\r\n subject : date : message-id : from : subject : date"
#define SAMPLE_SIGNATURE                                                                           \
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"                                \
    " d=football.example.com; i=@football.example.com;\r\n"                                        \
    " q=dns/txt; s=brisbane; t=1528637909; h=" SAMPLE_NAMES ";\r\n"                                \
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                        \
    " b="

static struct key *key;
static char storage[DKIM_SIGNATURE_MAX];
static struct buf out;

static int set_up(void **state)
{
    const char *why;
    (void)state;
    key = key_read(SLICE(SAMPLE_KEY), &why);
    buf_init_fixed(&out, storage, sizeof(storage));
    return key ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    key_free(key);
    return 0;
}

static bool read_message(struct dkim_message *m, const char *text, size_t cut)
{
    struct slice in = slice_str(text);
    dkim_message_begin(m, &heap);
    dkim_message_add(m, slice_head(in, cut));
    dkim_message_add(m, slice_from(in, cut));
    return dkim_message_end(m);
}

static void assert_base64(struct slice bytes, const char *expected)
{
    char text[256];
    struct buf base64;
    buf_init_fixed(&base64, text, sizeof(text));
    base64_write(&base64, bytes);
    assert_slice(buf_slice(&base64), expected);
}

static void makes_the_signature_of_the_rfc(void **state)
{
    char digest[SHA256_SIZE];
    (void)state;
    buf_clear(&out);
    assert_true(dkim_header_hash(SLICE(SAMPLE_HEADER), SLICE(SAMPLE_NAMES), SLICE(SAMPLE_SIGNATURE),
                                 false, &heap, digest));
    assert_true(key_sign(key, digest, &out));
    assert_base64(buf_slice(&out), "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3F"
                                   "Y5OsU7ZbnKELq+eXdp1Q1Dw==");
}

static void hashes_the_body_wherever_the_message_is_cut(void **state)
{
    static const char text[] = SAMPLE_HEADER "\r\n" SAMPLE_BODY;
    (void)state;
    for (size_t cut = 0; cut < sizeof(text); cut++) {
        struct dkim_message m;
        assert_true(read_message(&m, text, cut));
        assert_slice(dkim_message_header(&m), SAMPLE_HEADER);
        assert_base64(slice_of(m.body_hash, sizeof(m.body_hash)),
                      "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
        dkim_message_free(&m);
    }
}

static void names_more_fields_than_there_are(void **state)
{
    const struct dkim_key who = {SLICE("example.com"), SLICE("s1"), key};
    struct dkim_message m;
    (void)state;
    buf_clear(&out);
    assert_true(read_message(&m, "List-Id: x\r\n" SAMPLE_HEADER "\r\n" SAMPLE_BODY, 0));
    assert_true(dkim_message_sign(&m, &who, 1528637909, &out));
    dkim_message_free(&m);
    struct slice field = buf_slice(&out);
    assert_true(slice_starts(field, SLICE("DKIM-Signature: v=1; a=ed25519-sha256; "
                                          "c=relaxed/relaxed;\r\n\td=example.com; s=s1;\r\n"
                                          "\tt=1528637909; bh=2jUSOH9N")));
    assert_true(slice_find_slice(field, SLICE("\th=From:From:To:To:Cc:Subject:Subject:Date:Date:"),
                                 0) != SLICE_NONE);
    assert_true(slice_find_slice(field, SLICE("List-Id;\r\n\tb="), 0) != SLICE_NONE);
    for (struct slice line; slice_line(&field, &line);)
        assert_true(line.len > 0 && line.len <= 78);
}

static void does_not_sign_what_is_no_message(void **state)
{
    static const char *const texts[] = {
        "",
        "\r\nFrom: a@example.org\r\n\r\n",
        "Subject: nobody's\r\n\r\nx\r\n",
        "From: a@example.org\r\nFrom: b@example.org\r\n\r\nx\r\n",
        "From: a@example.org\r\nno field\r\n\r\nx\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct dkim_message m;
        assert_false(read_message(&m, texts[i], 3));
        dkim_message_free(&m);
    }
}

static void does_not_sign_fields_without_end(void **state)
{
    const struct dkim_key who = {SLICE("example.com"), SLICE("s1"), key};
    struct dkim_message m;
    (void)state;
    buf_clear(&out);
    dkim_message_begin(&m, &heap);
    dkim_message_add(&m, SLICE("From: a@example.org\r\n"));
    for (int i = 0; i < 17; i++)
        dkim_message_add(&m, SLICE("To: b@example.org\r\n"));
    dkim_message_add(&m, SLICE("\r\n"));
    assert_true(dkim_message_end(&m));
    assert_false(dkim_message_sign(&m, &who, 0, &out));
    dkim_message_free(&m);
}

static void a_header_without_end_takes_no_more_memory_than_it_may(void **state)
{
    static char line[64 * 1024];
    struct dkim_message m;
    (void)state;
    memset(line, 'x', sizeof(line));
    dkim_message_begin(&m, &heap);
    for (int i = 0; i < 100; i++)
        dkim_message_add(&m, slice_of(line, sizeof(line)));
    assert_true(m.header.size <= DKIM_HEADER_MAX);
    assert_false(dkim_message_end(&m));
    dkim_message_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_the_signature_of_the_rfc),
        cmocka_unit_test(hashes_the_body_wherever_the_message_is_cut),
        cmocka_unit_test(names_more_fields_than_there_are),
        cmocka_unit_test(does_not_sign_what_is_no_message),
        cmocka_unit_test(does_not_sign_fields_without_end),
        cmocka_unit_test(a_header_without_end_takes_no_more_memory_than_it_may),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
