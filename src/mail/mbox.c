#include "mail/mbox.h"

#include "mail/header.h"

/* Bytes of a line that are looked at: longer ones are no separator and no field's name. */
enum { LOOK_MAX = 1000 };

enum line_kind { LINE_OTHER, LINE_SEPARATOR, LINE_UNKNOWN };

/* What ends lines here: LF, also behind CR, or CR alone. */
static bool find_end(struct mbox *m, struct slice window, bool is_last)
{
    if (m->end)
        return true;
    for (size_t i = 0; i < window.len && !m->end; i++) {
        bool is_cr = window.at[i] == '\r';
        if (is_cr && i + 1 == window.len && !is_last)
            return false;
        if (is_cr && (i + 1 == window.len || window.at[i + 1] != '\n'))
            m->end = '\r';
        if (window.at[i] == '\n')
            m->end = '\n';
    }
    return m->end || is_last;
}

/* The line at the front with its end; false when that is not in the window yet. */
static bool whole_line(const struct mbox *m, struct slice rest, bool is_last, struct slice *line_r)
{
    size_t end = slice_find(rest, m->end, 0);
    *line_r = end == SLICE_NONE ? rest : slice_head(rest, end + 1);
    return end != SLICE_NONE || is_last || rest.len > LOOK_MAX;
}

static struct slice without_end(struct slice line)
{
    while (line.len && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static bool is_digit_at(struct slice s, size_t at)
{
    return at < s.len && ascii_is_digit(s.at[at]);
}

/* Behind the first `12:34` or `12:34:56`; 0 when there is none. */
static size_t behind_time(struct slice line)
{
    for (size_t i = 1; i + 2 < line.len; i++) {
        if (line.at[i] != ':' || !is_digit_at(line, i - 1) || !is_digit_at(line, i + 1) ||
            !is_digit_at(line, i + 2))
            continue;
        bool has_seconds = i + 5 < line.len && line.at[i + 3] == ':' && is_digit_at(line, i + 4);
        return i + (has_seconds ? 6 : 3);
    }
    return 0;
}

/* Whether a year stands behind the time, perhaps with a zone around it, as asctime writes it. */
static bool has_year(struct slice rest)
{
    struct slice word;
    uint32_t year;
    for (int i = 0; i < 2 && slice_word(&rest, &word); i++)
        if (word.len == 4 && slice_u32(word, &year) && year >= 1970)
            return true;
    return false;
}

static bool begins_header(struct slice line)
{
    struct header_field field;
    return slice_starts(line, SLICE(">From ")) || header_next(&line, &field);
}

/* `rest` begins with a line. Without an empty line before it a separator has to be a full one. */
static enum line_kind kind_of_line(const struct mbox *m, struct slice rest, bool is_blank,
                                   bool is_last)
{
    static const struct slice from = SLICE_INIT("From ");
    struct slice line, next;
    if ((rest.len && rest.at[0] != 'F') ||
        !slice_starts(slice_head(rest, from.len), slice_head(from, rest.len)))
        return LINE_OTHER;
    if (!whole_line(m, rest, is_last, &line))
        return LINE_UNKNOWN;
    if (line.len > LOOK_MAX || !slice_starts(line, from))
        return LINE_OTHER;
    if (!whole_line(m, slice_from(rest, line.len), is_last, &next))
        return LINE_UNKNOWN;
    size_t time = behind_time(without_end(line));
    if (!time || !begins_header(without_end(slice_head(next, LOOK_MAX))))
        return LINE_OTHER;
    line = without_end(line);
    return is_blank || has_year(slice_from(line, time)) ? LINE_SEPARATOR : LINE_OTHER;
}

/* Passes over bytes, of which the last may belong to a line that goes on. */
static void pass_over(struct mbox *m, struct slice passed)
{
    bool is_ended = passed.at[passed.len - 1] == m->end;
    size_t before = slice_rfind(slice_head(passed, passed.len - is_ended), m->end);
    bool is_fresh = before != SLICE_NONE || !m->is_in_line || m->is_blank;
    struct slice line = slice_from(passed, before + 1); /* or all of it */
    m->is_blank = is_fresh && without_end(line).len == 0;
    m->is_in_line = !is_ended;
    m->looked += passed.len;
}

/* Goes on to the next separator at or behind `looked`; LINE_OTHER: there is none up to the end. */
static enum line_kind look(struct mbox *m, struct slice window, bool is_last)
{
    while (m->looked < window.len) {
        struct slice rest = slice_from(window, m->looked);
        enum line_kind kind =
            m->is_in_line ? LINE_OTHER : kind_of_line(m, rest, m->is_blank, is_last);
        if (kind != LINE_OTHER)
            return kind;
        size_t end = slice_find_pair(rest, m->end, 'F', 0);
        pass_over(m, slice_head(rest, end == SLICE_NONE ? end : end + 1));
    }
    return is_last ? LINE_OTHER : LINE_UNKNOWN;
}

/* Takes bytes off the window, and counts their lines. */
static void take(struct mbox *m, struct slice *window, size_t len)
{
    struct slice taken = slice_head(*window, len);
    m->line += m->end ? slice_count(taken, m->end) : 0;
    *window = slice_from(*window, len);
    m->looked = 0;
}

/* Where the body begins and how long it is said to be; 0 when the header is not whole. */
static size_t said_length(struct slice mail, uint64_t *length_r)
{
    struct slice rest = mail, line;
    struct header_field field;
    bool is_said = false;
    *length_r = UINT64_MAX;
    while (header_next(&rest, &field)) {
        if (is_said || !slice_ieq(field.name, SLICE("Content-Length")))
            continue;
        is_said = true;
        if (!slice_u64(slice_trim(field.body), length_r))
            *length_r = UINT64_MAX;
    }
    struct slice body = rest;
    if (slice_find(rest, '\n', 0) == SLICE_NONE)
        return 0;
    return slice_line(&rest, &line) && line.len == 0 ? mail.len - rest.len : mail.len - body.len;
}

/* The mail's length by its Content-Length, where a separator or the end of all follows: what
 * stands between begins a line, so text that looks like a separator is none. 0: not so. */
static size_t length_by_header(struct mbox *m, struct slice window, size_t begin, bool is_last,
                               bool *must_wait_r)
{
    uint64_t length;
    struct slice line;
    if (m->end == '\r')
        return 0;
    size_t body = said_length(slice_from(window, begin), &length);
    *must_wait_r = body == 0 && !is_last && window.len < m->most;
    if (body == 0 || length > m->most || length > SIZE_MAX / 2)
        return 0;
    size_t end = begin + body + (size_t)length;
    *must_wait_r = end > window.len && !is_last;
    struct slice rest = slice_from(window, end);
    if (end > window.len)
        return 0;
    while (rest.len && whole_line(m, rest, is_last, &line) && without_end(line).len == 0)
        rest = slice_from(rest, line.len);
    bool is_open = without_end(rest).len == 0; /* nothing there yet, or half a line end */
    enum line_kind kind = LINE_UNKNOWN;
    if (!is_open)
        kind = kind_of_line(m, rest, true, is_last);
    else if (is_last)
        kind = LINE_SEPARATOR;
    *must_wait_r = kind == LINE_UNKNOWN;
    return kind == LINE_SEPARATOR ? window.len - rest.len : 0;
}

/* Empty lines in front, or what is left of a mail that was too long. */
static bool pass(struct mbox *m, struct slice *window, bool is_last)
{
    while (m->is_passing && look(m, *window, is_last) != LINE_SEPARATOR) {
        take(m, window, m->looked);
        if (window->len == 0 || !is_last)
            return false;
    }
    take(m, window, m->looked);
    m->is_passing = false;
    struct slice line;
    while (window->len && whole_line(m, *window, is_last, &line) && without_end(line).len == 0)
        take(m, window, line.len);
    return window->len > 0 && without_end(line).len > 0;
}

static enum mbox_found give(struct mbox *m, struct slice *window, size_t begin, size_t end,
                            struct mbox_mail *mail_r)
{
    struct slice text = slice_of(window->at + begin, end - begin);
    mail_r->separator = without_end(slice_head(*window, begin));
    mail_r->line = m->line + (begin > 0);
    mail_r->is_cut = text.len > m->most;
    mail_r->text = slice_head(text, m->most);
    take(m, window, end);
    m->is_inside = false;
    return MBOX_MAIL;
}

/* The mail that the window begins with. */
static enum mbox_found next_inside(struct mbox *m, struct slice *window, bool is_last,
                                   struct mbox_mail *mail_r)
{
    bool must_wait = false;
    struct slice line = {"", 0};
    size_t begin = 0;
    if (kind_of_line(m, *window, true, is_last) == LINE_SEPARATOR &&
        whole_line(m, *window, is_last, &line))
        begin = line.len;
    if (m->looked <= begin) {
        size_t end = length_by_header(m, *window, begin, is_last, &must_wait);
        if (end)
            return give(m, window, begin, end, mail_r);
        if (must_wait)
            return MBOX_MORE;
        m->looked = begin;
        m->is_blank = false;
    }
    enum line_kind kind = look(m, *window, is_last);
    if (kind != LINE_UNKNOWN)
        return give(m, window, begin, m->looked, mail_r);
    if (m->looked <= m->most + begin)
        return MBOX_MORE;
    m->is_passing = true;
    return give(m, window, begin, m->looked, mail_r);
}

bool mbox_begins(struct slice text)
{
    struct mbox m;
    struct slice line;
    mbox_init(&m, SIZE_MAX);
    if (!find_end(&m, slice_head(text, LOOK_MAX), true))
        return false;
    while (text.len && whole_line(&m, text, true, &line) && without_end(line).len == 0)
        text = slice_from(text, line.len);
    return kind_of_line(&m, text, true, true) == LINE_SEPARATOR;
}

void mbox_init(struct mbox *m, size_t most)
{
    *m = (struct mbox){.most = most, .line = 1, .is_blank = true};
}

enum mbox_found mbox_next(struct mbox *m, struct slice *window_r, bool is_last,
                          struct mbox_mail *mail_r)
{
    if (!find_end(m, *window_r, is_last))
        return MBOX_MORE;
    if (!m->is_inside && !pass(m, window_r, is_last))
        return is_last ? MBOX_END : MBOX_MORE;
    m->is_inside = true;
    if (kind_of_line(m, *window_r, true, is_last) == LINE_UNKNOWN)
        return MBOX_MORE;
    return next_inside(m, window_r, is_last, mail_r);
}

void mbox_unquote(struct buf *out, struct slice text)
{
    while (text.len) {
        size_t end = slice_find(text, '\n', 0), marks = 0;
        struct slice line = end == SLICE_NONE ? text : slice_head(text, end + 1);
        while (marks < line.len && line.at[marks] == '>')
            marks++;
        bool is_quoted = marks && slice_starts(slice_from(line, marks), SLICE("From "));
        buf_add(out, slice_from(line, is_quoted));
        text = slice_from(text, line.len);
    }
}
