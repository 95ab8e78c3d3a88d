/* Content at every split, in sessions that are otherwise fine. */
#include "player.h"

static struct recipient list[] = {{.address = SLICE_INIT("a@example.net")}};
static const struct envelope envelope = {
    .sender = SLICE_INIT("s@example.org"), .recipients = list, .count = 1};
static const struct script plain = {.name = "content", .envelope = &envelope, .messages = 0};

static const struct {
    const char *content, *wire;
} cases[] = {
    {"", ".\r\n"},
    {"a", "a\r\n.\r\n"},
    {"a\r\n", "a\r\n.\r\n"},
    {".", "..\r\n.\r\n"},
    {".\r\n", "..\r\n.\r\n"},
    {"..\r\n", "...\r\n.\r\n"},
    {"a.b\r\n", "a.b\r\n.\r\n"},
    {"\r\n.\r\n", "\r\n..\r\n.\r\n"},
    {"a\r\n.\r\n.\r\nb\r\n..c", "a\r\n..\r\n..\r\nb\r\n...c\r\n.\r\n"},
    {"a\r", "a\r\n.\r\n"},
    {"a\r\r\n.b\r\n", "a\r\r\n..b\r\n.\r\n"},
    {"a\n.b\r\n", "a\n.b\r\n.\r\n"},
    {"a\r.b\r\n", "a\r.b\r\n.\r\n"},
    {"\n.a", "\n.a\r\n.\r\n"},
    {"\r\n\r\n.", "\r\n\r\n..\r\n.\r\n"},
    {"caf\xc3\xa9\r\n.\xff\r\n", "caf\xc3\xa9\r\n..\xff\r\n.\r\n"},
};

/* A session that asks for content. */
static void start(struct player *p)
{
    static const char *const server[] = {"220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n",
                                         "354 go\r\n"};
    struct smtp_client_event e = {.kind = SMTP_CLIENT_CLOSE};
    player_start(p, &plain);
    for (size_t i = 0; i < sizeof(server) / sizeof(server[0]); i++) {
        smtp_client_feed(p->client, slice_str(server[i]), 0);
        while (smtp_client_next(p->client, &e))
            if (e.kind == SMTP_CLIENT_READY)
                smtp_client_send(p->client, &p->message, 0);
        smtp_client_sent(p->client, smtp_client_output(p->client).len, 0);
    }
    assert_int_equal(e.kind, SMTP_CLIENT_NEEDS_BODY);
}

static void stuffs_dots_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice content = slice_str(cases[i].content);
        for (size_t split = 0; split <= content.len; split++) {
            struct player p;
            start(&p);
            smtp_client_body(p.client, slice_head(content, split), false, 0);
            smtp_client_body(p.client, slice_from(content, split), true, 0);
            assert_slice(smtp_client_output(p.client), cases[i].wire);
            player_end(&p);
        }
    }
}

static void stuffs_dots_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct player p;
        start(&p);
        for (const char *at = cases[i].content; *at; at++)
            smtp_client_body(p.client, slice_of(at, 1), false, 0);
        smtp_client_body(p.client, SLICE(""), true, 0);
        assert_slice(smtp_client_output(p.client), cases[i].wire);
        player_end(&p);
    }
}

/* Content comes as fast as it goes out: output stays within bounds, whatever the network takes. */
static void asks_for_content_only_when_output_is_short(void **state)
{
    (void)state;
    static const char piece[4000];
    struct player p;
    struct smtp_client_event e;
    size_t asked = 0, total = 0;
    start(&p);
    smtp_client_body(p.client, SLICE("\r\n"), false, 0);
    while (total < 1 << 20) {
        while (smtp_client_next(p.client, &e)) {
            assert_int_equal(e.kind, SMTP_CLIENT_NEEDS_BODY);
            assert_true(smtp_client_output(p.client).len < 64 * 1024);
            smtp_client_body(p.client, slice_of(piece, sizeof(piece)), false, 0);
            asked++;
        }
        assert_true(smtp_client_output(p.client).len >= 64 * 1024);
        smtp_client_sent(p.client, 1111, 0); /* never all of it */
        total += 1111;
    }
    assert_true(asked > (1 << 20) / sizeof(piece));
    assert_int_equal(asked * sizeof(piece) + 2, total + smtp_client_output(p.client).len);
    player_end(&p);
}

static void asks_once_until_it_gets_some(void **state)
{
    (void)state;
    struct player p;
    struct smtp_client_event e;
    start(&p);
    assert_false(smtp_client_next(p.client, &e));
    smtp_client_sent(p.client, 0, 0);
    assert_false(smtp_client_next(p.client, &e));
    smtp_client_body(p.client, SLICE("x"), false, 0);
    assert_true(smtp_client_next(p.client, &e));
    assert_int_equal(e.kind, SMTP_CLIENT_NEEDS_BODY);
    player_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stuffs_dots_at_every_split),
        cmocka_unit_test(stuffs_dots_byte_by_byte),
        cmocka_unit_test(asks_for_content_only_when_output_is_short),
        cmocka_unit_test(asks_once_until_it_gets_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
