/* Peers that speak out of turn, too much, too late or not at all; memory that ends. */
#include <stdlib.h>

#include "player.h"

enum { MANY = 3000, TURNS = 6 };
static struct recipient list[MANY];
static struct envelope envelope = {
    .sender = SLICE_INIT("s@example.org"), .recipients = list, .count = 1};
static const struct script alone = {
    .name = "bounds", .envelope = &envelope, .messages = 1, .content = "Hi"};

static const char out_of_turn[] = "the other side answered what it had not been asked\n";

/* What a peer says in one breath, each time when all before was answered. */
static const struct {
    const char *name;
    const char *server[TURNS];
    const char *told; /* at last */
} rude[] = {
    {"two greetings", {"220 a\r\n220 b\r\n"}, "close ehlo 0 "},
    {"the answer to MAIL before MAIL", {"220 a\r\n", "250 a\r\n250 b\r\n"}, "ready\nclose mail 0 "},
    {"an end of the message before its end",
     {"220 a\r\n", "250 a\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n250 stored\r\n"},
     "reply all end-of-data 0 the other side answered what it had not been asked\ndone\n"
     "close end-of-data 0 "},
    {"the same, torn apart",
     {"220 a\r\n", "250 a\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n25", "0 stored\r\n"},
     "body\nreply all end-of-data 0 the other side answered what it had not been asked\ndone\n"
     "close end-of-data 0 "},
};

static void takes_no_answer_before_its_question(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rude) / sizeof(rude[0]); i++) {
        struct player p;
        player_start(&p, &alone);
        for (size_t t = 0; t < TURNS && rude[i].server[t]; t++)
            player_feed(&p, slice_str(rude[i].server[t]));
        struct slice told = buf_slice(&p.told);
        size_t at = slice_find_slice(told, slice_str(out_of_turn), told.len - strlen(out_of_turn));
        if (at == SLICE_NONE || slice_find_slice(told, slice_str(rude[i].told), 0) == SLICE_NONE)
            fail_msg("%s: told «%.*s»", rude[i].name, SLICE_ARG(told));
        player_end(&p);
    }
}

/* Greets a peer up to READY, without giving a message. */
static struct smtp_client *ready_client(const struct mem *mem, const char *ehlo)
{
    struct smtp_client_event e = {.kind = SMTP_CLIENT_CLOSE};
    struct smtp_client *c = smtp_client_new(mem, &player_options, 0);
    const char *const server[] = {"220 mx\r\n", ehlo};
    for (size_t i = 0; i < 2; i++) {
        smtp_client_feed(c, slice_str(server[i]), 0);
        while (smtp_client_next(c, &e))
            ;
        smtp_client_sent(c, smtp_client_output(c).len, 0);
    }
    assert_int_equal(e.kind, SMTP_CLIENT_READY);
    return c;
}

static void assert_closes(struct smtp_client *c, enum stage stage, uint16_t code,
                          const char *failure)
{
    struct smtp_client_event e;
    assert_true(smtp_client_next(c, &e));
    assert_int_equal(e.kind, SMTP_CLIENT_CLOSE);
    assert_int_equal(e.stage, stage);
    assert_int_equal(e.reply.code, code);
    assert_slice(slice_str(e.failure), failure);
    assert_false(smtp_client_next(c, &e));
    assert_int_equal(smtp_client_output(c).len, 0);
    assert_true(smtp_client_deadline(c) == INT64_MAX);
}

static void an_idle_peer_may_leave_with_a_word_or_without(void **state)
{
    (void)state;
    struct smtp_client *c = ready_client(&heap, "250 mx\r\n");
    assert_true(smtp_client_deadline(c) == INT64_MAX);
    smtp_client_feed(c, SLICE("421 4.4.2 too long idle\r\n"), 0);
    assert_closes(c, STAGE_NONE, 421, "");
    smtp_client_free(&c);
    assert_null(c);
    c = ready_client(&heap, "250 mx\r\n");
    smtp_client_lost(c, "the other side closed the connection", 0);
    assert_closes(c, STAGE_NONE, 0, "the other side closed the connection");
    smtp_client_free(&c);
    c = ready_client(&heap, "250 mx\r\n");
    smtp_client_feed(c, SLICE("250 hello?\r\n"), 0);
    assert_closes(c, STAGE_NONE, 0, "the other side answered what it had not been asked");
    smtp_client_free(&c);
}

/* A 421 that was there before MAIL went out settles nobody: another connection may do. */
static void a_farewell_before_mail_settles_nobody(void **state)
{
    (void)state;
    const uint32_t first = 0;
    const struct smtp_client_message m = {.envelope = &envelope, .recipients = &first, .count = 1};
    struct smtp_client *c = ready_client(&heap, "250 mx\r\n");
    smtp_client_send(c, &m, 0);
    smtp_client_feed(c, SLICE("421 4.4.2 too long idle\r\n"), 0);
    assert_closes(c, STAGE_MAIL, 421, "");
    smtp_client_free(&c);
}

static void hears_the_last_words_before_the_end(void **state)
{
    (void)state;
    struct smtp_client_event e;
    struct smtp_client *c = smtp_client_new(&heap, &player_options, 0);
    smtp_client_feed(c, SLICE("421 go away\r\n"), 0);
    smtp_client_lost(c, "gone", 0);
    assert_true(smtp_client_next(c, &e));
    assert_slice(e.reply.text, "go away");
    smtp_client_free(&c);
}

static void says_what_it_offers(void **state)
{
    (void)state;
    static const struct {
        const char *ehlo;
        bool offers;
        uint64_t size;
    } cases[] = {{"250 mx\r\n", false, 0},
                 {"250-mx\r\n250 SIZE\r\n", true, 0},
                 {"250-mx\r\n250 size 1000\r\n", true, 1000},
                 {"250-mx\r\n250 SIZE 99999999999999999999999\r\n", true, 0},
                 {"250-SIZE 5\r\n250 HELP\r\n", false, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t size = 7;
        struct smtp_client *c = ready_client(&heap, cases[i].ehlo);
        assert_int_equal(smtp_client_offers_size(c, &size), cases[i].offers);
        assert_int_equal(size, cases[i].size);
        smtp_client_free(&c);
    }
}

/* After each answer of the first column the clock runs out. */
static void every_wait_has_its_end(void **state)
{
    (void)state;
    static const struct {
        const char *server;
        int64_t timeout;
        const char *told;
    } waits[] = {
        {"", 1000, "close connect 0 timed out waiting for the greeting\n"},
        {"220 mx\r\n", 2000, "close ehlo 0 timed out waiting for the answer to EHLO\n"},
        {"500 mx\r\n", 2000, "close ehlo 0 timed out waiting for the answer to HELO\n"},
        {"250 mx\r\n", 3000, "close mail 0 timed out waiting for the answer to MAIL\n"},
        {"250 mx\r\n", 4000, "close rcpt 0 timed out waiting for the answer to RCPT\n"},
        {"250 mx\r\n", 5000, "close data 0 timed out waiting for the answer to DATA\n"},
        {"354 mx\r\n", 7000,
         "close end-of-data 0 timed out waiting for the answer to the end of the message\n"},
        {"250 mx\r\n", 3000, "close  0\n"},
    };
    for (size_t n = 0; n < sizeof(waits) / sizeof(waits[0]); n++) {
        struct player p;
        player_start(&p, &alone);
        for (size_t i = 0; i <= n; i++)
            player_feed(&p, slice_str(waits[i].server));
        buf_clear(&p.told);
        assert_true(smtp_client_deadline(p.client) == waits[n].timeout);
        smtp_client_tick(p.client, waits[n].timeout - 1);
        player_pull(&p);
        assert_slice(buf_slice(&p.told), "");
        smtp_client_tick(p.client, waits[n].timeout);
        player_pull(&p);
        assert_slice(buf_slice(&p.told), waits[n].told);
        player_end(&p);
    }
}

/* A byte a second: what is whole in time counts, what is not has the time of one answer. */
static void a_byte_a_second_stretches_no_wait(void **state)
{
    (void)state;
    enum { SECOND = 1000, TIMEOUT = 60 * SECOND };
    static const char greeting[] = "220 slow.example ESMTP\r\n";
    struct smtp_client_options options = player_options;
    struct smtp_client_event e;
    options.greeting_timeout = options.helo_timeout = TIMEOUT;
    struct smtp_client *c = smtp_client_new(&heap, &options, 0);
    int64_t now = 0;
    for (size_t i = 0; i + 1 < sizeof(greeting); i++, now += SECOND) {
        smtp_client_tick(c, now);
        smtp_client_feed(c, slice_of(&greeting[i], 1), now);
        assert_false(smtp_client_next(c, &e));
    }
    assert_slice(smtp_client_output(c), "EHLO me.example.org\r\n");
    smtp_client_sent(c, smtp_client_output(c).len, now);
    int64_t asked = now - SECOND;
    for (; now < asked + TIMEOUT; now += SECOND) {
        smtp_client_feed(c, SLICE("2"), now);
        smtp_client_tick(c, now);
        assert_false(smtp_client_next(c, &e));
    }
    smtp_client_tick(c, now);
    assert_closes(c, STAGE_EHLO, 0, "timed out waiting for the answer to EHLO");
    smtp_client_free(&c);
}

/* Only with commands sent ahead, and while the peer has nothing of the content. */
static void who_falls_behind_may_be_asked_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *offers, *answers;
        bool is_late, fell_behind;
    } ways[] = {
        {"250-mx\r\n250 PIPELINING\r\n", "", true, true},
        {"250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n", true, true},
        {"250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n354 go\r\n", false, true},
        {"250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n250 ok\r\n250 ok\r\n", false, true},
        {"250-mx\r\n250 PIPELINING\r\n", "250 ok\r\n250 ok\r\n354 go\r\n", true, false},
        {"250-mx\r\n250 PIPELINING\r\n", "421 bye\r\n", false, false},
        {"250 mx\r\n", "", true, false},
        {"250 mx\r\n", "354 go\r\n", false, false},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        struct player p;
        player_start(&p, &alone);
        player_feed(&p, SLICE("220 mx\r\n"));
        player_feed(&p, slice_str(ways[i].offers));
        player_feed(&p, slice_str(ways[i].answers));
        if (ways[i].is_late)
            smtp_client_tick(p.client, smtp_client_deadline(p.client));
        player_pull(&p);
        assert_true(p.is_closed);
        assert_int_equal(smtp_client_fell_behind(p.client), ways[i].fell_behind);
        player_end(&p);
    }
}

static void one_by_one_nothing_is_sent_ahead(void **state)
{
    (void)state;
    struct player p;
    struct smtp_client_options options = player_options;
    options.one_by_one = true;
    player_start(&p, &alone);
    smtp_client_free(&p.client);
    p.client = smtp_client_new(&heap, &options, 0);
    player_feed(&p, SLICE("220 mx\r\n"));
    buf_clear(&p.sent);
    player_feed(&p, SLICE("250-mx\r\n250 PIPELINING\r\n"));
    assert_slice(buf_slice(&p.sent), "MAIL FROM:<s@example.org>\r\n");
    player_end(&p);
}

static void an_answer_without_end_ends(void **state)
{
    (void)state;
    static const char *const pieces[] = {"x", "250-more\r\n", "220-a line of the greeting\r\n"};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct smtp_client_event e = {.kind = SMTP_CLIENT_READY};
        struct smtp_client *c = smtp_client_new(&heap, &player_options, 0);
        size_t fed = 0;
        while (e.kind != SMTP_CLIENT_CLOSE && fed < 1 << 20) {
            smtp_client_feed(c, slice_str(pieces[i]), 0);
            fed += strlen(pieces[i]);
            (void)smtp_client_next(c, &e);
        }
        assert_int_equal(e.kind, SMTP_CLIENT_CLOSE);
        assert_non_null(e.failure);
        smtp_client_free(&c);
    }
}

static void *counting_take(void *ctx, size_t size)
{
    *(size_t *)ctx += size;
    return malloc(size);
}

static void counting_give(void *ctx, void *at, size_t size)
{
    *(size_t *)ctx -= size;
    free(at);
}

static void an_idle_session_is_small(void **state)
{
    (void)state;
    size_t used = 0;
    const struct mem counting = {counting_take, counting_give, &used};
    struct smtp_client *c = ready_client(&counting, "250-mx\r\n250-PIPELINING\r\n250-SIZE 5\r\n"
                                                    "250-ENHANCEDSTATUSCODES\r\n250 HELP\r\n");
    struct smtp_client_event e;
    assert_false(smtp_client_next(c, &e));
    print_message("an idle session takes %zu bytes\n", used);
    assert_true(used < 2048);
    smtp_client_free(&c);
    assert_int_equal(used, 0);
}

/* What stands between the 220 and the handshake came from who knows whom: no answer in TLS. */
static void nothing_injected_is_an_answer(void **state)
{
    (void)state;
    static const struct script script = {
        "an answer that was injected", &envelope, 1, WAY_TLS_MAY, "", {{NULL, NULL, NULL}}};
    struct player p;
    player_start(&p, &script);
    player_feed(&p, SLICE("220 mx\r\n"));
    player_feed(&p, SLICE("250-mx\r\n250 STARTTLS\r\n"));
    buf_clear(&p.told);
    player_feed(&p, SLICE("220 go\r\n250 injected\r\n"));
    assert_slice(buf_slice(&p.told),
                 "secure\nclose starttls 0 the other side said something between STARTTLS and the "
                 "handshake\n");
    player_end(&p);
}

/* Thousands of recipients, pipelined: output stays short, and every reply finds its recipient. */
static void many_recipients_go_out_in_groups(void **state)
{
    (void)state;
    static uint32_t indexes[MANY];
    struct smtp_client_message m = {.envelope = &envelope, .recipients = indexes, .count = MANY};
    struct smtp_client_event e;
    struct smtp_client *c = ready_client(&heap, "250-mx\r\n250 PIPELINING\r\n");
    size_t refused = 0;
    bool is_done = false;
    for (size_t i = 0; i < MANY; i++)
        indexes[i] = (uint32_t)(MANY - 1 - i);
    envelope.count = MANY;
    smtp_client_send(c, &m, 0);
    while (!is_done) {
        while (smtp_client_next(c, &e)) {
            if (e.kind == SMTP_CLIENT_REPLY)
                assert_int_equal(e.recipient, MANY - 1 - refused++);
            is_done |= e.kind == SMTP_CLIENT_DONE;
        }
        struct slice out = smtp_client_output(c), line;
        assert_true(out.len < 64 * 1024 + 512);
        size_t len = out.len;
        struct buf answers;
        buf_init(&answers, &heap, 1 << 20);
        while (slice_line(&out, &line))
            buf_add_str(&answers, slice_starts(line, SLICE("RCPT"))   ? "550 no\r\n"
                                  : slice_starts(line, SLICE("DATA")) ? "503 no\r\n"
                                                                      : "250 ok\r\n");
        smtp_client_sent(c, len, 0);
        smtp_client_feed(c, buf_slice(&answers), 0);
        buf_free(&answers);
    }
    assert_int_equal(refused, MANY);
    envelope.count = 1;
    smtp_client_free(&c);
}

/* Each allocation fails in turn: the session closes, nothing is lost or used twice. */
static size_t takes_left;

static void *failing_take(void *ctx, size_t size)
{
    (void)ctx;
    return takes_left && takes_left-- ? malloc(size) : NULL;
}

static void failing_give(void *ctx, void *at, size_t size)
{
    (void)ctx;
    (void)size;
    free(at);
}

static void survives_the_end_of_memory(void **state)
{
    (void)state;
    static const char *const server[] = {"220 mx\r\n", "250-mx\r\n250 PIPELINING\r\n",
                                         "250 ok\r\n250 ok\r\n354 go\r\n", "250 stored\r\n",
                                         "221 bye\r\n"};
    const struct mem failing = {failing_take, failing_give, NULL};
    bool is_stored = false;
    for (size_t n = 1; !is_stored; n++) {
        struct player p;
        player_start(&p, &alone);
        smtp_client_free(&p.client);
        takes_left = n;
        p.client = smtp_client_new(&failing, &player_options, 0);
        for (size_t i = 0; i < sizeof(server) / sizeof(server[0]); i++)
            player_feed(&p, slice_str(server[i]));
        assert_true(p.is_closed);
        is_stored = slice_find_slice(buf_slice(&p.told), SLICE("end-of-data 250"), 0) != SLICE_NONE;
        assert_true(is_stored || n < 100);
        player_end(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_no_answer_before_its_question),
        cmocka_unit_test(an_idle_peer_may_leave_with_a_word_or_without),
        cmocka_unit_test(a_farewell_before_mail_settles_nobody),
        cmocka_unit_test(hears_the_last_words_before_the_end),
        cmocka_unit_test(says_what_it_offers),
        cmocka_unit_test(every_wait_has_its_end),
        cmocka_unit_test(a_byte_a_second_stretches_no_wait),
        cmocka_unit_test(who_falls_behind_may_be_asked_one_by_one),
        cmocka_unit_test(one_by_one_nothing_is_sent_ahead),
        cmocka_unit_test(an_answer_without_end_ends),
        cmocka_unit_test(an_idle_session_is_small),
        cmocka_unit_test(nothing_injected_is_an_answer),
        cmocka_unit_test(many_recipients_go_out_in_groups),
        cmocka_unit_test(survives_the_end_of_memory),
    };
    for (size_t i = 0; i < MANY; i++)
        list[i].address = SLICE("someone@example.net");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
