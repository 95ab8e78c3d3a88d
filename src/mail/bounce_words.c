/* Addresses in text for people, and where the message begins that comes back in it. */
#include "base/utf8.h"
#include "mail/bounce_inside.h"
#include "mail/header.h"
#include "reply/token.h"

/* A bit for a byte with which words begin, whatever its case; others may share it. */
static uint64_t letter_bit(char c)
{
    return (uint64_t)1 << ((c | 0x20) & 63);
}

bool bounce_holds(struct slice text, const struct slice *words, size_t count)
{
    uint64_t letters = 0;
    for (size_t i = 0; i < count; i++)
        letters |= letter_bit(words[i].at[0]);
    for (size_t at = 0; at < text.len; at++) {
        if (!(letters & letter_bit(text.at[at])) || (at > 0 && token_is_alnum(text.at[at - 1])))
            continue;
        for (size_t i = 0; i < count; i++)
            if (slice_istarts(slice_from(text, at), words[i]))
                return true;
    }
    return false;
}

static bool is_local_char(char c)
{
    return ascii_is_alnum(c) || (unsigned char)c > 0x7f || (c && strchr("!#$%&*+-/=?^_`{|}~.", c));
}

static bool is_domain_char(char c)
{
    return ascii_is_alnum(c) || (unsigned char)c > 0x7f || c == '-' || c == '.' || c == '_';
}

/* Where the character begins that ends at `end`. */
static size_t char_before(struct slice line, size_t end)
{
    size_t at = end - 1;
    while (at > 0 && end - at < 4 && ((unsigned char)line.at[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* Marks and blanks beyond ASCII (U+00A0-BF, U+2000-206F, U+3000-303F, U+FF00-FF20): of a sentence,
 * never of an address. */
static bool is_wide_mark(struct slice line, size_t at)
{
    static const char *const leads[] = {"\xc2", "\xe2\x80", "\xe2\x81", "\xe3\x80", "\xef\xbc"};
    struct slice rest = slice_from(line, at);
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
        if (slice_starts(rest, slice_str(leads[i])))
            return i + 1 < sizeof(leads) / sizeof(leads[0]) ||
                   (rest.len > 2 && (unsigned char)rest.at[2] < 0xa1);
    return false;
}

/* Languages that put no blank between words (U+2E80 and above) touch an address; none is of both.
 */
static bool is_other_word(struct slice line, size_t at, bool is_ascii)
{
    unsigned char c = (unsigned char)line.at[at];
    return c > 0x7f && (is_wide_mark(line, at) || (is_ascii && c >= 0xe2));
}

/* The local part that ends at `at`; a quoted one goes back to its quote. */
static size_t begin_of_local(struct slice line, size_t at)
{
    size_t begin = at;
    if (at && line.at[at - 1] == '"') {
        for (begin = at - 1; begin > 0 && line.at[begin - 1] != '"';)
            begin--;
        return begin > 0 ? begin - 1 : at;
    }
    for (bool is_ascii = false; begin > 0 && is_local_char(line.at[begin - 1]);) {
        size_t before = char_before(line, begin);
        if (is_other_word(line, before, is_ascii))
            break;
        is_ascii = (unsigned char)line.at[before] < 0x80;
        begin = before;
    }
    while (begin < at && strchr("=*'`", line.at[begin])) /* of lists and quotes */
        begin++;
    return begin;
}

static size_t end_of_domain(struct slice line, size_t at)
{
    size_t end = at;
    if (end < line.len && line.at[end] == '[') {
        size_t close = slice_find(line, ']', end);
        return close == SLICE_NONE ? at : close + 1;
    }
    for (bool is_ascii = false; end < line.len && is_domain_char(line.at[end]); end++) {
        if (is_other_word(line, end, is_ascii))
            break;
        is_ascii = ascii_is_alnum(line.at[end]);
    }
    while (end > at && strchr(".-_", line.at[end - 1]))
        end--;
    return end;
}

/* Brackets, quotes and blanks between words and an address. */
static struct slice without_marks(struct slice s)
{
    while (s.len && strchr(" \t<\"'([*=`>", s.at[s.len - 1]))
        s.len--;
    return s;
}

bool bounce_next_address(struct slice *line_r, const char *end, struct bounce_address *a_r)
{
    struct slice line = *line_r;
    for (size_t at = 0; (at = slice_find(line, '@', at)) != SLICE_NONE; at++) {
        size_t from = begin_of_local(line, at), to = end_of_domain(line, at + 1);
        bool is_closed =
            from > 0 && line.at[from - 1] == '<' && to < line.len && line.at[to] == '>';
        struct slice domain = slice_of(line.at + at + 1, to - at - 1);
        bool is_domain = domain.len > 0 && (is_closed || slice_find(domain, '.', 0) != SLICE_NONE);
        /* `?` is what decoding could not read */
        struct slice text = slice_of(line.at + from, to - from);
        bool is_whole = slice_find(text, '?', 0) == SLICE_NONE && utf8_is_valid(text) &&
                        !(to < line.len && line.at[to] == '?');
        if (from == at || !is_domain || !is_whole || line.at + to >= end)
            continue;
        a_r->text = slice_of(line.at + from, to - from);
        a_r->before = without_marks(slice_head(line, from));
        a_r->after = slice_from(line, to);
        *line_r = a_r->after;
        return true;
    }
    return false;
}

static bool is_listed(struct slice address, const struct slice *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_ieq(list[i], address))
            return true;
    return false;
}

size_t bounce_list_addresses(struct slice body, const char *end, struct slice *list, size_t count,
                             size_t max)
{
    struct bounce_address a;
    while (count < max && bounce_next_address(&body, end, &a))
        if (!is_listed(a.text, list, count))
            list[count++] = a.text;
    return count;
}

/* Words of the line that stands above the message that comes back. */
static const struct slice boundaries[] = {
    SLICE_INIT("below this line is"),
    SLICE_INIT("this is a copy of"),
    SLICE_INIT("copy of the original message"),
    SLICE_INIT("copy of the message"),
    SLICE_INIT("copy of your message"),
    SLICE_INIT("original message follows"),
    SLICE_INIT("original message below"),
    SLICE_INIT("original message headers"),
    SLICE_INIT("header of the original message"),
    SLICE_INIT("unsent message"),
    SLICE_INIT("returned message"),
    SLICE_INIT("message text follows"),
    SLICE_INIT("message header follows"),
    SLICE_INIT("message headers follow"),
    SLICE_INIT("copie du message"),
};

/* These words alone in their line, but for dashes and the like. */
static const struct slice lone_boundaries[] = {
    SLICE_INIT("original message"), SLICE_INIT("original message header"),
    SLICE_INIT("message header"),   SLICE_INIT("message headers"),
    SLICE_INIT("original mail"),    SLICE_INIT("returned mail"),
    SLICE_INIT("original headers"), SLICE_INIT("forwarded message"),
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct slice letters_of(struct slice line)
{
    while (line.len && !ascii_is_alnum(line.at[0]))
        line = slice_from(line, 1);
    while (line.len && !ascii_is_alnum(line.at[line.len - 1]))
        line.len--;
    return line;
}

static bool is_boundary(struct slice line)
{
    static const struct slice hints[] = {SLICE_INIT("messag"), SLICE_INIT("original"),
                                         SLICE_INIT("returned"), SLICE_INIT("below this")};
    struct slice letters = letters_of(line);
    /* `delete your own text from the attached returned message.` ends a sentence */
    if (letters.len && ascii_lower(letters.at[0]) == letters.at[0] &&
        letters.at + letters.len < line.at + line.len && letters.at[letters.len] == '.')
        return false;
    if (letters.len < 8 || letters.len > 100 || !bounce_holds(letters, hints, COUNT(hints)))
        return false;
    for (size_t i = 0; i < COUNT(lone_boundaries); i++)
        if (slice_ieq(letters, lone_boundaries[i]))
            return true;
    return bounce_holds(letters, boundaries, COUNT(boundaries));
}

/* Fields that a message has, and a report's own lines seldom. */
static bool has_message_field(struct slice text)
{
    static const struct slice names[] = {
        SLICE_INIT("Received"),   SLICE_INIT("Return-Path"),      SLICE_INIT("From"),
        SLICE_INIT("Message-ID"), SLICE_INIT("X-Originating-IP"),
    };
    struct header_field f;
    while (header_next(&text, &f))
        for (size_t i = 0; i < COUNT(names); i++)
            if (slice_ieq(f.name, names[i]))
                return true;
    return false;
}

static bool begins_message(struct slice text)
{
    size_t len = 0;
    while (len < text.len && (ascii_is_alnum(text.at[len]) || text.at[len] == '-'))
        len++;
    bool is_field = len > 0 && len < text.len && text.at[len] == ':';
    return (is_field || slice_starts(text, SLICE("From "))) && bounce_begins_mail(text) &&
           has_message_field(text);
}

void bounce_part_words(struct slice text, struct slice *words_r, struct slice *returned_r)
{
    struct slice rest = text, line;
    *words_r = text;
    *returned_r = slice_from(text, text.len);
    while (rest.len) {
        size_t at = (size_t)(rest.at - text.at);
        bool begins = begins_message(rest);
        slice_line(&rest, &line);
        if (!begins && !is_boundary(line))
            continue;
        *words_r = slice_head(text, at);
        struct slice behind = begins ? slice_from(text, at) : rest;
        while (behind.len && ascii_is_space(behind.at[0]))
            behind = slice_from(behind, 1);
        *returned_r = behind;
        return;
    }
}
