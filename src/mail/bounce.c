#include "mail/bounce.h"

#include "mail/bounce_inside.h"
#include "mail/dsn_read.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "reply/scan.h"

/* Forwards of forwards that are opened. */
enum { FORWARDS_MAX = 3 };

/* The parts of a report (RFC 6522 3). */
struct report {
    bool has_words, has_status, has_returned;
    struct mime_part words; /* for people */
    struct mime_part status;
    struct mime_part returned;
};

static bool is_status(struct slice type)
{
    return slice_ieq(type, SLICE("message/delivery-status")) ||
           slice_ieq(type, SLICE("message/global-delivery-status"));
}

static bool is_message(struct slice type)
{
    return slice_ieq(type, SLICE("message/rfc822")) || slice_ieq(type, SLICE("message/global"));
}

static bool is_returned(struct slice type)
{
    return is_message(type) || slice_ieq(type, SLICE("text/rfc822-headers")) ||
           slice_ieq(type, SLICE("message/global-headers"));
}

static void find_parts(struct slice message, struct report *report)
{
    struct mime_walk walk;
    struct mime_part part;
    *report = (struct report){.has_words = false};
    mime_begin(&walk, message);
    while (mime_next(&walk, &part)) {
        if (!report->has_words && !report->has_status &&
            slice_ieq(part.type, SLICE("text/plain"))) {
            report->words = part;
            report->has_words = true;
        } else if (!report->has_status && is_status(part.type)) {
            report->status = part;
            report->has_status = true;
        } else if (!report->has_returned && is_returned(part.type)) {
            report->returned = part;
            report->has_returned = true;
        }
    }
}

static bool text_of(const struct mime_part *part, struct arena *arena, struct slice *text_r)
{
    struct buf text;
    char *storage = arena_take(arena, 2 * part->body.len + 1);
    if (!storage)
        return false;
    buf_init_fixed(&text, storage, 2 * part->body.len + 1);
    mime_write_text(&text, part);
    *text_r = buf_slice(&text);
    return !text.failed;
}

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

static struct slice address_of(const struct dsn_recipient_fields *f)
{
    struct slice address = dsn_address(f->final_recipient);
    return address.len ? address : dsn_address(f->original_recipient);
}

/* The exit status of a program that delivers is no reply, whatever its digits are. */
static bool is_exit_status(struct slice diagnostic)
{
    uint32_t number;
    return slice_istarts(diagnostic, SLICE("x-unix")) && slice_u32(dsn_value(diagnostic), &number);
}

/* Behind the address in `address: what was said` or `<address>... what was said`; empty when the
 * line has neither form. */
static struct slice said_of(struct slice line, struct slice address)
{
    bool is_closed = slice_starts(line, SLICE("<"));
    line = slice_from(line, is_closed);
    if (address.len == 0 || !slice_istarts(line, address))
        return (struct slice){"", 0};
    line = slice_from(line, address.len);
    if (is_closed && slice_starts(line, SLICE(">")))
        line = slice_from(line, 1);
    if (slice_starts(line, SLICE(": ")) || slice_starts(line, SLICE("... ")))
        return slice_from(line, slice_find(line, ' ', 0) + 1);
    return (struct slice){"", 0};
}

/* What the part for people says of the address, in the line that begins with it. */
static struct slice said_in_words(struct slice words, struct slice address)
{
    struct slice line, said = {"", 0};
    while (said.len == 0 && slice_line(&words, &line))
        said = slice_trim(said_of(slice_trim(line), address));
    return said;
}

/* What the host said; what it left out is in the report's own fields, or in its words. */
static void read_reply(const struct dsn_recipient_fields *f, struct slice words,
                       struct arena *arena, struct diagnosis_input *in)
{
    struct enhanced status;
    struct slice remote = first_word(dsn_value(f->remote_mta));
    struct slice said = dsn_value(f->diagnostic_code);
    if (said.len == 0)
        said = said_in_words(words, address_of(f));
    reply_scan(said, arena, in);
    if (is_exit_status(f->diagnostic_code))
        in->reply = (struct reply){.code = 0, .text = said};
    if (in->reply.enhanced.class == 0 && dsn_status_of(f->status, &status))
        in->reply.enhanced = status;
    if (remote.len)
        in->remote = remote;
}

static size_t count_recipients(struct slice status, bool is_cut, struct arena *arena)
{
    struct dsn_reader reader;
    struct dsn_recipient_fields fields;
    size_t count = 0;
    dsn_read_begin(&reader, status, is_cut, arena);
    while (count < BOUNCE_RECIPIENTS_MAX && dsn_read_next(&reader, &fields))
        count++;
    return count;
}

static bool read_recipients(const struct report *report, struct slice status, struct slice words,
                            struct arena *arena, struct bounce *b)
{
    struct dsn_reader reader;
    struct dsn_recipient_fields fields;
    bool is_cut = report->status.is_cut;
    size_t count = count_recipients(status, is_cut, arena);
    b->recipients = count ? arena_array(arena, count, sizeof(*b->recipients)) : NULL;
    if (count && !b->recipients)
        return false;
    dsn_read_begin(&reader, status, is_cut, arena);
    while (b->count < count && dsn_read_next(&reader, &fields)) {
        struct bounce_recipient *r = &b->recipients[b->count++];
        r->recipient = address_of(&fields);
        r->kind = kind_of(&fields);
        read_reply(&fields, words, arena, &r->in);
    }
    return !reader.is_short;
}

/* A field of the returned message in one line; empty when it is not there. */
static bool take_field(struct slice message, const char *name, struct arena *arena,
                       struct slice *value_r)
{
    struct slice body;
    *value_r = (struct slice){"", 0};
    if (!header_find(message, slice_str(name), &body))
        return true;
    char *storage = arena_take(arena, body.len + 1);
    if (!storage)
        return false;
    struct buf line;
    buf_init_fixed(&line, storage, body.len + 1);
    header_unfold(&line, body);
    *value_r = buf_slice(&line);
    return true;
}

static bool read_returned(struct slice message, struct arena *arena, struct bounce *b)
{
    struct slice from;
    message = slice_trim(message);
    if (!take_field(message, "From", arena, &from) ||
        !take_field(message, "Subject", arena, &b->subject) ||
        !take_field(message, "Message-ID", arena, &b->message_id))
        return false;
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

bool bounce_read(struct slice mail, struct arena *arena, struct bounce *bounce_r)
{
    struct report report;
    struct slice message, text, words = {"", 0};
    const struct slice none = {"", 0};
    *bounce_r =
        (struct bounce){.sender = none, .subject = none, .message_id = none, .reporter = none};
    if (!mime_lines(mail, arena, &message))
        return false;
    message = begin_of(message);
    find_parts(message, &report);
    for (int i = 0; i < FORWARDS_MAX && !report.has_status && report.has_returned; i++) {
        if (!is_message(report.returned.type))
            break;
        if (!text_of(&report.returned, arena, &message))
            return false;
        find_parts(message, &report);
    }
    if (!report.has_status)
        return true;
    if (report.has_words && !text_of(&report.words, arena, &words))
        return false;
    if (!text_of(&report.status, arena, &text) ||
        !read_recipients(&report, text, words, arena, bounce_r))
        return false;
    bounce_r->kind = bounce_r->count ? bounce_r->recipients[0].kind : BOUNCE_NONE;
    bounce_r->reporter = bounce_reporter(message, text);
    if (!report.has_returned || bounce_r->count == 0)
        return true;
    return text_of(&report.returned, arena, &text) && read_returned(text, arena, bounce_r);
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
