#include "mail/bounce.h"

#include "base/utf8.h"
#include "mail/bounce_inside.h"
#include "mail/bounce_ses.h"
#include "mail/dsn_read.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "reply/scan.h"

/* Forwards of forwards that are opened. */
enum { FORWARDS_MAX = 3 };

static enum bounce_kind kind_of(const struct dsn_recipient_fields *f)
{
    static const enum bounce_kind kinds[] = {
        [DSN_ACTION_NONE] = BOUNCE_NONE,       [DSN_ACTION_FAILED] = BOUNCE_FAILURE,
        [DSN_ACTION_DELAYED] = BOUNCE_DELAY,   [DSN_ACTION_DELIVERED] = BOUNCE_SUCCESS,
        [DSN_ACTION_RELAYED] = BOUNCE_SUCCESS, [DSN_ACTION_EXPANDED] = BOUNCE_SUCCESS,
    };
    static const enum bounce_kind by_class[] = {[2] = BOUNCE_SUCCESS, [5] = BOUNCE_FAILURE};
    enum dsn_action action = dsn_action_of(f->action);
    struct enhanced status;
    if (action != DSN_ACTION_NONE || !dsn_status_of(f->status, &status))
        return kinds[action];
    return status.class < sizeof(by_class) / sizeof(*by_class) ? by_class[status.class]
                                                               : BOUNCE_NONE;
}

static struct slice first_word(struct slice s)
{
    struct slice word;
    slice_word(&s, &word);
    return word;
}

static bool is_mailbox(struct slice address)
{
    struct slice rest = address;
    struct bounce_address a;
    return bounce_next_address(&rest, address.at + address.len + 1, &a) &&
           a.text.len == address.len;
}

static bool is_without_controls(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
            return false;
    return true;
}

bool bounce_is_name(struct slice address)
{
    bool is_program = address.len && strchr("|/\"", address.at[0]);
    return address.len && utf8_is_valid(address) &&
           (is_program ||
            (slice_find(address, ' ', 0) == SLICE_NONE &&
             slice_find(address, '?', 0) == SLICE_NONE && is_without_controls(address)));
}

/* Final-Recipient may hold a route, a pipe or a file where the alias led to; then, and where it is
 * damaged, the original one tells more. */
static struct slice address_of(const struct dsn_recipient_fields *f)
{
    struct slice address = dsn_address(f->final_recipient);
    struct slice original = dsn_address(f->original_recipient);
    if (bounce_is_name(original) && !is_mailbox(address))
        return original;
    if (address.len == 0)
        address = dsn_address(f->actual_recipient);
    return bounce_is_name(address) ? address : (struct slice){"", 0};
}

/* Not a pipe, a file or a route. */
static bool is_plain_name(struct slice address)
{
    char first = slice_starts(address, SLICE("\"")) && address.len > 1 ? address.at[1]
                 : address.len                                         ? address.at[0]
                                                                       : '|';
    return !strchr("|/@", first);
}

/* The exit status of a program that delivers is no reply, whatever its digits are. */
static bool is_exit_status(struct slice diagnostic)
{
    uint32_t number;
    return slice_istarts(diagnostic, SLICE("x-unix")) && slice_u32(dsn_value(diagnostic), &number);
}

/* What stands in brackets behind a status. */
static struct slice comment_of(struct slice status)
{
    size_t open = slice_find(status, '(', 0), close = slice_rfind(status, ')');
    if (open == SLICE_NONE || close == SLICE_NONE || close < open)
        return (struct slice){"", 0};
    return slice_of(status.at + open + 1, close - open - 1);
}

/* A text with its encoded words resolved. */
static bool take_words(struct slice text, struct arena *arena, struct slice *words_r)
{
    struct buf words;
    *words_r = text;
    if (slice_find_slice(text, SLICE("=?"), 0) == SLICE_NONE)
        return true;
    char *storage = arena_text(arena, 3 * text.len);
    if (!storage)
        return false;
    buf_init_fixed(&words, storage, 3 * text.len);
    mime_write_words(&words, text);
    *words_r = words.failed ? text : buf_slice(&words);
    return true;
}

/* `554 4.4.7 Message expired.<421 4.4.2 Connection timed out>`: the mail system's own words around
 * the last reply that it got, which is the one that counts. */
static void take_last_reply(struct slice said, struct arena *arena, struct diagnosis_input *in)
{
    struct diagnosis_input last;
    size_t open = slice_rfind(said, '<');
    if (in->reply.code == 0 || open == SLICE_NONE || !slice_iends(said, SLICE(">")))
        return;
    reply_scan(slice_of(said.at + open + 1, said.len - open - 2), arena, &last);
    if (last.reply.code < 400 || last.reply.enhanced.class == 0)
        return;
    in->reply.code = last.reply.code;
    in->reply.enhanced = last.reply.enhanced;
}

/* What the host said; what it left out is in the report's own fields, or in its words. */
static void read_reply(const struct dsn_recipient_fields *f, struct slice address,
                       struct slice words, struct arena *arena, struct diagnosis_input *in)
{
    struct enhanced status;
    struct slice remote = first_word(dsn_value(f->remote_mta));
    struct slice said = dsn_value(f->diagnostic_code);
    bool is_exit = is_exit_status(f->diagnostic_code), is_of_words = false;
    if ((said.len == 0 || is_exit) && address.len && words.len) {
        struct slice in_words = bounce_said(words, address, &address, 1, arena);
        is_of_words = in_words.len > 0;
        is_exit = is_exit && !is_of_words;
        said = is_of_words ? in_words : said;
    }
    if (said.len == 0)
        said = comment_of(f->status);
    if (!take_words(said, arena, &said))
        said = slice_head(said, 0);
    reply_scan(said, arena, in);
    take_last_reply(said, arena, in);
    if (is_exit)
        in->reply = (struct reply){.code = 0, .text = said};
    bool is_vague =
        in->reply.enhanced.class == 0 ||
        (is_of_words && in->reply.enhanced.subject == 0 && in->reply.enhanced.detail == 0);
    if (is_vague && dsn_status_of(f->status, &status))
        in->reply.enhanced = status;
    if (remote.len)
        in->remote = remote;
}

/* How many there are from here on; `reader` is a copy, so nothing is taken. */
static size_t count_recipients(struct dsn_reader reader)
{
    struct dsn_recipient_fields fields;
    size_t count = 0;
    while (count < BOUNCE_RECIPIENTS_MAX && dsn_read_next(&reader, &fields))
        count++;
    return count;
}

/* The text for people where it has to tell what the fields do not: it names the recipient, or there
 * is no other. */
static struct slice words_for(struct bounce_report *r, const struct dsn_recipient_fields *f,
                              struct slice address, size_t count)
{
    bool is_needed = dsn_value(f->diagnostic_code).len == 0 || is_exit_status(f->diagnostic_code);
    struct slice words = is_needed ? bounce_words_of(r) : (struct slice){"", 0};
    bool is_told = count == 1 || slice_ifind_slice(words, address, 0) != SLICE_NONE;
    return is_told ? words : slice_head(words, 0);
}

/* The recipients of the part for programs. */
static bool read_status(struct bounce_report *report, struct arena *arena, struct bounce *b)
{
    struct dsn_reader reader;
    struct dsn_recipient_fields fields;
    dsn_read_begin(&reader, report->status, report->is_status_cut, arena);
    if (!dsn_read_next(&reader, &fields))
        return !reader.is_short;
    size_t more = count_recipients(reader), count = more < BOUNCE_RECIPIENTS_MAX ? more + 1 : more;
    b->recipients = arena_array(arena, count, sizeof(*b->recipients));
    if (!b->recipients)
        return false;
    do {
        struct bounce_recipient *r = &b->recipients[b->count++];
        r->recipient = address_of(&fields);
        r->kind = kind_of(&fields);
        if (r->kind == BOUNCE_NONE && fields.action.len)
            r->kind = bounce_kind_of_words(bounce_words_of(report));
        read_reply(&fields, r->recipient, words_for(report, &fields, r->recipient, count), arena,
                   &r->in);
    } while (b->count < count && dsn_read_next(&reader, &fields));
    return !reader.is_short;
}

static const char *end_of(struct slice s)
{
    return s.at + s.len;
}

static size_t list_field(struct slice message, const char *name, struct slice *list, size_t count)
{
    struct header_field f;
    while (header_next(&message, &f))
        if (slice_ieq(f.name, slice_str(name)))
            count = bounce_list_addresses(f.body, end_of(f.whole), list, count, BOUNCE_NAMED_MAX);
    return count;
}

/* Whom the mail is about where no part for programs says so, by the strongest evidence there is. */
static size_t name_recipients(struct bounce_report *r, struct slice *list)
{
    struct slice mine = {"", 0}, to[BOUNCE_NAMED_MAX];
    const struct slice nobody = {"", 0};
    if (list_field(r->message, "To", to, 0) == 1)
        mine = to[0];
    r->is_weak = r->is_led = false;
    size_t count = bounce_named(r->words, mine, false, list, BOUNCE_NAMED_MAX);
    if (count == 0)
        count = list_field(r->message, "X-Failed-Recipients", list, 0);
    if (count)
        return count;
    r->is_led = true;
    count = bounce_named(r->words, mine, true, list, BOUNCE_NAMED_MAX);
    if (count)
        return count;
    r->is_weak = true;
    count = bounce_named(r->words, nobody, false, list, BOUNCE_NAMED_MAX);
    if (count == 0)
        count = bounce_named(r->words, nobody, true, list, BOUNCE_NAMED_MAX);
    if (count == 0)
        count = list_field(r->returned.len ? r->returned : r->in_words, "To", list, 0) == 1;
    return count;
}

static bool read_words(struct bounce_report *report, enum bounce_kind kind, struct arena *arena,
                       struct bounce *b)
{
    struct slice list[BOUNCE_NAMED_MAX];
    size_t count = name_recipients(report, list);
    b->kind = kind;
    b->recipients = count ? arena_array(arena, count, sizeof(*b->recipients)) : NULL;
    if (count && !b->recipients)
        return false;
    for (; b->count < count; b->count++) {
        struct bounce_recipient *r = &b->recipients[b->count];
        r->recipient = list[b->count];
        r->kind = kind;
        if (kind != BOUNCE_SUCCESS)
            reply_scan(bounce_said(report->words, r->recipient, list, count, arena), arena, &r->in);
    }
    return true;
}

/* Whether one of the lines that name the recipient says that something was not delivered. */
static bool is_told_of(struct slice words, struct slice recipient)
{
    struct slice line;
    while (slice_line(&words, &line))
        if (slice_ifind_slice(line, recipient, 0) != SLICE_NONE && bounce_tells_failure(line))
            return true;
    return false;
}

/* Postmasters, and programs that send mail of all kinds, write about other things too: then more
 * has to speak for a report than that somebody is named in it. */
static bool is_proven(const struct bounce_report *r, const struct bounce *b)
{
    if (!r->is_led || r->has_returned || r->in_words.len)
        return true;
    for (size_t i = 0; i < b->count; i++) {
        const struct bounce_recipient *one = &b->recipients[i];
        bool has_code = one->in.reply.code >= 400 || one->in.reply.enhanced.class >= 4;
        if (has_code || (!r->is_weak && (is_told_of(r->words, one->recipient) ||
                                         bounce_is_labelled(r->words, one->recipient))))
            return true;
    }
    return false;
}

/* The recipients that the first of these fields names that is there. */
static bool read_field(struct slice text, const char *const *names, size_t count,
                       enum bounce_kind kind, struct arena *arena, struct bounce *b)
{
    struct slice list[BOUNCE_NAMED_MAX];
    b->kind = kind;
    size_t found = 0;
    for (size_t i = 0; i < count && !found; i++)
        found = list_field(text, names[i], list, 0);
    if (found == 0)
        return true;
    b->count = 0;
    b->recipients = arena_array(arena, found, sizeof(*b->recipients));
    if (!b->recipients)
        return false;
    for (; b->count < found; b->count++) {
        struct bounce_recipient *r = &b->recipients[b->count];
        *r = (struct bounce_recipient){.recipient = list[b->count], .kind = kind};
        r->in.remote = r->in.reply.text = (struct slice){"", 0};
    }
    return true;
}

/* A report all the same when it hides whom it is about. */
static bool add_nobody(enum bounce_kind kind, struct arena *arena, struct bounce *b)
{
    const struct slice none = {"", 0};
    b->recipients = arena_array(arena, 1, sizeof(*b->recipients));
    if (!b->recipients)
        return false;
    b->recipients[b->count++] = (struct bounce_recipient){
        .recipient = none, .kind = kind, .in = {.remote = none, .reply = {.text = none}}};
    return true;
}

/* RFC 5965 3.2; the original message's To where the report hides whom it was for. */
static bool read_complaint(const struct bounce_report *report, struct arena *arena,
                           struct bounce *b)
{
    static const char *const fields[] = {"Original-Rcpt-To", "Removal-Recipient"};
    static const char *const own[] = {"X-HmXmrOriginalRecipient"};
    static const char *const to[] = {"To", "X-Apparently-To", "Delivered-To"};
    return read_field(report->status, fields, 2, BOUNCE_COMPLAINT, arena, b) &&
           (b->count || read_field(report->message, own, 1, BOUNCE_COMPLAINT, arena, b)) &&
           (b->count || read_field(report->returned, own, 1, BOUNCE_COMPLAINT, arena, b)) &&
           (b->count || read_field(report->returned, to, 3, BOUNCE_COMPLAINT, arena, b)) &&
           (b->count || add_nobody(BOUNCE_COMPLAINT, arena, b));
}

/* A field's body in one line, readable. */
static bool take_body(struct slice body, struct arena *arena, struct slice *value_r)
{
    struct buf line;
    char *storage = arena_text(arena, body.len + 1);
    if (!storage)
        return false;
    buf_init_fixed(&line, storage, body.len + 1);
    header_unfold(&line, body);
    return take_words(buf_slice(&line), arena, value_r);
}

/* What tells which message it was; of fields that stand twice the first counts. */
static bool read_returned(struct slice message, struct arena *arena, struct bounce *b)
{
    struct header_field f;
    struct slice from = {"", 0};
    message = slice_trim(message);
    while (header_next(&message, &f)) {
        struct slice *place = slice_ieq(f.name, SLICE("From"))         ? &from
                              : slice_ieq(f.name, SLICE("Subject"))    ? &b->subject
                              : slice_ieq(f.name, SLICE("Message-ID")) ? &b->message_id
                                                                       : NULL;
        if (place && place->len == 0 && !take_body(f.body, arena, place))
            return false;
    }
    b->sender = dsn_address(from);
    if (slice_find(b->sender, '@', 0) == SLICE_NONE || slice_find(b->sender, ' ', 0) != SLICE_NONE)
        b->sender = (struct slice){"", 0};
    return true;
}

/* Without what stands before the header in an mbox, or above a saved mail. */
static struct slice begin_of(struct slice mail)
{
    struct slice line;
    while (mail.len && ascii_is_space(mail.at[0]))
        mail = slice_from(mail, 1);
    if (slice_starts(mail, SLICE("From ")))
        slice_line(&mail, &line);
    return mail;
}

/* The fields for programs where they stand in the text for people, as they do when a gateway
 * flattened the report. */
static bool find_status_in_words(struct bounce_report *r)
{
    struct slice rest = r->words, line;
    size_t at = SLICE_NONE;
    while (at == SLICE_NONE && slice_line(&rest, &line))
        if (slice_istarts(line, SLICE("Final-Recipient:")) ||
            slice_istarts(line, SLICE("Original-Recipient:")) ||
            slice_istarts(line, SLICE("Reporting-MTA:")))
            at = (size_t)(line.at - r->words.at);
    if (at == SLICE_NONE)
        return false;
    r->has_status = true;
    r->is_status_cut = true;
    r->status = slice_from(r->words, at);
    r->words = slice_head(r->words, at);
    return true;
}

static enum bounce_kind kind_of_all(const struct bounce *b)
{
    enum bounce_kind kind = BOUNCE_NONE;
    for (size_t i = 0; b->recipients && i < b->count && kind != BOUNCE_FAILURE; i++)
        if (b->recipients[i].kind != BOUNCE_NONE)
            kind = b->recipients[i].kind;
    return kind;
}

/* Whether the part for programs says what became of anybody. */
static bool names_somebody(const struct bounce *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (is_plain_name(b->recipients[i].recipient))
            return true;
    return false;
}

/* What the part for programs says of a recipient that it names otherwise: a pipe, a file. */
static void add_status(struct bounce *b, const struct bounce_recipient *said)
{
    for (size_t i = 0; b->recipients && i < b->count; i++)
        if (b->recipients[i].in.reply.enhanced.class == 0)
            b->recipients[i].in.reply.enhanced = said->in.reply.enhanced;
}

static bool read_report(struct bounce_report *r, struct arena *arena, struct bounce *b)
{
    static const char *const from[] = {"From", "Reply-To"};
    struct bounce_look look;
    if (r->has_feedback)
        return read_complaint(r, arena, b);
    b->count = 0;
    b->recipients = NULL;
    if (r->has_status && !read_status(r, arena, b))
        return false;
    b->kind = kind_of_all(b);
    if (names_somebody(b))
        return true;
    if (bounce_is_ses(r->words))
        return bounce_read_ses(r->words, arena, b);
    bounce_look_at(r->message, bounce_words_of(r), &look);
    r->is_daemon = look.is_daemon;
    if (!r->has_status && look.kind != BOUNCE_NONE && find_status_in_words(r))
        return read_report(r, arena, b);
    if (r->has_status && look.kind == BOUNCE_NONE)
        look.kind = b->kind;
    if (look.kind == BOUNCE_AUTO_REPLY || look.kind == BOUNCE_CHALLENGE)
        return read_field(r->message, from, 2, look.kind, arena, b);
    if (look.kind == BOUNCE_COMPLAINT)
        return read_complaint(r, arena, b);
    /* in a language that is not known: what a daemon lists is whom it could not reach */
    bool is_list = look.kind == BOUNCE_NONE && look.is_daemon;
    if (look.kind == BOUNCE_NONE && !is_list)
        return true;
    if (is_list)
        look.kind = BOUNCE_FAILURE;
    struct bounce by_status = *b;
    b->count = 0;
    if (!read_words(r, look.kind, arena, b))
        return false;
    if (is_list ? r->is_led : !look.is_sure && !is_proven(r, b)) {
        *b = by_status;
        return true;
    }
    if (b->count == 0)
        *b = by_status;
    else if (by_status.count == 1)
        add_status(b, &by_status.recipients[0]);
    b->kind = look.kind;
    return true;
}

/* The message that this one passes on: a part of it, or text in its text. */
static struct slice passed_on(const struct bounce_report *r)
{
    const struct slice none = {"", 0};
    if (r->has_feedback)
        return none;
    if (r->has_forward)
        return r->returned;
    return r->has_returned ? none : r->in_words;
}

/* Goes on into what is passed on while nobody is named, or perhaps the wrong one. */
static bool read_passed_on(struct bounce_report *r, struct arena *arena, struct bounce *b)
{
    for (int i = 0; i < FORWARDS_MAX && (b->count == 0 || r->is_weak); i++) {
        struct bounce inner = *b;
        struct bounce_report within;
        struct slice message = begin_of(passed_on(r));
        if (!bounce_begins_mail(message))
            return true;
        if (!bounce_find_parts(message, arena, &within) || !read_report(&within, arena, &inner))
            return false;
        if (b->count && (inner.count == 0 || !within.has_status))
            return true;
        *r = within;
        if (inner.count)
            *b = inner;
    }
    return true;
}

/* It failed all the same, and perhaps the text tells why. */
static bool add_unnamed(struct bounce_report *r, struct arena *arena, struct bounce *b)
{
    const struct slice nobody = {"", 0};
    if (!add_nobody(b->kind, arena, b))
        return false;
    if (b->kind != BOUNCE_SUCCESS)
        reply_scan(bounce_said(bounce_words_of(r), nobody, NULL, 0, arena), arena,
                   &b->recipients[0].in);
    return true;
}

bool bounce_read(struct slice mail, struct arena *arena, struct bounce *bounce_r)
{
    struct bounce_report report;
    struct slice message;
    const struct slice none = {"", 0};
    *bounce_r =
        (struct bounce){.sender = none, .subject = none, .message_id = none, .reporter = none};
    if (!mime_lines(mail, arena, &message) ||
        !bounce_find_parts(begin_of(message), arena, &report) ||
        !read_report(&report, arena, bounce_r))
        return false;
    bool is_quiet = bounce_r->kind == BOUNCE_AUTO_REPLY || bounce_r->kind == BOUNCE_CHALLENGE;
    if (!is_quiet && !read_passed_on(&report, arena, bounce_r))
        return false;
    if (bounce_r->kind == BOUNCE_NONE && bounce_r->count == 0)
        return true;
    if (bounce_r->count == 0 && report.is_daemon && !add_unnamed(&report, arena, bounce_r))
        return false;
    bounce_r->reporter = bounce_reporter(report.message, report.status, report.words);
    return read_returned(report.returned.len ? report.returned : report.in_words, arena, bounce_r);
}

const char *bounce_kind_name(enum bounce_kind kind)
{
    static const char *const names[] = {
        [BOUNCE_NONE] = "none",
        [BOUNCE_FAILURE] = "failure",
        [BOUNCE_DELAY] = "delay",
        [BOUNCE_SUCCESS] = "success",
        [BOUNCE_AUTO_REPLY] = "auto-reply",
        [BOUNCE_COMPLAINT] = "complaint",
        [BOUNCE_CHALLENGE] = "challenge",
    };
    return names[kind];
}
