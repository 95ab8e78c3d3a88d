/* Reports in free form, and mails that are none. */
#include "check.h"
#include "mail/bounce.h"
#include "mails_free.h"
#include "mails_odd.h"
#include "system/heap.h"

enum { WANTED_MAX = 2, ARENA_LIMIT = 1 << 22, MAIL_BYTES = 8192 };

struct wanted {
    const char *recipient;
    unsigned code;
    struct enhanced enhanced;
    const char *holds; /* words of the text */
};

#define NOBODY                                                                                     \
    {                                                                                              \
        NULL, 0, {0}, ""                                                                           \
    }

static const struct sample {
    const char *name, *mail;
    enum bounce_kind kind;
    struct wanted wanted[WANTED_MAX];
} samples[] = {
    {"qmail",
     free_qmail,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "User unknown"},
      {"olga@example.org", 552, {5, 2, 2}, "mailbox full"}}},
    {"exim",
     free_exim,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "user here"},
      {"olga@example.com", 0, {0}, "Unrouteable address"}}},
    {"sendmail",
     free_sendmail,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 7, 1}, "Not from your address"},
      {"olga@example.com", 550, {5, 1, 2}, "Host unknown"}}},
    {"postfix",
     free_postfix,
     BOUNCE_FAILURE,
     {{"ned@example.org", 450, {4, 2, 0}, "Greylisted"}, NOBODY}},
    {"exchange",
     free_exchange,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {0}, "name is not recognized"}, NOBODY}},
    {"exchange, German, UTF-16",
     free_exchange_german,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 2, 2}, "Postfach voll"}, NOBODY}},
    {"exchange, French, encoded words",
     free_exchange_french,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "User unknown"}, NOBODY}},
    {"domino",
     free_domino,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {0}, "not listed in Domino Directory"}, NOBODY}},
    {"gmail",
     free_gmail,
     BOUNCE_FAILURE,
     {{"ned@example.org", 554, {5, 7, 0}, "Header error"}, NOBODY}},
    {"phone",
     free_phone,
     BOUNCE_FAILURE,
     {{"ned@phone.example", 0, {0}, "mailbox is full"}, NOBODY}},
    {"opensmtpd",
     free_opensmtpd,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "no such user"},
      {"olga@example.com", 0, {0}, "Envelope expired"}}},
    {"delay",
     free_delay,
     BOUNCE_DELAY,
     {{"ned@example.org", 0, {0}, "Connection timed out"}, NOBODY}},
    {"the address only in the message that comes back",
     free_only_returned,
     BOUNCE_FAILURE,
     {{"4915550000@phone.example", 0, {0}, "User unknown"}, NOBODY}},
    {"html",
     free_html,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "is not here"}, NOBODY}},
    {"complaint", free_complaint, BOUNCE_COMPLAINT, {{"ned@example.org", 0, {0}, ""}, NOBODY}},
    {"vacation", free_vacation, BOUNCE_AUTO_REPLY, {{"ned@example.org", 0, {0}, ""}, NOBODY}},
    {"challenge", free_challenge, BOUNCE_CHALLENGE, {{"ned@example.org", 0, {0}, ""}, NOBODY}},
    {"SES, in JSON",
     free_ses,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "\"ned\" is unknown"},
      {"olga@example.org", 0, {5, 2, 2}, ""}}},
    {"success", free_success, BOUNCE_SUCCESS, {{"ned@example.org", 0, {0}, ""}, NOBODY}},
    {"a report in a forward",
     free_forward,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "nobody"}, NOBODY}},
    {"Chinese", free_chinese, BOUNCE_FAILURE, {{"ned@example.org", 0, {0}, "邮箱已满"}, NOBODY}},
    {"Japanese",
     free_japanese,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {0}, "存在しません"}, NOBODY}},
    {"Russian", free_russian, BOUNCE_FAILURE, {{"ned@example.org", 550, {0}, "не найден"}, NOBODY}},
    {"MDaemon",
     free_mdaemon,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "nobody of that name"}, NOBODY}},
    {"SmarterMail",
     free_smartermail,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "User unknown"}, NOBODY}},
    {"Portuguese, bytes of Latin 1",
     odd_portuguese,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {5, 1, 1}, "organiza"}, NOBODY}},
    {"labels",
     odd_labels,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "nobody of that name"},
      {"olga@example.com", 0, {0}, "mailbox is full"}}},
    {"a reason for two",
     odd_because,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {0}, "disk quota"}, {"olga@example.org", 0, {0}, "disk quota"}}},
    {"a phone's subscriber",
     odd_subscriber,
     BOUNCE_FAILURE,
     {{"5550123@phone.example", 0, {0}, "takes no mail"}, NOBODY}},
    {"a report that answers",
     odd_answer,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {0}, "Connection refused"}, NOBODY}},
    {"a sentence about the message",
     odd_sentence,
     BOUNCE_FAILURE,
     {{"ned@example.org", 550, {5, 1, 1}, "nobody of that name"}, NOBODY}},
    {"the reason first",
     odd_reason_first,
     BOUNCE_FAILURE,
     {{"ned@phone.example", 0, {0}, "phone is full"}, NOBODY}},
    {"fields in a file",
     odd_status_as_file,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {5, 1, 1}, ""}, NOBODY}},
    {"X-Actual-Recipient alone",
     odd_actual_recipient,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {5, 2, 1}, ""}, NOBODY}},
    {"Hotmail's complaint",
     odd_complaint,
     BOUNCE_COMPLAINT,
     {{"ned@example.org", 0, {0}, ""}, NOBODY}},
    {"a complaint about nobody",
     odd_hidden_complaint,
     BOUNCE_COMPLAINT,
     {{"", 0, {0}, ""}, NOBODY}},
    {"an unknown language",
     odd_language,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {0}, "Kutia"}, NOBODY}},
    {"nobody named",
     odd_unnamed,
     BOUNCE_FAILURE,
     {{"", 552, {5, 2, 2}, "mailbox is full"}, NOBODY}},
    {"a type in front",
     odd_typed,
     BOUNCE_FAILURE,
     {{"ned@example.org", 0, {0}, "unknown was"}, NOBODY}},
    {"a daemon without a list", odd_daemon, BOUNCE_NONE, {NOBODY}},
    {"a vacation in Swedish",
     odd_autosvar,
     BOUNCE_AUTO_REPLY,
     {{"ned@example.org", 0, {0}, ""}, NOBODY}},
    {"a parcel", odd_parcel, BOUNCE_NONE, {NOBODY}},
    {"a postmaster's maintenance", odd_maintenance, BOUNCE_NONE, {NOBODY}},
    {"a letter about a bounce, in Chinese", free_chinese_letter, BOUNCE_NONE, {NOBODY}},
    {"a newsletter about bounces", free_bounce_newsletter, BOUNCE_NONE, {NOBODY}},
    {"a read receipt", free_read_receipt, BOUNCE_NONE, {NOBODY}},
    {"a person", free_person, BOUNCE_NONE, {NOBODY}},
    {"a letter", free_letter, BOUNCE_NONE, {NOBODY}},
    {"a postmaster", free_postmaster, BOUNCE_NONE, {NOBODY}},
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void check_sample(struct slice mail, const struct sample *s)
{
    struct arena arena;
    struct bounce b;
    size_t count = 0;
    arena_init(&arena, &heap, ARENA_LIMIT);
    assert_true(bounce_read(mail, &arena, &b));
    assert_string_equal(bounce_kind_name(b.kind), bounce_kind_name(s->kind));
    while (count < WANTED_MAX && s->wanted[count].recipient)
        count++;
    for (size_t i = 0; i < b.count; i++)
        print_message("#   %.*s %u %.*s\n", SLICE_ARG(b.recipients[i].recipient),
                      b.recipients[i].in.reply.code, SLICE_ARG(b.recipients[i].in.reply.text));
    assert_int_equal(b.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct wanted *w = &s->wanted[i];
        const struct reply *r = &b.recipients[i].in.reply;
        assert_slice(b.recipients[i].recipient, w->recipient);
        assert_int_equal(b.recipients[i].kind, s->kind);
        assert_int_equal(r->code, w->code);
        assert_true(enhanced_eq(r->enhanced, w->enhanced));
        assert_true(slice_find_slice(r->text, slice_str(w->holds), 0) != SLICE_NONE);
    }
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

static void reads_each_form_with_all_line_ends(void **state)
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

/* Whether the address stands in the mail, and not as a piece of a longer one. */
static bool stands_in(struct slice mail, struct slice address)
{
    for (size_t at = 0; (at = slice_find_slice(mail, address, at)) != SLICE_NONE; at++) {
        struct slice behind = slice_from(mail, at + address.len);
        char before = at ? mail.at[at - 1] : ' ', after = behind.len ? behind.at[0] : ' ';
        if (!ascii_is_alnum(before) && !ascii_is_alnum(after))
            return true;
    }
    return false;
}

/* Copied to memory of just its size, so that a sanitizer sees a read past the end. */
static void check_claims(struct slice mail, struct slice whole, const struct sample *s)
{
    struct arena arena;
    struct bounce b;
    char *copy = mem_take(&heap, mail.len + 1);
    memcpy(copy, mail.at, mail.len);
    arena_init(&arena, &heap, ARENA_LIMIT);
    assert_true(bounce_read(slice_of(copy, mail.len), &arena, &b));
    for (size_t i = 0; i < b.count; i++) {
        struct slice r = b.recipients[i].recipient;
        bool is_wanted = s->wanted[0].recipient && slice_eq(r, slice_str(s->wanted[0].recipient));
        if (!is_wanted && !stands_in(whole, r))
            fail_msg("%s of %zu bytes claims %.*s", s->name, mail.len, SLICE_ARG(r));
    }
    arena_reset(&arena);
    mem_give(&heap, copy, mail.len + 1);
}

static void invents_nobody_where_the_mail_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct slice mail = slice_str(samples[i].mail);
        for (size_t len = 0; len <= mail.len; len++)
            check_claims(slice_head(mail, len), mail, &samples[i]);
    }
}

static void invents_nobody_where_bytes_are_changed(void **state)
{
    (void)state;
    char storage[MAIL_BYTES];
    uint32_t random = 11;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct slice mail = slice_str(samples[i].mail);
        bool is_coded = slice_find_slice(mail, SLICE("base64"), 0) != SLICE_NONE ||
                        slice_find_slice(mail, SLICE("html"), 0) != SLICE_NONE;
        for (size_t round = 0; round < 300 && !is_coded; round++) {
            memcpy(storage, mail.at, mail.len);
            for (int n = 0; n < 4; n++) {
                random = random * 1664525U + 1013904223U;
                storage[(random >> 8) % mail.len] = (char)(random & 0x7f);
            }
            check_claims(slice_of(storage, mail.len), slice_of(storage, mail.len), &samples[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_form_with_all_line_ends),
        cmocka_unit_test(invents_nobody_where_the_mail_is_cut),
        cmocka_unit_test(invents_nobody_where_bytes_are_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
