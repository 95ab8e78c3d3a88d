#include "cli/send_message.h"

#include "mail/address.h"
#include "mail/date.h"
#include "mail/header.h"

bool send_recipients_add(struct send_recipients *r, struct arena *arena, struct slice address,
                         const char **what)
{
    struct address parsed;
    struct err err;
    if (!address_parse(address, &parsed, &err)) {
        *what = err.what;
        return false;
    }
    for (size_t i = 0; i < r->count; i++)
        if (slice_eq(r->at[i].address, address))
            return true;
    *what = "there are more than 10000 recipients; send the message in several parts";
    if (r->count == SEND_RECIPIENTS_MAX)
        return false;
    *what = err_text(ERR_MEMORY);
    r->at[r->count] = (struct recipient){0};
    if (!arena_dup(arena, address, &r->at[r->count].address))
        return false;
    r->count++;
    return true;
}

/* --- lists of addresses (RFC 5322 3.4), read leniently --- */

struct list_reader {
    struct slice in;
    size_t at;
    struct buf current; /* the address so far, without comments */
};

static void skip_comment(struct list_reader *l)
{
    int depth = 0;
    do {
        char c = l->in.at[l->at];
        depth += c == '(';
        depth -= c == ')';
        l->at += c == '\\' ? 2 : 1;
    } while (depth > 0 && l->at < l->in.len);
}

static void copy_quoted(struct list_reader *l)
{
    buf_add_char(&l->current, l->in.at[l->at++]);
    while (l->at < l->in.len) {
        char c = l->in.at[l->at++];
        buf_add_char(&l->current, c);
        if (c == '"')
            return;
        if (c == '\\' && l->at < l->in.len)
            buf_add_char(&l->current, l->in.at[l->at++]);
    }
}

/* The next address, maybe empty; false at the end. What stands before `<` is a name, what stands
 * before `:` is a group's. */
static bool next_address(struct list_reader *l, struct slice *address_r)
{
    bool is_closed = false;
    if (l->at >= l->in.len)
        return false;
    buf_clear(&l->current);
    while (l->at < l->in.len) {
        char c = l->in.at[l->at];
        if (c == '(') {
            skip_comment(l);
            continue;
        }
        if (c == '"' && !is_closed) {
            copy_quoted(l);
            continue;
        }
        l->at++;
        if (c == ',' || c == ';')
            break;
        if (c == '<' ||
            (c == ':' && !is_closed && slice_find(buf_slice(&l->current), '[', 0) == SLICE_NONE))
            buf_clear(&l->current);
        else if (c == '>')
            is_closed = true;
        else if (!is_closed)
            buf_add_char(&l->current, ascii_is_space(c) ? ' ' : c);
    }
    *address_r = slice_trim(buf_slice(&l->current));
    return true;
}

bool send_recipients_add_list(struct send_recipients *r, struct arena *arena, struct slice list,
                              struct slice *bad_r, const char **what)
{
    char storage[1024];
    struct list_reader l = {.in = list};
    struct slice address;
    buf_init_fixed(&l.current, storage, sizeof(storage));
    while (next_address(&l, &address)) {
        *what = "it is too long";
        bool is_fine =
            address.len == 0 || (!l.current.failed && send_recipients_add(r, arena, address, what));
        if (!is_fine) {
            (void)!arena_dup(arena, address, bad_r);
            return false;
        }
    }
    return true;
}

/* --- the message --- */

/* LF, CR LF or CR; the last line may lack it. */
static bool next_line(struct slice *rest, struct slice *line_r)
{
    size_t end = 0;
    if (rest->len == 0)
        return false;
    while (end < rest->len && rest->at[end] != '\n' && rest->at[end] != '\r')
        end++;
    bool is_pair = end + 1 < rest->len && rest->at[end] == '\r' && rest->at[end + 1] == '\n';
    *line_r = slice_head(*rest, end);
    *rest = slice_from(*rest, end + (is_pair ? 2 : 1));
    return true;
}

static void add_lines(struct buf *out, struct slice text, bool dot_ends)
{
    struct slice line;
    while (next_line(&text, &line)) {
        if (dot_ends && slice_eq(line, SLICE(".")))
            return;
        buf_add(out, line);
        buf_add_str(out, "\r\n");
    }
}

static const struct {
    struct slice name;
    bool has_recipients, is_hidden;
} known_fields[] = {
    {SLICE_INIT("To"), true, false},
    {SLICE_INIT("Cc"), true, false},
    {SLICE_INIT("Bcc"), true, true},
};

static bool take_recipients(const struct send_source *s, const struct header_field *f,
                            struct arena *arena, struct send_recipients *r, bool *is_hidden,
                            struct slice *bad_r, const char **what)
{
    *is_hidden = false;
    for (size_t i = 0; s->to_header && i < sizeof(known_fields) / sizeof(known_fields[0]); i++)
        if (slice_ieq(f->name, known_fields[i].name)) {
            *is_hidden = known_fields[i].is_hidden;
            return send_recipients_add_list(r, arena, f->body, bad_r, what);
        }
    return true;
}

/* RFC 5322 3.6: Date and From are required, a Message-ID should be there. */
static void add_missing(struct buf *out, const struct send_source *s, struct slice header)
{
    struct slice ignored;
    if (!header_find(header, SLICE("Date"), &ignored)) {
        buf_add_str(out, "Date: ");
        date_write_5322(out, s->now, s->zone);
        buf_add_str(out, "\r\n");
    }
    if (!header_find(header, SLICE("Message-ID"), &ignored))
        buf_addf(out, "Message-ID: <%llx.%016llx@%.*s>\r\n", (unsigned long long)s->now,
                 (unsigned long long)s->random, SLICE_ARG(s->hostname));
    if (header_find(header, SLICE("From"), &ignored))
        return;
    buf_add_str(out, "From: ");
    if (s->full_name.len) {
        buf_add_char(out, '"');
        for (size_t i = 0; i < s->full_name.len; i++) {
            char c = s->full_name.at[i];
            buf_add_str(out, c == '"' || c == '\\' ? "\\" : "");
            buf_add_char(out, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
        }
        buf_add_str(out, "\" ");
    }
    buf_addf(out, "<%.*s>\r\n", SLICE_ARG(s->sender));
}

/* The line with which mbox files separate messages is none of the header. */
static struct slice without_mbox_line(struct slice text)
{
    struct slice line, rest = text;
    bool is_there = slice_starts(text, SLICE("From ")) || slice_starts(text, SLICE(">From "));
    return is_there && next_line(&rest, &line) ? rest : text;
}

/* The header is read with its lines ended as they will be sent, so that what is checked is what
 * goes out. */
static bool write_lines(const struct send_source *s, struct slice message, struct arena *arena,
                        struct buf *content, struct send_recipients *r, struct slice *bad_r,
                        const char **what)
{
    struct slice rest = message;
    struct header_field field;
    bool is_hidden;
    while (header_next(&rest, &field)) {
        if (!take_recipients(s, &field, arena, r, &is_hidden, bad_r, what))
            return false;
        if (!is_hidden)
            buf_add(content, field.whole);
    }
    add_missing(content, s, message);
    buf_add_str(content, "\r\n");
    buf_add(content, slice_from(message, header_body_at(message)));
    return true;
}

bool send_message_write(const struct send_source *s, struct arena *arena, struct buf *content,
                        struct send_recipients *r, struct slice *bad_r, const char **what)
{
    struct buf lines;
    *bad_r = SLICE("");
    buf_init(&lines, content->mem, content->limit);
    add_lines(&lines, without_mbox_line(s->text), s->dot_ends);
    bool is_fine = write_lines(s, buf_slice(&lines), arena, content, r, bad_r, what);
    if (is_fine && (lines.failed || content->failed)) {
        *what = "the message is too large to be held in memory";
        is_fine = false;
    }
    buf_free(&lines);
    return is_fine;
}
