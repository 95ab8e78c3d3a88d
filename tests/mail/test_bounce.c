#include "mail/bounce.h"

#include "check.h"
#include "mails.h"
#include "system/heap.h"

enum { WANTED_MAX = 3, ARENA_LIMIT = 1 << 22, MAIL_BYTES = 8192 };

struct wanted {
    const char *recipient;
    enum bounce_kind kind;
    unsigned code;
    enum cause cause;
    const char *text, *remote;
};

static const struct sample {
    const char *name, *mail;
    const char *sender, *subject, *message_id, *reporter;
    struct wanted wanted[WANTED_MAX];
} samples[] = {
    {"postfix",
     mail_postfix,
     "ann@example.net",
     "minutes of the meeting",
     "<m1@example.net>",
     "postfix",
     {{"ned@example.org", BOUNCE_FAILURE, 550, CAUSE_NO_SUCH_RECIPIENT,
       "<ned@example.org>: Recipient address rejected: User unknown in local recipient table",
       "mail.example.org"}}},
    {"exim",
     mail_exim,
     "ann@example.net",
     "minutes of the meeting",
     "<m1@example.net>",
     "exim",
     {{"ned@example.org", BOUNCE_FAILURE, 552, CAUSE_MAILBOX_FULL, "Mailbox is over quota",
       "mail.example.org"}}},
    {"exchange",
     mail_exchange,
     "ann@example.net",
     "minutes of the meeting",
     "<m1@example.net>",
     "exchange",
     {{"ned@example.org", BOUNCE_FAILURE, 550, CAUSE_SPAM_CONTENT, "Message rejected as spam",
       ""}}},
    {"gmail",
     mail_gmail,
     "ann@example.net",
     "minutes of the meeting",
     "<m1@example.net>",
     "gmail",
     {{"ned@example.org", BOUNCE_FAILURE, 550, CAUSE_NO_SUCH_RECIPIENT,
       "The email account that you tried to reach does not exist. Please check the address.",
       "mail.example.org."}}},
    {"several",
     mail_several,
     "",
     "",
     "",
     "",
     {{"ned@example.org", BOUNCE_FAILURE, 550, CAUSE_NO_SUCH_RECIPIENT, "User unknown", ""},
      {"olga@example.org", BOUNCE_FAILURE, 0, CAUSE_MAILBOX_FULL, "mailbox full", ""},
      {"pia@example.com", BOUNCE_FAILURE, 554, CAUSE_IP_BLOCKLISTED,
       "Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org", ""}}},
    {"delay",
     mail_delay,
     "",
     "",
     "",
     "postfix",
     {{"ned@example.org", BOUNCE_DELAY, 0, CAUSE_CONNECTION_FAILED,
       "connect to mail.example.org[192.0.2.25]:25: Connection refused", "mail.example.org"}}},
    {"success",
     mail_success,
     "",
     "",
     "",
     "",
     {{"ned@example.org", BOUNCE_SUCCESS, 0, CAUSE_UNKNOWN, "", ""}}},
    {"words for people",
     mail_words,
     "",
     "",
     "",
     "",
     {{"ned@example.org", BOUNCE_FAILURE, 552, CAUSE_MAILBOX_FULL, "Mailbox is over quota", ""},
      {"olga@example.org", BOUNCE_FAILURE, 0, CAUSE_NO_SUCH_RECIPIENT, "User unknown", ""},
      {"pia@example.com", BOUNCE_FAILURE, 0, CAUSE_UNKNOWN, "255", ""}}},
    {"a report in a forward",
     mail_forward,
     "",
     "",
     "",
     "",
     {{"ned@example.org", BOUNCE_FAILURE, 0, CAUSE_NO_SUCH_RECIPIENT, "", ""}}},
    {"no report", mail_plain, "", "", "", "", {{NULL, BOUNCE_NONE, 0, CAUSE_UNKNOWN, "", ""}}},
    {"nothing", "", "", "", "", "", {{NULL, BOUNCE_NONE, 0, CAUSE_UNKNOWN, "", ""}}},
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void check_recipient(const struct bounce_recipient *r, const struct wanted *w)
{
    struct diagnosis d;
    assert_slice(r->recipient, w->recipient);
    assert_int_equal(r->kind, w->kind);
    assert_int_equal(r->in.reply.code, w->code);
    assert_slice(r->in.reply.text, w->text);
    assert_slice(r->in.remote, w->remote);
    diagnose(&r->in, &d);
    if (w->kind != BOUNCE_SUCCESS)
        assert_string_equal(cause_name(d.cause), cause_name(w->cause));
}

static void check_sample(struct slice mail, const struct sample *s)
{
    struct arena arena;
    struct bounce b;
    size_t count = 0;
    arena_init(&arena, &heap, ARENA_LIMIT);
    assert_true(bounce_read(mail, &arena, &b));
    while (count < WANTED_MAX && s->wanted[count].recipient)
        count++;
    assert_int_equal(b.count, count);
    for (size_t i = 0; i < count; i++)
        check_recipient(&b.recipients[i], &s->wanted[i]);
    assert_slice(b.sender, s->sender);
    assert_slice(b.subject, s->subject);
    assert_slice(b.message_id, s->message_id);
    assert_slice(b.reporter, s->reporter);
    arena_reset(&arena);
}

static struct slice with_ends(const char *mail, const char *end, char *storage)
{
    struct buf out;
    struct slice rest = slice_str(mail), line;
    buf_init_fixed(&out, storage, MAIL_BYTES);
    while (slice_line(&rest, &line)) {
        buf_add(&out, line);
        buf_add_str(&out, end);
    }
    assert_false(out.failed);
    return buf_slice(&out);
}

static void reads_each_shape_with_all_line_ends(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    char storage[MAIL_BYTES];
    for (size_t i = 0; i < COUNT(samples); i++)
        for (size_t n = 0; n < COUNT(ends); n++) {
            print_message("# %s, line end %zu\n", samples[i].name, n);
            check_sample(with_ends(samples[i].mail, ends[n], storage), &samples[i]);
        }
}

/* Whether the address stands in the whole mail, and not as a piece of a longer one. */
static bool stands_in(struct slice mail, struct slice address)
{
    for (size_t at = 0; (at = slice_find_slice(mail, address, at)) != SLICE_NONE; at++) {
        char before = at ? mail.at[at - 1] : ' ', after = slice_from(mail, at + address.len).at[0];
        if (!ascii_is_alnum(before) && before != '.' && !ascii_is_alnum(after) && after != '-')
            return true;
    }
    return false;
}

static bool is_wanted(struct slice recipient, const struct sample *s)
{
    for (size_t i = 0; i < WANTED_MAX && s->wanted[i].recipient; i++)
        if (slice_eq(slice_str(s->wanted[i].recipient), recipient))
            return true;
    return recipient.len == 0 || stands_in(slice_str(s->mail), recipient);
}

static void check_cut(struct slice mail, const struct sample *s)
{
    struct arena arena;
    struct bounce b;
    char *copy = mem_take(&heap, mail.len + 1); /* so that a sanitizer sees the end */
    memcpy(copy, mail.at, mail.len);
    arena_init(&arena, &heap, ARENA_LIMIT);
    assert_true(bounce_read(slice_of(copy, mail.len), &arena, &b));
    for (size_t i = 0; i < b.count; i++)
        if (!is_wanted(b.recipients[i].recipient, s))
            fail_msg("%s cut at %zu claims %.*s", s->name, mail.len,
                     SLICE_ARG(b.recipients[i].recipient));
    arena_reset(&arena);
    mem_give(&heap, copy, mail.len + 1);
}

static void invents_nothing_where_the_mail_is_cut(void **state)
{
    (void)state;
    static const char *const ends[] = {"\r\n", "\r"};
    char storage[MAIL_BYTES];
    for (size_t i = 0; i < COUNT(samples); i++)
        for (size_t n = 0; n < COUNT(ends); n++) {
            struct slice mail = with_ends(samples[i].mail, ends[n], storage);
            for (size_t len = 0; len <= mail.len; len++)
                check_cut(slice_head(mail, len), &samples[i]);
        }
}

static void takes_an_address_in_a_whole_last_line(void **state)
{
    (void)state;
    struct slice mail = SLICE("\nFrom MAILER-DAEMON Mon Oct  5 10:00:00 2026\n"
                              "Content-Type: message/delivery-status\n\n"
                              "Final-Recipient: rfc822; ned@example.org\n");
    struct arena arena;
    struct bounce b;
    arena_init(&arena, &heap, ARENA_LIMIT);
    assert_true(bounce_read(mail, &arena, &b));
    assert_int_equal(b.count, 1);
    assert_slice(b.recipients[0].recipient, "ned@example.org");
    assert_int_equal(b.recipients[0].kind, BOUNCE_NONE);
    arena_reset(&arena);
}

static void says_when_memory_ends(void **state)
{
    (void)state;
    char storage[MAIL_BYTES];
    struct slice mail = with_ends(mail_postfix, "\r\n", storage);
    struct arena arena;
    struct bounce b;
    arena_init(&arena, &heap, 1000);
    assert_false(bounce_read(mail, &arena, &b));
    arena_reset(&arena);
}

static void tells_mails_from_replies(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_mail;
    } cases[] = {
        {mail_postfix, true},
        {"From MAILER-DAEMON Mon Oct  5 10:00:00 2026\nFrom: a@b\nTo: b@c\n", true},
        {"Received: from a\r\n\tby b; date\r\nSubject: x\r\n", true},
        {"From: a@b\rTo: c@d\r\rtext", true},
        {"", false},
        {"From: a@b\n", false},
        {"From: a@b\n\nTo: c@d\n", false},
        {"550 5.1.1 User unknown\nFrom: a\nTo: b\n", false},
        {"Error: 550 no\nStatus: 5.1.1\n", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(bounce_begins_mail(slice_str(cases[i].text)), cases[i].is_mail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_shape_with_all_line_ends),
        cmocka_unit_test(invents_nothing_where_the_mail_is_cut),
        cmocka_unit_test(takes_an_address_in_a_whole_last_line),
        cmocka_unit_test(says_when_memory_ends),
        cmocka_unit_test(tells_mails_from_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
