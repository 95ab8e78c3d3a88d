/* By what a mail and its author are known. */
#include "mail/bounce.h"
#include "mail/bounce_inside.h"
#include "mail/header.h"
#include "reply/token.h"

/* Bytes of the text for people in which software names itself. */
enum { WORDS_MAX = 2000 };

/* A field, and what its body holds (empty: that it is there is enough). */
struct mark {
    struct slice field;
    struct slice word;
    struct slice reporter;
};

#define MARK(field, word, reporter)                                                                \
    {                                                                                              \
        SLICE_INIT(field), SLICE_INIT(word), SLICE_INIT(reporter)                                  \
    }

static const struct mark header_marks[] = {
    MARK("X-Failed-Recipients", "", "exim"),
    MARK("From", "@googlemail.com", "gmail"),
    MARK("From", "amazonses.com", "amazonses"),
    MARK("X-MS-Exchange-Message-Is-Ndr", "", "exchange"),
    MARK("From", "MicrosoftExchange", "exchange"),
};

static const struct mark status_marks[] = {
    MARK("X-Postfix-Queue-ID", "", "postfix"),       MARK("X-Postfix-Sender", "", "postfix"),
    MARK("Diagnostic-Code", "X-Postfix", "postfix"), MARK("Diagnostic-Code", "X-Candor", "candor"),
    MARK("X-Display-Name", "", "exchange"),
};
/* What software says of itself in the text for people. */
static const struct mark word_marks[] = {
    MARK("", "qmail-send program", "qmail"),
    MARK("", "DragonFly Mail Agent", "dma"),
    MARK("", "Courier mail server", "courier"),
    MARK("", "This is the MAILER-DAEMON, please DO NOT REPLY", "opensmtpd"),
    MARK("", "m-FILTER", "mfilter"),
    MARK("", "InterScan", "interscan"),
    MARK("", "Domino Directory", "domino"),
    MARK("", "message from SendGrid", "sendgrid"),
    MARK("", "created automatically by Facebook", "facebook"),
    MARK("", "Messaging Server", "messaging-server"),
    MARK("", "Microsoft Exchange", "exchange"),
    MARK("", "MSEXCH:", "exchange"),
    MARK("", "This is the Postfix program", "postfix"),
    MARK("", "This is the mail system at host", "postfix"),
    MARK("", "created automatically by mail delivery software", "exim"),
    MARK("", "Transcript of session follows", "sendmail"),
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct slice reporter_by(const struct header_field *f, const struct mark *marks,
                                size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_ieq(f->name, marks[i].field) &&
            slice_ifind_slice(f->body, marks[i].word, 0) != SLICE_NONE)
            return marks[i].reporter;
    return (struct slice){"", 0};
}

/* In one pass, at the beginnings of words; of several marks the first of the table counts. */
static struct slice reporter_in_words(struct slice words)
{
    bool is_first[256] = {false};
    size_t best = COUNT(word_marks);
    for (size_t i = 0; i < best; i++)
        is_first[(unsigned char)word_marks[i].word.at[0]] = true;
    for (size_t at = 0; at < words.len; at++) {
        if (!is_first[(unsigned char)words.at[at]] || (at > 0 && token_is_alnum(words.at[at - 1])))
            continue;
        for (size_t i = 0; i < best; i++)
            if (word_marks[i].word.at[0] == words.at[at] &&
                slice_starts(slice_from(words, at), word_marks[i].word))
                best = i;
    }
    return best < COUNT(word_marks) ? word_marks[best].reporter : (struct slice){"", 0};
}

struct slice bounce_reporter(struct slice message, struct slice status, struct slice words)
{
    words = slice_head(words, WORDS_MAX);
    struct header_field field;
    struct slice found = {"", 0}, line;
    while (found.len == 0 && header_next(&message, &field))
        found = reporter_by(&field, header_marks, COUNT(header_marks));
    while (found.len == 0 && status.len) {
        if (header_next(&status, &field))
            found = reporter_by(&field, status_marks, COUNT(status_marks));
        else
            slice_line(&status, &line);
    }
    return found.len ? found : reporter_in_words(words);
}

static bool is_known_field(struct slice name)
{
    static const struct slice known[] = {
        SLICE_INIT("From"),
        SLICE_INIT("To"),
        SLICE_INIT("Subject"),
        SLICE_INIT("Date"),
        SLICE_INIT("Received"),
        SLICE_INIT("Return-Path"),
        SLICE_INIT("Message-ID"),
        SLICE_INIT("Sender"),
        SLICE_INIT("MIME-Version"),
        SLICE_INIT("Content-Type"),
        SLICE_INIT("Reply-To"),
        SLICE_INIT("Delivered-To"),
        SLICE_INIT("Cc"),
        SLICE_INIT("References"),
        SLICE_INIT("Auto-Submitted"),
        SLICE_INIT("Precedence"),
        SLICE_INIT("In-Reply-To"),
        SLICE_INIT("DKIM-Signature"),
        SLICE_INIT("X-Original-To"),
        SLICE_INIT("Envelope-To"),
        SLICE_INIT("Delivery-Date"),
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (slice_ieq(name, known[i]))
            return true;
    return false;
}

/* The line in front of a mail in an mbox. */
static void skip_separator(struct slice *text)
{
    if (!slice_starts(*text, SLICE("From ")))
        return;
    size_t end = 0;
    while (end < text->len && text->at[end] != '\n' && text->at[end] != '\r')
        end++;
    while (end < text->len && (text->at[end] == '\n' || text->at[end] == '\r'))
        end++;
    *text = slice_from(*text, end);
}

/* The first line, ended by LF, CR LF or CR. */
static struct slice take_line(struct slice *text)
{
    size_t end = 0;
    while (end < text->len && text->at[end] != '\n' && text->at[end] != '\r')
        end++;
    struct slice line = slice_head(*text, end);
    bool is_pair = end + 1 < text->len && text->at[end] == '\r' && text->at[end + 1] == '\n';
    *text = slice_from(*text, end + (is_pair ? 2 : 1));
    return line;
}

bool bounce_begins_mail(struct slice text)
{
    unsigned count = 0;
    skip_separator(&text);
    while (text.len && count < 2) {
        struct slice line = take_line(&text);
        struct header_field field;
        if (line.len && (line.at[0] == ' ' || line.at[0] == '\t'))
            continue;
        if (!header_next(&line, &field))
            return false;
        count += is_known_field(field.name);
    }
    return count >= 2;
}
