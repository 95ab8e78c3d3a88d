#include "cli/send_message.h"

#include "check.h"
#include "system/heap.h"

static struct arena arena;
static struct buf content;
static struct send_recipients recipients;
static struct slice bad;
static const char *what;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, &heap, 1 << 20);
    buf_init(&content, &heap, 1 << 20);
    recipients.at = arena_array(&arena, SEND_RECIPIENTS_MAX, sizeof(*recipients.at));
    recipients.count = 0;
    return recipients.at ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    buf_free(&content);
    arena_reset(&arena);
    return 0;
}

static void assert_recipients(const char *wanted)
{
    char storage[400];
    struct buf all;
    buf_init_fixed(&all, storage, sizeof(storage));
    for (size_t i = 0; i < recipients.count; i++)
        buf_addf(&all, "%s%.*s", i ? " " : "", SLICE_ARG(recipients.at[i].address));
    assert_slice(buf_slice(&all), wanted);
}

static void reads_lists_of_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want; /* want NULL: refused */
    } cases[] = {
        {"a@b.c", "a@b.c"},
        {" a@b.c , d@e.f\r\n\t,g@h.i", "a@b.c d@e.f g@h.i"},
        {"A Name <a@b.c>, \"Last, First\" <d@e.f>", "a@b.c d@e.f"},
        {"a@b.c (the boss, (of all) \\) ), d@e.f", "a@b.c d@e.f"},
        {"Friends: a@b.c, D <d@e.f>;, g@h.i", "a@b.c d@e.f g@h.i"},
        {"undisclosed-recipients:;", ""},
        {"\"odd local\"@b.c", "\"odd local\"@b.c"},
        {"a@[192.0.2.1], a@[IPv6:2001:db8::1]", "a@[192.0.2.1] a@[IPv6:2001:db8::1]"},
        {"a@b.c, a@b.c", "a@b.c"},
        {"a@b.c <d@e.f> trailing", "d@e.f"},
        {"", ""},
        {"two words@b.c", NULL},
        {"nobody", NULL},
        {"a@b.c, <>x", "a@b.c"},
        {"\"unclosed <a@b.c>", NULL},
        {"(unclosed a@b.c", ""},
        {"(ends with \\", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        recipients.count = 0;
        bool done =
            send_recipients_add_list(&recipients, &arena, slice_str(cases[i].in), &bad, &what);
        if (done != (cases[i].want != NULL))
            fail_msg("«%s» was %s", cases[i].in, done ? "taken" : "refused");
        if (done)
            assert_recipients(cases[i].want);
    }
}

static struct send_source source(const char *text)
{
    return (struct send_source){.text = slice_str(text),
                                .sender = SLICE("me@here.test"),
                                .full_name = SLICE("My \"N\""),
                                .hostname = SLICE("here.test"),
                                .now = 1795464600500,
                                .zone = 60,
                                .random = 7};
}

static void assert_written(const struct send_source *s, const char *want)
{
    if (!send_message_write(s, &arena, &content, &recipients, &bad, &what))
        fail_msg("%s", what);
    assert_slice(buf_slice(&content), want);
}

#define ADDED                                                                                      \
    "Date: Mon, 23 Nov 2026 21:10:00 +0100\r\n"                                                    \
    "Message-ID: <1a20a079bb4.0000000000000007@here.test>\r\n"

static void adds_what_is_missing(void **state)
{
    (void)state;
    struct send_source s = source("Subject: hello\n\nBody\n.\nmore");
    assert_written(&s, "Subject: hello\r\n" ADDED
                       "From: \"My \\\"N\\\"\" <me@here.test>\r\n\r\nBody\r\n.\r\nmore\r\n");
}

static void keeps_what_is_there(void **state)
{
    (void)state;
    static const char message[] =
        "date: x\r\nMESSAGE-ID: <y>\r\nFrom: z\r\nBcc: q@r.s\r\n\r\nBody\r\n";
    struct send_source s = source(message);
    assert_written(&s, message);
    assert_recipients("");
}

static void a_text_without_header_becomes_a_body(void **state)
{
    (void)state;
    struct send_source s = source("just words\rold line ends\n");
    s.full_name.len = 0;
    assert_written(&s, ADDED "From: <me@here.test>\r\n\r\njust words\r\nold line ends\r\n");
}

static void takes_recipients_from_the_header_and_hides_bcc(void **state)
{
    (void)state;
    struct send_source s = source("From me Mon\nDate: x\nMessage-ID: <y>\nFrom: z\nTo: a@b.c\nBcc: "
                                  "Secret\n <s@t.u>\nCC: d@e.f\n\nB\n");
    s.to_header = true;
    assert_written(&s,
                   "Date: x\r\nMessage-ID: <y>\r\nFrom: z\r\nTo: a@b.c\r\nCC: d@e.f\r\n\r\nB\r\n");
    assert_recipients("a@b.c s@t.u d@e.f");
}

static void a_dot_ends_it_where_that_is_wanted(void **state)
{
    (void)state;
    struct send_source s = source("Date: x\nMessage-ID: <y>\nFrom: z\n\nB\n.\nnever sent\n");
    s.dot_ends = true;
    assert_written(&s, "Date: x\r\nMessage-ID: <y>\r\nFrom: z\r\n\r\nB\r\n");
}

static void names_the_address_that_is_wrong(void **state)
{
    (void)state;
    struct send_source s = source("To: a@b.c, wrong@\n\nB\n");
    s.to_header = true;
    assert_false(send_message_write(&s, &arena, &content, &recipients, &bad, &what));
    assert_slice(bad, "wrong@");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_lists_of_addresses),
        CASE(adds_what_is_missing),
        CASE(keeps_what_is_there),
        CASE(a_text_without_header_becomes_a_body),
        CASE(takes_recipients_from_the_header_and_hides_bcc),
        CASE(a_dot_ends_it_where_that_is_wanted),
        CASE(names_the_address_that_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
