#include "base/slice.h"

#include "base/eight.h"

static int ascii_casecmp(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int d = (unsigned char)ascii_lower(a[i]) - (unsigned char)ascii_lower(b[i]);
        if (d)
            return d;
    }
    return 0;
}

bool slice_ieq(struct slice a, struct slice b)
{
    size_t at = 0;
    if (a.len != b.len)
        return false;
    for (; a.len - at >= 8; at += 8)
        if (eight_lower(eight_load(a.at + at)) != eight_lower(eight_load(b.at + at)))
            return false;
    return ascii_casecmp(a.at + at, b.at + at, a.len - at) == 0;
}

bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_eq(slice_head(s, prefix.len), prefix);
}

bool slice_istarts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && ascii_casecmp(s.at, prefix.at, prefix.len) == 0;
}

bool slice_iends(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len &&
           ascii_casecmp(s.at + s.len - suffix.len, suffix.at, suffix.len) == 0;
}

int slice_cmp(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int d = len ? memcmp(a.at, b.at, len) : 0;
    if (d)
        return d;
    return (a.len > b.len) - (a.len < b.len);
}

size_t slice_find(struct slice s, char c, size_t from)
{
    if (from >= s.len)
        return SLICE_NONE;
    const char *hit = memchr(s.at + from, c, s.len - from);
    return hit ? (size_t)(hit - s.at) : SLICE_NONE;
}

/* In blocks, so that the compiler can compare many bytes at once; few blocks need a closer look. */
size_t slice_find_pair(struct slice s, char first, char second, size_t from)
{
    enum { BLOCK = 64 };
    while (s.len > 1 && from < s.len - 1) {
        const char *at = s.at + from;
        size_t len = s.len - 1 - from;
        if (len > BLOCK) {
            unsigned char any = 0;
            for (size_t i = 0; i < BLOCK; i++)
                any |= (unsigned char)((at[i] == first) & (at[i + 1] == second));
            from += any ? 0 : BLOCK;
            if (!any)
                continue;
            len = BLOCK;
        }
        for (size_t i = 0; i < len; i++)
            if (at[i] == first && at[i + 1] == second)
                return from + i;
        from += len;
    }
    return SLICE_NONE;
}

size_t slice_find_slice(struct slice s, struct slice needle, size_t from)
{
    if (needle.len == 0)
        return from <= s.len ? from : SLICE_NONE;
    while ((from = slice_find(s, needle.at[0], from)) != SLICE_NONE) {
        if (needle.len > s.len - from)
            return SLICE_NONE;
        if (memcmp(s.at + from, needle.at, needle.len) == 0)
            return from;
        from++;
    }
    return SLICE_NONE;
}

size_t slice_ifind_slice(struct slice s, struct slice needle, size_t from)
{
    char first = needle.len ? ascii_lower(needle.at[0]) : 0;
    for (; from <= s.len && needle.len <= s.len - from; from++)
        if (needle.len == 0 || (ascii_lower(s.at[from]) == first &&
                                ascii_casecmp(s.at + from, needle.at, needle.len) == 0))
            return from;
    return SLICE_NONE;
}

size_t slice_rfind(struct slice s, char c)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.at[i - 1] == c)
            return i - 1;
    return SLICE_NONE;
}

/* In blocks whose count fits a byte, so that the compiler can compare many bytes at once. */
size_t slice_count(struct slice s, char c)
{
    enum { BLOCK = 240 };
    size_t count = 0;
    while (s.len) {
        struct slice block = slice_head(s, BLOCK);
        unsigned char found = 0;
        for (size_t i = 0; i < block.len; i++)
            found = (unsigned char)(found + (block.at[i] == c));
        count += found;
        s = slice_from(s, block.len);
    }
    return count;
}

struct slice slice_trim(struct slice s)
{
    while (s.len && ascii_is_space(s.at[0]))
        s = slice_from(s, 1);
    while (s.len && ascii_is_space(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool slice_split(struct slice *rest_r, char separator, struct slice *part_r)
{
    if (rest_r->len == 0)
        return false;
    size_t end = slice_find(*rest_r, separator, 0);
    *part_r = slice_head(*rest_r, end);
    *rest_r = end == SLICE_NONE ? slice_from(*rest_r, rest_r->len) : slice_from(*rest_r, end + 1);
    return true;
}

bool slice_line(struct slice *rest_r, struct slice *line_r)
{
    if (!slice_split(rest_r, '\n', line_r))
        return false;
    if (line_r->len && line_r->at[line_r->len - 1] == '\r')
        line_r->len--;
    return true;
}

bool slice_word(struct slice *rest_r, struct slice *word_r)
{
    struct slice s = *rest_r;
    while (s.len && ascii_is_space(s.at[0]))
        s = slice_from(s, 1);
    size_t end = 0;
    while (end < s.len && !ascii_is_space(s.at[end]))
        end++;
    *word_r = slice_head(s, end);
    *rest_r = slice_from(s, end);
    return end > 0;
}

bool slice_has_word(struct slice words, struct slice word)
{
    struct slice next;
    while (slice_word(&words, &next))
        if (slice_eq(next, word))
            return true;
    return false;
}

bool slice_u64(struct slice s, uint64_t *value_r)
{
    uint64_t value = 0;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.at[i]))
            return false;
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.at[i] - '0'), &value))
            return false;
    }
    *value_r = value;
    return true;
}

bool slice_u32(struct slice s, uint32_t *value_r)
{
    uint64_t value;
    if (!slice_u64(s, &value) || value > UINT32_MAX)
        return false;
    *value_r = (uint32_t)value;
    return true;
}

bool slice_cstr(struct slice s, char *out, size_t size)
{
    if (s.len >= size || slice_find(s, '\0', 0) != SLICE_NONE)
        return false;
    if (s.len)
        memcpy(out, s.at, s.len);
    out[s.len] = '\0';
    return true;
}

bool slice_is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] >= 0x80)
            return false;
    return true;
}
