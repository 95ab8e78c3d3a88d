#include "mail/dsn_read.h"

#include "mail/header.h"

struct place {
    struct slice name;
    size_t offset;
};

#define MESSAGE(name, member)                                                                      \
    {                                                                                              \
        SLICE_INIT(name), offsetof(struct dsn_message_fields, member)                              \
    }
#define RECIPIENT(name, member)                                                                    \
    {                                                                                              \
        SLICE_INIT(name), offsetof(struct dsn_recipient_fields, member)                            \
    }

static const struct place message_places[] = {
    MESSAGE("Original-Envelope-Id", original_envelope_id),
    MESSAGE("Reporting-MTA", reporting_mta),
    MESSAGE("Arrival-Date", arrival_date),
};

static const struct place recipient_places[] = {
    RECIPIENT("Original-Recipient", original_recipient),
    RECIPIENT("Final-Recipient", final_recipient),
    RECIPIENT("X-Actual-Recipient", actual_recipient),
    RECIPIENT("Action", action),
    RECIPIENT("Status", status),
    RECIPIENT("Remote-MTA", remote_mta),
    RECIPIENT("Diagnostic-Code", diagnostic_code),
    RECIPIENT("Last-Attempt-Date", last_attempt_date),
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Where the field of that name goes; NULL when nobody asks for it. */
static struct slice *place_of(struct slice name, const struct place *places, size_t count,
                              void *fields)
{
    for (size_t i = 0; i < count; i++)
        if (slice_ieq(name, places[i].name))
            return (struct slice *)(void *)((char *)fields + places[i].offset);
    return NULL;
}

static struct slice one_line(struct dsn_reader *r, struct slice body)
{
    struct slice value = slice_trim(body);
    if (slice_find(value, '\n', 0) == SLICE_NONE)
        return value;
    char *storage = arena_text(r->arena, value.len);
    if (!storage) {
        r->is_short = true;
        return (struct slice){"", 0};
    }
    struct buf line;
    buf_init_fixed(&line, storage, value.len);
    header_unfold(&line, value);
    return buf_slice(&line);
}

static void keep(struct dsn_reader *r, struct slice *place, struct slice body)
{
    if (place && place->len == 0)
        *place = one_line(r, body);
}

static bool is_name(const struct slice *place, const struct dsn_recipient_fields *f)
{
    return place == &f->final_recipient || place == &f->original_recipient;
}

/* Whether the field begins the next recipient although no empty line stands before it. */
static bool begins_next(const struct slice *place, const struct dsn_recipient_fields *f)
{
    return is_name(place, f) && place->len > 0;
}

static void clear(struct dsn_recipient_fields *f)
{
    for (size_t i = 0; i < COUNT(recipient_places); i++)
        *place_of(recipient_places[i].name, recipient_places, COUNT(recipient_places), f) =
            (struct slice){"", 0};
}

static bool is_recipient(const struct dsn_recipient_fields *f)
{
    return f->final_recipient.len || f->original_recipient.len || f->action.len || f->status.len;
}

/* Whether the end of the field may be missing: half an address is another one. */
static bool is_torn(const struct dsn_reader *r, const struct header_field *field, struct slice rest)
{
    return r->is_cut && rest.len == 0 && field->whole.at[field->whole.len - 1] != '\n';
}

/* Lines up to an empty one, or to the next recipient. A line that is no field is passed over. */
static void read_group(struct dsn_reader *r, struct dsn_recipient_fields *f)
{
    clear(f);
    while (r->rest.len) {
        struct slice rest = r->rest, line;
        struct header_field field;
        if (!header_next(&rest, &field)) {
            slice_line(&r->rest, &line);
            if (slice_trim(line).len == 0)
                return;
            continue;
        }
        struct slice *place = place_of(field.name, recipient_places, COUNT(recipient_places), f);
        if (begins_next(place, f))
            return;
        if (!is_name(place, f) || !is_torn(r, &field, rest))
            keep(r, place, field.body);
        keep(r, place_of(field.name, message_places, COUNT(message_places), &r->message),
             field.body);
        r->rest = rest;
    }
}

void dsn_read_begin(struct dsn_reader *r, struct slice text, bool is_cut, struct arena *arena)
{
    const struct slice none = {"", 0};
    *r = (struct dsn_reader){
        .rest = text, .is_cut = is_cut, .arena = arena, .message = {none, none, none}};
}

bool dsn_read_next(struct dsn_reader *r, struct dsn_recipient_fields *fields_r)
{
    while (r->rest.len) {
        read_group(r, fields_r);
        if (is_recipient(fields_r))
            return true;
    }
    return false;
}

/* A type is an atom (RFC 3464 2.1.2): a semicolon behind anything else belongs to the value. */
static bool is_type(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.at[i]) && s.at[i] != '-' && s.at[i] != '_' && s.at[i] != '.')
            return false;
    return s.len > 0;
}

struct slice dsn_value(struct slice field)
{
    size_t end = slice_find(field, ';', 0);
    if (end != SLICE_NONE && is_type(slice_trim(slice_head(field, end))))
        field = slice_from(field, end + 1);
    return slice_trim(field);
}

struct slice dsn_address(struct slice field)
{
    struct slice value = dsn_value(field);
    size_t open = slice_rfind(value, '<');
    if (value.len == field.len && slice_find(value, '@', 0) == SLICE_NONE)
        return (struct slice){"", 0};
    if (open == SLICE_NONE)
        return slice_iends(value, SLICE(">")) ? slice_head(value, value.len - 1) : value;
    value = slice_from(value, open + 1);
    return slice_trim(slice_head(value, slice_find(value, '>', 0)));
}

enum dsn_action dsn_action_of(struct slice field)
{
    static const struct {
        struct slice name;
        enum dsn_action action;
    } actions[] = {
        {SLICE_INIT("failed"), DSN_ACTION_FAILED},
        {SLICE_INIT("failure"), DSN_ACTION_FAILED},
        {SLICE_INIT("expired"), DSN_ACTION_FAILED}, /* not of the RFC, but seen: SendGrid, Postfix
                                                     */
        {SLICE_INIT("undeliverable"), DSN_ACTION_FAILED},
        {SLICE_INIT("deliverable"), DSN_ACTION_DELIVERED},
        {SLICE_INIT("delayed"), DSN_ACTION_DELAYED},
        {SLICE_INIT("delivered"), DSN_ACTION_DELIVERED},
        {SLICE_INIT("relayed"), DSN_ACTION_RELAYED},
        {SLICE_INIT("expanded"), DSN_ACTION_EXPANDED},
    };
    struct slice word;
    slice_word(&field, &word);
    for (size_t i = 0; i < COUNT(actions); i++)
        if (slice_ieq(word, actions[i].name))
            return actions[i].action;
    return DSN_ACTION_NONE;
}

bool dsn_status_of(struct slice field, struct enhanced *status_r)
{
    size_t len = enhanced_prefix(field, status_r);
    return len > 0 && (len == field.len || !ascii_is_alnum(field.at[len]));
}
