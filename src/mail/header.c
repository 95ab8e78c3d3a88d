#include "mail/header.h"

#include "base/eight.h"

/* The first line with its line end. */
static struct slice first_line(struct slice s)
{
    size_t end = slice_find(s, '\n', 0);
    return end == SLICE_NONE ? s : slice_head(s, end + 1);
}

static struct slice without_line_end(struct slice line)
{
    if (line.len && line.at[line.len - 1] == '\n')
        line.len--;
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Printable ASCII but the colon (RFC 5322 3.6.8). */
static size_t name_length(struct slice line)
{
    size_t end = 0;
    while (line.len - end >= 8) {
        uint64_t word = eight_load(line.at + end);
        uint64_t other = eight_unprintable(word) | eight_equal(word, ' ') | eight_equal(word, ':');
        if (other)
            return end + eight_first(other);
        end += 8;
    }
    while (end < line.len && line.at[end] > ' ' && line.at[end] < 0x7f && line.at[end] != ':')
        end++;
    return end;
}

bool header_next(struct slice *rest_r, struct header_field *field_r)
{
    struct slice line = first_line(*rest_r);
    size_t end = name_length(line), colon = end, len = line.len;
    while (colon < line.len && is_blank(line.at[colon])) /* RFC 5322 4.5 */
        colon++;
    if (end == 0 || colon == line.len || line.at[colon] != ':')
        return false;
    while (len < rest_r->len && is_blank(rest_r->at[len]))
        len += first_line(slice_from(*rest_r, len)).len;
    field_r->whole = slice_head(*rest_r, len);
    field_r->name = slice_head(line, end);
    field_r->body = without_line_end(slice_from(field_r->whole, colon + 1));
    *rest_r = slice_from(*rest_r, len);
    return true;
}

struct slice header_section(struct slice message)
{
    struct slice rest = message;
    struct header_field field;
    while (header_next(&rest, &field))
        ;
    return slice_head(message, message.len - rest.len);
}

size_t header_body_at(struct slice message)
{
    size_t at = header_section(message).len;
    struct slice line = first_line(slice_from(message, at));
    return without_line_end(line).len == 0 ? at + line.len : at;
}

bool header_find(struct slice message, struct slice name, struct slice *body_r)
{
    struct header_field field;
    while (header_next(&message, &field)) {
        if (!slice_ieq(field.name, name))
            continue;
        *body_r = field.body;
        return true;
    }
    return false;
}

size_t header_count(struct slice message, struct slice name)
{
    struct header_field field;
    size_t count = 0;
    while (header_next(&message, &field))
        count += slice_ieq(field.name, name);
    return count;
}

void header_unfold(struct buf *out, struct slice body)
{
    body = slice_trim(body);
    for (struct slice line; slice_line(&body, &line);)
        buf_add(out, line);
}
