#include "base/json.h"

#include "base/eight.h"
#include "base/utf8.h"

static void add_escaped(struct buf *out, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\nn\rr\tt\bb\ff";
    for (const char *s = shorts; *s; s += 2)
        if ((unsigned char)s[0] == c) {
            buf_add_char(out, '\\');
            buf_add_char(out, s[1]);
            return;
        }
    buf_addf(out, "\\u%04x", c);
}

/* Bytes from `at` on that stand in a string as they are; what is plain goes in one piece. */
static size_t plain_run(struct slice s, size_t at)
{
    size_t end = at;
    while (s.len - end >= 8) {
        uint64_t word = eight_load(s.at + end);
        uint64_t other = eight_unprintable(word) | eight_equal(word, '"') | eight_equal(word, '\\');
        if (other)
            return end + eight_first(other) - at;
        end += 8;
    }
    while (end < s.len && s.at[end] >= ' ' && s.at[end] < 0x7f && s.at[end] != '"' &&
           s.at[end] != '\\')
        end++;
    return end - at;
}

static void add_quoted(struct buf *out, struct slice s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len;) {
        size_t run = plain_run(s, i);
        buf_add(out, slice_of(s.at + i, run));
        i += run;
        if (i == s.len)
            break;
        size_t len = utf8_char(s, i);
        unsigned char c = (unsigned char)s.at[i];
        if (len == 0)
            buf_add_str(out, "\xef\xbf\xbd");
        else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            add_escaped(out, c);
        else
            buf_add(out, slice_of(s.at + i, len));
        i += len ? len : 1;
    }
    buf_add_char(out, '"');
}

static void begin(struct json *j, const char *key)
{
    if (j->needs_comma)
        buf_add_char(j->out, ',');
    j->needs_comma = true;
    if (key) {
        buf_add_char(j->out, '"');
        buf_add_str(j->out, key);
        buf_add(j->out, SLICE("\":"));
    }
}

static void open(struct json *j, const char *key, char c)
{
    begin(j, key);
    buf_add_char(j->out, c);
    j->needs_comma = false;
}

static void close(struct json *j, char c)
{
    buf_add_char(j->out, c);
    j->needs_comma = true;
}

void json_put_object(struct json *j, const char *key)
{
    open(j, key, '{');
}

void json_end_object(struct json *j)
{
    close(j, '}');
}

void json_put_array(struct json *j, const char *key)
{
    open(j, key, '[');
}

void json_end_array(struct json *j)
{
    close(j, ']');
}

void json_put_string(struct json *j, const char *key, struct slice value)
{
    begin(j, key);
    add_quoted(j->out, value);
}

void json_put_known(struct json *j, const char *key, struct slice value)
{
    if (value.len)
        json_put_string(j, key, value);
}

void json_put_harmless(struct json *j, const char *key, struct slice value)
{
    if (value.len == 0)
        return;
    begin(j, key);
    buf_add_char(j->out, '"');
    for (size_t i = 0; i < value.len;) {
        size_t run = plain_run(value, i);
        buf_add(j->out, slice_of(value.at + i, run));
        i += run;
        if (i == value.len)
            break;
        size_t len = utf8_printable(value, i);
        if (len == 0)
            buf_add_char(j->out, '?');
        else if (value.at[i] == '"' || value.at[i] == '\\')
            add_escaped(j->out, (unsigned char)value.at[i]);
        else
            buf_add(j->out, slice_of(value.at + i, len));
        i += len ? len : 1;
    }
    buf_add_char(j->out, '"');
}

void json_put_number(struct json *j, const char *key, int64_t value)
{
    begin(j, key);
    if (value < 0)
        buf_add_char(j->out, '-');
    buf_add_u64(j->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_put_fraction(struct json *j, const char *key, double value)
{
    begin(j, key);
    if (!(value >= 0 && value <= 1)) {
        buf_addf(j->out, "%.2f", value);
        return;
    }
    unsigned hundredths = (unsigned)(value * 100 + 0.5);
    const char digits[] = {(char)('0' + hundredths / 100), '.', (char)('0' + hundredths / 10 % 10),
                           (char)('0' + hundredths % 10)};
    buf_add(j->out, slice_of(digits, sizeof(digits)));
}

void json_put_bool(struct json *j, const char *key, bool value)
{
    begin(j, key);
    buf_add_str(j->out, value ? "true" : "false");
}

void json_put_null(struct json *j, const char *key)
{
    begin(j, key);
    buf_add_str(j->out, "null");
}
