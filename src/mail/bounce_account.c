/* What people have in hands when no mail came back: a program's exception, the words of a dialog or
 * of a web page. It names the recipient as reports do, in a text without a header. */
#include "mail/bounce_account.h"

#include "mail/bounce_inside.h"
#include "reply/scan.h"

/* In such a text, and hardly in a reply that a server gave. */
static const struct slice marks[] = {
    SLICE_INIT("econnrefused"),
    SLICE_INIT("econnreset"),
    SLICE_INIT("etimedout"),
    SLICE_INIT("enotfound"),
    SLICE_INIT("x509: "),
    SLICE_INIT("gaierror"),
    SLICE_INIT("message not sent"),
    SLICE_INIT("ist ein fehler aufgetreten"),
    SLICE_INIT("une erreur est survenue"),
    SLICE_INIT("se ha producido un error"),
    SLICE_INIT("si è verificato un errore"),
    SLICE_INIT("cannot send message using the server"),
    SLICE_INIT("traceback (most recent call last)"),
    SLICE_INIT("smtplib."),
    SLICE_INIT("smtprecipientsrefused"),
    SLICE_INIT("javax.mail."),
    SLICE_INIT("jakarta.mail."),
    SLICE_INIT("sun.mail.smtp"),
    SLICE_INIT("nested exception is"),
    SLICE_INIT("system.net.mail."),
    SLICE_INIT("mailkit."),
    SLICE_INIT("smtpconnection."),
    SLICE_INIT("all recipients were rejected"),
    SLICE_INIT("net::smtp"),
    SLICE_INIT("swift_transportexception"),
    SLICE_INIT("expected response code"),
    SLICE_INIT("smtp connect() failed"),
    SLICE_INIT("smtp error: "),
    SLICE_INIT("msmtp: "),
    SLICE_INIT("0x800ccc"),
    SLICE_INIT("0x8004"),
    SLICE_INIT("server response:"),
    SLICE_INIT("the server responded"),
    SLICE_INIT("server response was"),
    SLICE_INIT("mail server responded"),
    SLICE_INIT("error occurred while sending"),
    SLICE_INIT("fehler beim senden"),
    SLICE_INIT("one of the recipients was rejected"),
    SLICE_INIT("rejected e-mail address was"),
    SLICE_INIT("the following message to <"),
    SLICE_INIT("did not reach some or all"),
    SLICE_INIT("did not reach the following"),
    SLICE_INIT("could not be delivered to one or more"),
    SLICE_INIT("delivery has failed to these recipients"),
    SLICE_INIT("wasn't delivered to"),
    SLICE_INIT("couldn't be delivered"),
    SLICE_INIT("delivery to the following"),
    SLICE_INIT("unable to deliver your message to"),
    SLICE_INIT("able to deliver your message to the following"),
    SLICE_INIT("the error that the other server returned was"),
    SLICE_INIT("the response was:"),
    SLICE_INIT("die antwort war:"),
};
enum { MARKS = sizeof(marks) / sizeof(*marks) };

bool bounce_is_account(struct slice text)
{
    return bounce_holds(text, marks, MARKS);
}

/* Where in a program it happened tells nothing. */
static bool is_of_program(struct slice line)
{
    static const struct slice frames[] = {
        SLICE_INIT("File \""), SLICE_INIT("Traceback ("),
        SLICE_INIT("raise "),  SLICE_INIT("nested exception is"),
        SLICE_INIT("... "),
    };
    line = slice_trim(line);
    for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++)
        if (slice_starts(line, frames[i]))
            return true;
    return slice_starts(line, SLICE("at ")) && slice_find(line, '(', 0) != SLICE_NONE;
}

/* Each recipient of Python's `{'a@b': (550, b'…'), 'c@d': (552, b'…')}` begins a line. */
static void add_line(struct buf *words, struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool begins = line.at[i] == '\'' && i > 0 &&
                      (line.at[i - 1] == '{' || slice_iends(slice_head(line, i), SLICE("), ")));
        if (begins)
            buf_add_char(words, '\n');
        buf_add_char(words, line.at[i]);
    }
    buf_add_char(words, '\n');
}

struct slice bounce_account_words(struct slice text, struct arena *arena)
{
    struct buf words;
    struct slice rest = text, line;
    size_t most = 2 * text.len + 2;
    char *storage = arena_text(arena, most);
    if (!storage)
        return text;
    buf_init_fixed(&words, storage, most);
    while (slice_line(&rest, &line)) {
        if (is_of_program(line))
            continue;
        add_line(&words, line);
    }
    return slice_trim(buf_slice(&words));
}

bool bounce_read_account(struct slice text, struct arena *arena, struct bounce *b)
{
    const struct slice nobody = {"", 0};
    struct slice list[BOUNCE_NAMED_MAX];
    const char *end = text.at + text.len + 1; /* what reaches the end is whole here */
    size_t count = bounce_named_to(text, end, nobody, false, list, BOUNCE_NAMED_MAX);
    if (count == 0)
        count = bounce_named_to(text, end, nobody, true, list, BOUNCE_NAMED_MAX);
    *b = (struct bounce){
        .sender = nobody, .subject = nobody, .message_id = nobody, .reporter = nobody};
    b->recipients = count ? arena_array(arena, count, sizeof(*b->recipients)) : NULL;
    if (count && !b->recipients)
        return false;
    for (; b->count < count; b->count++) {
        struct bounce_recipient *r = &b->recipients[b->count];
        *r = (struct bounce_recipient){.recipient = list[b->count], .kind = BOUNCE_NONE};
        reply_scan(bounce_said(text, r->recipient, list, count, arena), arena, &r->in);
        if (r->in.reply.code == 0 && count == 1)
            reply_scan(text, arena, &r->in);
    }
    return true;
}
