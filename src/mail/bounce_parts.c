/* The parts of a report, and its text for people put together. */
#include "mail/bounce_inside.h"
#include "mail/header.h"
#include "mail/mime.h"

/* Bytes of the text for people that are read. */
enum { WORDS_MAX = 1 << 16 };

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

static bool is_feedback(struct slice type)
{
    return slice_ieq(type, SLICE("message/feedback-report"));
}

static bool text_of(const struct mime_part *part, struct arena *arena, struct slice *text_r)
{
    struct buf text;
    size_t most = 3 * part->body.len + 2;
    if (mime_is_plain(part)) {
        /* the line end in front of a delimiter belongs to the line all the same */
        *text_r = slice_of(part->body.at, part->body.len + !part->is_cut);
        return true;
    }
    char *storage = arena_text(arena, most);
    if (!storage)
        return false;
    buf_init_fixed(&text, storage, most);
    mime_write_text(&text, part);
    if (!part->is_cut)
        buf_add_char(&text, '\n');
    *text_r = buf_slice(&text);
    return !text.failed;
}

/* Text for people, the pieces of several parts behind each other. */
static bool add_words(struct bounce_report *r, const struct mime_part *part, struct arena *arena)
{
    struct slice text;
    if (!text_of(part, arena, &text))
        return false;
    if (slice_ieq(part->type, SLICE("text/html")))
        text = bounce_without_tags(text, arena);
    if (slice_trim(text).len == 0 || r->words.len > WORDS_MAX)
        return true;
    if (r->words.len) {
        char *both = arena_text(arena, r->words.len + text.len);
        if (!both)
            return false;
        memcpy(both, r->words.at, r->words.len);
        memcpy(both + r->words.len, text.at, text.len);
        text = slice_of(both, r->words.len + text.len);
    }
    r->words = text;
    return true;
}

/* Takes the message that comes back off the text; once, and only where the text is needed. */
struct slice bounce_words_of(struct bounce_report *r)
{
    struct slice words;
    if (r->is_parted)
        return r->words;
    r->is_parted = true;
    bounce_part_words(r->words, &words, &r->in_words);
    r->words = slice_head(words, WORDS_MAX);
    return r->words;
}

static bool is_words(const struct bounce_report *r, const struct mime_part *part)
{
    bool is_html = slice_ieq(part->type, SLICE("text/html"));
    bool is_text = slice_ieq(part->type, SLICE("text/plain")) ||
                   slice_ieq(part->type, SLICE("text")) ||
                   slice_istarts(part->type, SLICE("text/plain"));
    return !r->has_returned && !r->has_status && (is_text || (is_html && r->words.len == 0));
}

/* The fields for programs, attached as if they were any file. */
static bool is_attached_status(struct slice text)
{
    static const struct slice names[] = {SLICE_INIT("Reporting-MTA:"),
                                         SLICE_INIT("Original-Envelope-Id:"),
                                         SLICE_INIT("Final-Recipient:")};
    text = slice_trim(text);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (slice_istarts(text, names[i]))
            return true;
    return false;
}

static bool take_attached(struct bounce_report *r, const struct mime_part *part,
                          struct arena *arena)
{
    struct slice text;
    if (!slice_ieq(part->type, SLICE("application/octet-stream")))
        return true;
    if (!text_of(part, arena, &text))
        return false;
    if (is_attached_status(text)) {
        r->status = text;
        r->has_status = true;
        r->is_status_cut = part->is_cut;
    }
    return true;
}

bool bounce_find_parts(struct slice message, struct arena *arena, struct bounce_report *r)
{
    const struct slice none = {"", 0};
    struct mime_walk walk;
    struct mime_part part;
    *r = (struct bounce_report){
        .message = message, .words = none, .in_words = none, .status = none, .returned = none};
    mime_begin(&walk, message);
    while (mime_next(&walk, &part)) {
        bool is_first = !r->has_status && (is_status(part.type) || is_feedback(part.type));
        if (is_first && !text_of(&part, arena, &r->status))
            return false;
        if (is_first) {
            r->has_status = true;
            r->has_feedback = is_feedback(part.type);
            r->is_status_cut = part.is_cut;
        } else if (!r->has_returned && is_returned(part.type)) {
            r->has_returned = true;
            r->has_forward = is_message(part.type);
            if (!text_of(&part, arena, &r->returned))
                return false;
        } else if (is_words(r, &part) ? !add_words(r, &part, arena)
                                      : !r->has_status && !take_attached(r, &part, arena)) {
            return false;
        }
    }
    if (r->words.len || r->has_status || r->has_returned)
        return true;
    part = (struct mime_part){.header = slice_from(message, message.len),
                              .content = {"", 0},
                              .encoding = {"", 0},
                              .type = SLICE("text/plain"),
                              .body = slice_from(message, header_body_at(message)),
                              .is_cut = true};
    return add_words(r, &part, arena);
}
