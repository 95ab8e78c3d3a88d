/* What is found in a text, whole or in pieces, is the same; and each way to end is kept to. */
#include "guide/reader.h"

#include "check.h"
#include "system/heap.h"

enum { SEEN_MAX = 64 * 1024 };

struct seen {
    char storage[SEEN_MAX];
    struct buf out;
    size_t items, stop_at; /* 0: never */
    size_t pauses;
    bool takes;
};

static bool on_item(void *ctx, const struct explained *x)
{
    struct seen *s = ctx;
    buf_addf(&s->out, "%.*s:%zu %s %s %u %.*s %s\n", SLICE_ARG(x->source), x->line,
             explained_input(x), explained_kind(x), (unsigned)x->in.reply.code,
             SLICE_ARG(explained_recipient(x)), cause_name(x->diagnosis.cause));
    return ++s->items != s->stop_at;
}

static bool on_pause(void *ctx)
{
    ((struct seen *)ctx)->pauses++;
    return true;
}

static enum guide_offer on_offer(void *ctx, const struct guide_task *task)
{
    struct seen *s = ctx;
    if (!s->takes)
        return OFFER_REFUSED;
    buf_addf(&s->out, "taken: %zu\n", task->line);
    return OFFER_TAKEN;
}

static const struct guide_listener listener = {on_offer, on_item, on_pause};

struct pieces {
    struct slice whole;
    size_t given, step;
};

static bool more(void *ctx, struct slice *rest)
{
    struct pieces *p = ctx;
    size_t left = p->whole.len - p->given, len = left < p->step ? left : p->step;
    size_t begin = p->given - rest->len;
    p->given += len;
    *rest = slice_of(p->whole.at + begin, p->given - begin);
    return len > 0;
}

static bool read_in(const char *text, size_t step, struct seen *s)
{
    struct pieces p = {.whole = slice_str(text), .step = step};
    struct guide_input in = {.rest = {"", 0}, .more = more, .ctx = &p};
    struct guide_reader r;
    buf_init_fixed(&s->out, s->storage, sizeof(s->storage));
    guide_reader_init(&r, &heap, &listener, s, NULL);
    bool good = guide_read(&r, "x", &in);
    assert_false(r.is_out_of_memory);
    guide_reader_free(&r);
    return good;
}

#define BOUNCE                                                                                     \
    "From: MAILER-DAEMON@mx.example.test\nTo: me@example.test\nSubject: Undelivered\n"             \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"                  \
    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.test\n\n"        \
    "Final-Recipient: rfc822; gone@example.org\nAction: failed\nStatus: 5.1.1\n"                   \
    "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"                                            \
    "Final-Recipient: rfc822; full@example.org\nAction: failed\nStatus: 5.2.2\n"                   \
    "Diagnostic-Code: smtp; 552 5.2.2 Mailbox full\n--b--\n"

static const struct {
    const char *name, *text, *found;
} cases[] = {
    {"nothing", "", ""},
    {"empty lines", "\n \n\n", ""},
    {"replies, one of several lines",
     "550 5.1.1 unknown\n\n452-4.2.2 The mailbox\n452 4.2.2 is full\n421\n",
     "x:1 reply failure 550  no_such_recipient\nx:3 reply delay 452  mailbox_full\n"
     "x:5 reply delay 421  service_unavailable\n"},
    {"no end of the last line", "550 5.1.1 unknown", "x:1 reply failure 550  no_such_recipient\n"},
    {"a reply that goes on and then does not", "550-5.1.1 unknown\n",
     "x:1 reply failure 550  no_such_recipient\n"},
    {"a bounce", BOUNCE,
     "x:0 bounce failure 550 gone@example.org no_such_recipient\n"
     "x:0 bounce failure 552 full@example.org mailbox_full\n"},
    {"a mail that is none", "From: a@b.test\nTo: c@d.test\nSubject: Hi\n\nHow are you?\n",
     "x:0 bounce none 0  unknown\n"},
    {"an mbox",
     "From a@b.test Mon Nov 23 20:15:00 2026\n" BOUNCE "\nFrom a@b.test Mon Nov 23 "
     "20:15:00 2026\nFrom: a@b.test\nTo: c@d.test\n\n>From here on\n",
     "x:1:2 bounce failure 550 gone@example.org no_such_recipient\n"
     "x:1:2 bounce failure 552 full@example.org mailbox_full\nx:2:24 bounce none 0  unknown\n"},
    {"a log",
     "Nov 23 20:15:00 mx postfix/smtp[1]: A1: to=<gone@example.org>, relay=none, delay=1, "
     "dsn=4.4.1, status=deferred (connect to mx.example.org[192.0.2.1]:25: Connection timed "
     "out)\nNov 23 20:15:00 mx postfix/qmgr[1]: A1: removed\n",
     "x:1 log delay 0 gone@example.org connection_failed\n"},
};

static void test_what_is_found(void **state)
{
    static struct seen s;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t step = 1; step <= 4096; step = step * 5 + 1) {
            s = (struct seen){.items = 0};
            assert_true(read_in(cases[i].text, step, &s));
            if (!slice_eq(buf_slice(&s.out), slice_str(cases[i].found)))
                fail_msg("%s, in steps of %zu:\n%.*s", cases[i].name, step,
                         SLICE_ARG(buf_slice(&s.out)));
        }
    }
}

static void test_the_listener_ends_it(void **state)
{
    static struct seen s;
    (void)state;
    s = (struct seen){.stop_at = 2};
    assert_false(read_in("550 one\n550 two\n550 three\n", 4096, &s));
    assert_int_equal(s.items, 2);
    s = (struct seen){.stop_at = 1};
    assert_false(read_in(BOUNCE, 4096, &s));
    assert_int_equal(s.items, 1);
}

static void test_somebody_else_explains(void **state)
{
    static struct seen s;
    (void)state;
    s = (struct seen){.takes = true};
    assert_true(read_in("550 one\n550 two\n", 4096, &s));
    assert_int_equal(s.items, 0);
    assert_slice(buf_slice(&s.out), "taken: 1\ntaken: 2\n");
}

static void test_what_programs_and_people_tell(void **state)
{
    static const struct {
        const char *text, *found;
    } accounts[] = {
        {"Traceback (most recent call last):\n  File \"send.py\", line 12, in <module>\n"
         "smtplib.SMTPRecipientsRefused: {'gone@example.org': (550, b'5.1.1 User unknown'), "
         "'full@example.org': (552, b'5.2.2 Mailbox full')}\n",
         "x:1 reply failure 550 gone@example.org no_such_recipient\n"
         "x:1 reply failure 552 full@example.org mailbox_full\n"},
        {"smtplib.SMTPSenderRefused: (553, b'5.7.1 <me@example.test>: Sender address rejected: not "
         "owned by user', 'me@example.test')\n  File \"send.py\"\n",
         "x:1 reply failure 553  sender_rejected\n"},
        {"The following message to <gone@example.org> was undeliverable.\n"
         "The reason for the problem:\n5.1.0 - Unknown address error 550-'5.1.1 User unknown'\n",
         "x:1 reply failure 550 gone@example.org no_such_recipient\n"},
        {"An error occurred while sending mail. The mail server responded:\n"
         "5.1.1 <gone@example.org>: Recipient address rejected: User unknown.\n",
         "x:1 reply failure 0 gone@example.org no_such_recipient\n"},
        {"550 5.1.1 The response was: unknown\n552 5.2.2 The response was: full\n",
         "x:1 reply failure 550  no_such_recipient\nx:2 reply failure 552  mailbox_full\n"},
    };
    static struct seen s;
    (void)state;
    for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
        s = (struct seen){.items = 0};
        assert_true(read_in(accounts[i].text, 4096, &s));
        assert_slice(buf_slice(&s.out), accounts[i].found);
    }
}

static void test_a_text_of_the_command_line(void **state)
{
    static struct seen s;
    struct guide_reader r;
    (void)state;
    s = (struct seen){.items = 0};
    buf_init_fixed(&s.out, s.storage, sizeof(s.storage));
    guide_reader_init(&r, &heap, &listener, &s, NULL);
    assert_true(guide_read_text(&r, SLICE("550 5.1.1 unknown\n452 not a second one")));
    assert_true(guide_read_text(
        &r, SLICE("Nov 23 20:15:00 mx postfix/smtp[1]: A1: to=<a@b.test>, relay=none, delay=1, "
                  "dsn=4.4.1, status=deferred (Connection timed out)")));
    assert_slice(buf_slice(&s.out), "argument:0 reply failure 550  no_such_recipient\n"
                                    "argument:1 log delay 0 a@b.test connection_failed\n");
    guide_reader_free(&r);
}

static void *no_memory(void *ctx, size_t size)
{
    size_t *left = ctx;
    return (*left)-- > 0 ? mem_take(&heap, size) : (*left = 0, NULL);
}

static void give(void *ctx, void *at, size_t size)
{
    (void)ctx;
    mem_give(&heap, at, size);
}

static void test_no_memory_is_said(void **state)
{
    static struct seen s;
    (void)state;
    bool good = false;
    for (size_t takes = 0; !good; takes++) {
        size_t left = takes;
        struct mem mem = {no_memory, give, &left};
        struct pieces p = {.whole = SLICE(BOUNCE), .step = 4096};
        struct guide_input in = {.rest = {"", 0}, .more = more, .ctx = &p};
        struct guide_reader r;
        s = (struct seen){.items = 0};
        buf_init_fixed(&s.out, s.storage, sizeof(s.storage));
        guide_reader_init(&r, &mem, &listener, &s, NULL);
        good = guide_read(&r, "x", &in);
        assert_int_equal(good, !r.is_out_of_memory);
        guide_reader_free(&r);
        assert_true(takes < 1000);
    }
    assert_int_equal(s.items, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_found),
        cmocka_unit_test(test_the_listener_ends_it),
        cmocka_unit_test(test_somebody_else_explains),
        cmocka_unit_test(test_what_programs_and_people_tell),
        cmocka_unit_test(test_a_text_of_the_command_line),
        cmocka_unit_test(test_no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
