#include "queue/notice.h"

#include "base/fault.h"
#include "sim.h"

static const char content[] = "From: a@x.example\r\nSubject: Hi\r\n\r\nBody\r\n";

static struct notice_options options(void)
{
    return (struct notice_options){.hostname = SLICE("mail.x.example"),
                                   .unique = SLICE("N1"),
                                   .content = slice_str(content),
                                   .is_whole = true,
                                   .words = words_all,
                                   .preset = words_all,
                                   .follows = true,
                                   .return_most = 50000};
}

/* A queue whose only message was refused; *e_r is its notice. */
static struct queue *refused(struct effect *e_r)
{
    struct queue_options o = sim_options();
    struct queue *q = queue_new(&heap, &o);
    sim_add(q, 1, "a@x.example", "b@y.example", START);
    sim_report(q, queue_next(q, START), sim_reply(0, STAGE_RCPT, 550, "5.1.1 No such user"), START);
    while (queue_effect(q, START, e_r) && e_r->kind != EFFECT_NOTICE)
        ;
    assert_int_equal(e_r->kind, EFFECT_NOTICE);
    return q;
}

static void is_a_message_of_our_own_to_the_sender(void **state)
{
    (void)state;
    struct effect e;
    struct queue *q = refused(&e);
    struct notice_options o = options();
    struct notice_envelope to;
    struct buf b;
    buf_init(&b, &heap, 1 << 20);
    assert_true(notice_write(&b, &e, &o, &heap, START, &to));
    assert_int_equal(to.envelope.sender.len, 0);
    assert_int_equal(to.envelope.count, 1);
    assert_slice(to.envelope.recipients[0].address, "a@x.example");
    assert_int_equal(to.envelope.recipients[0].notify, NOTIFY_NEVER);
    assert_true(to.envelope.received_at == START);
    static const char *const has[] = {"Final-Recipient: rfc822; b@y.example\r\n",
                                      "Status: 5.1.1\r\n",
                                      "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n",
                                      "Remote-MTA: dns; mx.example.org\r\n", "\r\nBody\r\n"};
    for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++)
        if (slice_find_slice(buf_slice(&b), slice_str(has[i]), 0) == SLICE_NONE)
            fail_msg("not in the notice: %s", has[i]);
    buf_free(&b);
    queue_free(&q, NULL, NULL);
}

static void takes_any_reply_there_is(void **state)
{
    (void)state;
    static const char bytes[] = {'\n', 'x', '\xff', '\0', ' ', '\x1b'};
    for (size_t i = 0; i < sizeof(bytes); i++) {
        static char text[OUTCOME_TEXT_MAX];
        struct effect e;
        struct queue *q = refused(&e);
        memset(text, bytes[i], sizeof(text));
        struct outcome o = {
            .reply = {.code = 550, .enhanced = {5, 999, 999}, .text = {text, sizeof(text)}},
            .host = slice_of(text, OUTCOME_HOST_MAX),
            .stage = STAGE_RCPT};
        struct notice_recipient n = {.outcome = &o};
        struct notice_options options_ = options();
        struct notice_envelope to;
        struct buf b;
        buf_init(&b, &heap, 1 << 20);
        e.recipients = &n;
        assert_true(notice_write(&b, &e, &options_, &heap, START, &to));
        struct slice rest = buf_slice(&b), line;
        while (slice_split(&rest, '\n', &line))
            assert_in_range(line.len, 1, 999); /* CR included */
        assert_int_equal(slice_find(buf_slice(&b), '\x1b', 0), SLICE_NONE);
        buf_free(&b);
        queue_free(&q, NULL, NULL);
    }
}

static void says_so_when_memory_ends(void **state)
{
    (void)state;
    struct effect e;
    struct queue *q = refused(&e);
    struct notice_options o = options();
    struct notice_envelope to;
    bool is_written = false;
    for (long after = 0; !is_written; after++) {
        struct fault fault = {.after = after};
        struct mem mem = {failing_take, failing_give, &fault};
        struct buf b;
        assert_true(after < 100);
        buf_init(&b, &mem, 1 << 20);
        is_written = notice_write(&b, &e, &o, &mem, START, &to);
        assert_int_equal(is_written, fault.after >= 0);
        buf_free(&b);
    }
    char small[100];
    struct buf b;
    buf_init_fixed(&b, small, sizeof(small));
    assert_false(notice_write(&b, &e, &o, &heap, START, &to));
    queue_free(&q, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_message_of_our_own_to_the_sender),
        cmocka_unit_test(takes_any_reply_there_is),
        cmocka_unit_test(says_so_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
