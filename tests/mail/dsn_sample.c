/* Prints a notice by name, for eyes and for test_dsn.py: dsn_sample NAME; without one, the names.
 */
#include <stdio.h>
#include <string.h>

#include "mail/dsn_write.h"
#include "system/heap.h"

static const char original[] = "Received: from laptop.example (192.0.2.7) by mail.example.net\r\n"
                               "From: Ann <ann@example.net>\r\n"
                               "To: Bob <bob@example.org>\r\n"
                               "Subject: Lunch on Friday?\r\n"
                               "Date: Mon, 23 Nov 2026 18:00:00 +0100\r\n"
                               "Message-ID: <lunch@example.net>\r\n"
                               "\r\n"
                               "Shall we?\r\n";
static const char latin[] =
    "Subject: Mittagessen f\xc3\xbcr zwei\r\nMessage-ID: nonsense\r\n\r\nGr\xfc\xdf"
    "e\r\n";
static const char hostile[] = "Subject: a\0b \033[31m\r\nX: long\r\n\r\n--=_S1--\r\n";

#define AT INT64_C(1795461300000)

#define SAID(address_, stage_, code_, c, s, d, text_, host_)                                       \
    {                                                                                              \
        .address = SLICE_INIT(address_), .is_tried = true, .attempts = 1, .at = AT, .last = {      \
            .reply = {.code = code_, .enhanced = {c, s, d}, .text = SLICE_INIT(text_)},            \
            .stage = stage_,                                                                       \
            .remote = SLICE_INIT(host_)                                                            \
        }                                                                                          \
    }

static const struct dsn_recipient unknown[] = {SAID("nobody@example.org", STAGE_RCPT, 550, 5, 1, 1,
                                                    "There is no mailbox <nobody@example.org> here",
                                                    "mx.example.org")};
static const struct dsn_recipient blocked[] = {
    SAID("bob@example.org", STAGE_END_OF_DATA, 550, 5, 7, 1,
         "Service unavailable; client [192.0.2.25] blocked using zen.spamhaus.org\n"
         "See https://check.spamhaus.org/query/ip/192.0.2.25",
         "mx.example.org")};
static const struct dsn_recipient several[] = {
    SAID("nobody@example.org", STAGE_RCPT, 550, 5, 1, 1, "No such user nobody", "mx.example.org"),
    SAID("noone@example.org", STAGE_RCPT, 550, 5, 1, 1, "No such user noone", "mx.example.org"),
    SAID("full@example.com", STAGE_RCPT, 552, 5, 2, 2, "Mailbox full", "mail.example.com")};
static const struct dsn_recipient hostile_words[] = {SAID(
    "bob@example.org", STAGE_RCPT, 554, 0, 0, 0,
    "\033[2J\r\nSubject: injected\n\n--=_S1--\nGru\xc3\x9f\xff \xe2\x80\xae abc", "mx\r\nX: y")};
static const struct dsn_recipient no_code[] = {
    SAID("bob@example.org", STAGE_RCPT, 452, 0, 0, 0, "Something is wrong", "mx.example.org")};
static const struct dsn_recipient expired[] = {
    {.address = SLICE_INIT("bob@example.org"),
     .original = SLICE_INIT("rfc822;bob+2Btag@example.org"),
     .is_tried = true,
     .is_expired = true,
     .attempts = 37,
     .at = AT,
     .last = {.reply = {.text = SLICE_INIT("connection timed out")},
              .stage = STAGE_CONNECT,
              .remote = SLICE_INIT("mx.example.org")}}};
static const struct dsn_recipient never_tried[] = {
    {.address = SLICE_INIT("bob@example.org"), .is_expired = true}};
static const struct dsn_recipient stopped[] = {{.address = SLICE_INIT("bob@example.org")}};
static const struct dsn_recipient international[] = {SAID("j\xc3\xb6rg@example.org", STAGE_RCPT,
                                                          550, 5, 1, 1, "Unbekannt: j\xc3\xb6rg",
                                                          "mx.example.org")};
static const struct dsn_recipient delayed[] = {SAID("bob@example.org", STAGE_RCPT, 452, 4, 2, 2,
                                                    "The mailbox is over quota", "mx.example.org")};
static const struct dsn_recipient delivered[] = {
    {.address = SLICE_INIT("bob@example.org"), .is_final = true}};
static const struct dsn_recipient relayed[] = {SAID("bob@example.org", STAGE_END_OF_DATA, 250, 2, 0,
                                                    0, "Ok: queued as 4711", "mx.example.org")};

#define TEXT(array)                                                                                \
    {                                                                                              \
        array, sizeof(array) - 1                                                                   \
    }
#define LIST(array) array, sizeof(array) / sizeof(*(array))
static const struct sample {
    const char *name;
    enum dsn_kind kind;
    const struct dsn_recipient *recipients;
    size_t count;
    struct slice content;
    enum dsn_return return_type;
    const char *language; /* NULL: English, and plain only */
    bool requires_tls;
} samples[] = {
    {"unknown", DSN_FAILED, LIST(unknown), TEXT(original), RETURN_DEFAULT, NULL, false},
    {"headers", DSN_FAILED, LIST(unknown), TEXT(original), RETURN_HEADERS, NULL, false},
    {"blocked", DSN_FAILED, LIST(blocked), TEXT(original), RETURN_FULL, NULL, false},
    {"several", DSN_FAILED, LIST(several), TEXT(original), RETURN_DEFAULT, NULL, false},
    {"hostile", DSN_FAILED, LIST(hostile_words), TEXT(hostile), RETURN_FULL, NULL, false},
    {"no-code", DSN_FAILED, LIST(no_code), TEXT(original), RETURN_HEADERS, NULL, false},
    {"expired", DSN_FAILED, LIST(expired), TEXT(original), RETURN_HEADERS, NULL, false},
    {"never-tried", DSN_FAILED, LIST(never_tried), TEXT(original), RETURN_HEADERS, NULL, false},
    {"stopped", DSN_FAILED, LIST(stopped), SLICE_INIT(""), RETURN_HEADERS, NULL, false},
    {"international", DSN_FAILED, LIST(international), TEXT(latin), RETURN_FULL, NULL, false},
    {"delayed", DSN_DELAYED, LIST(delayed), TEXT(original), RETURN_FULL, NULL, false},
    {"delivered", DSN_DELIVERED, LIST(delivered), TEXT(original), RETURN_FULL, NULL, false},
    {"relayed", DSN_DELIVERED, LIST(relayed), TEXT(original), RETURN_FULL, NULL, false},
    {"tls", DSN_FAILED, LIST(unknown), TEXT(original), RETURN_FULL, NULL, true},
    {"de", DSN_FAILED, LIST(several), TEXT(original), RETURN_HEADERS, "de", false},
    {"fr", DSN_DELAYED, LIST(delayed), TEXT(original), RETURN_HEADERS, "fr", false},
    {"es", DSN_FAILED, LIST(expired), TEXT(original), RETURN_HEADERS, "es", false},
    {"ja", DSN_FAILED, LIST(unknown), TEXT(original), RETURN_HEADERS, "ja", false},
    {"ja-8bit", DSN_FAILED, LIST(unknown), TEXT(latin), RETURN_FULL, "ja", false},
    {"ja-delivered", DSN_DELIVERED, LIST(delivered), TEXT(original), RETURN_HEADERS, "ja", false},
    {"html-hostile", DSN_FAILED, LIST(hostile_words), TEXT(hostile), RETURN_FULL, "en", false},
};

static int print(const struct sample *s)
{
    const struct envelope e = {.sender = SLICE("ann@example.net"),
                               .envid = SLICE("QQ+2B314"),
                               .return_type = s->return_type,
                               .requires_tls = s->requires_tls,
                               .received_at = AT - INT64_C(5) * 24 * 3600 * 1000};
    const struct dsn d = {.kind = s->kind,
                          .hostname = SLICE("mail.example.net"),
                          .unique = SLICE("S1"),
                          .now = AT,
                          .zone = 60,
                          .envelope = &e,
                          .recipients = s->recipients,
                          .count = s->count,
                          .retry_until = AT + 24 * 3600 * 1000,
                          .content = s->content,
                          .is_whole = true,
                          .words = words_find(words_all, words_all_count,
                                              slice_str(s->language ? s->language : "en")),
                          .has_html = s->language != NULL,
                          .return_most = 1000};
    struct buf out;
    struct dsn_form form;
    buf_init(&out, &heap, 1 << 20);
    bool is_written = dsn_write(&out, &d, &heap, &form);
    if (is_written)
        fwrite(out.at, 1, out.len, stdout);
    buf_free(&out);
    return is_written ? 0 : 1;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
        if (argc < 2)
            puts(samples[i].name);
        else if (strcmp(argv[1], samples[i].name) == 0)
            return print(&samples[i]);
    }
    return argc < 2 ? 0 : 2;
}
