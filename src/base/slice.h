/* Text and bytes as pointer + length, by value. A slice is borrowed: it never owns what it shows,
 * is never freed, and need not end in NUL. What comes from outside stays in slices: an SMTP line
 * may hold NULs and has no terminator. */
#ifndef CANDOR_BASE_SLICE_H
#define CANDOR_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct slice {
    const char *at;
    size_t len;
};

/* SLICE_INIT is for static tables, where gcc takes no compound literal. */
#define SLICE_INIT(literal)                                                                        \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))
/* For printf: printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) (int)(s).len, (s).at

static inline struct slice slice_of(const char *at, size_t len)
{
    return (struct slice){at, len};
}

/* A view of a NUL-terminated string of our own; NULL gives the empty slice. */
static inline struct slice slice_str(const char *text)
{
    return text ? (struct slice){text, strlen(text)} : (struct slice){"", 0};
}

/* From `from` (cut to the length) to the end. */
static inline struct slice slice_from(struct slice s, size_t from)
{
    if (from > s.len)
        from = s.len;
    return (struct slice){s.at + from, s.len - from};
}

/* The first `len` bytes, or all of them if there are fewer. */
static inline struct slice slice_head(struct slice s, size_t len)
{
    return (struct slice){s.at, len < s.len ? len : s.len};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* ASCII letters only: locale never matters in a protocol. */
static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_alnum(char c)
{
    return ascii_is_digit(c) || ascii_is_alpha(c);
}

/* Space, tab, CR, LF, vertical tab, form feed. */
static inline bool ascii_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Equal but for the case of ASCII letters. */
bool slice_ieq(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_istarts(struct slice s, struct slice prefix);
bool slice_iends(struct slice s, struct slice suffix);
/* <0, 0, >0 as memcmp; a prefix sorts before what it begins. */
int slice_cmp(struct slice a, struct slice b);

#define SLICE_NONE ((size_t)-1)
/* The index of the first match at or after `from`, or SLICE_NONE. */
size_t slice_find(struct slice s, char c, size_t from);
/* The same for one byte with another right behind it. */
size_t slice_find_pair(struct slice s, char first, char second, size_t from);
size_t slice_find_slice(struct slice s, struct slice needle, size_t from);
size_t slice_ifind_slice(struct slice s, struct slice needle, size_t from);
size_t slice_rfind(struct slice s, char c);
/* How often the byte stands in it. */
size_t slice_count(struct slice s, char c);
bool slice_is_ascii(struct slice s);

/* Without ASCII white space at both ends. */
struct slice slice_trim(struct slice s);

/* Takes what stands before the next `separator` off the front of *rest_r; false when nothing is
 * left. */
bool slice_split(struct slice *rest_r, char separator, struct slice *part_r);
/* The same for lines ended by LF or CRLF; the last line may lack its end. */
bool slice_line(struct slice *rest_r, struct slice *line_r);
/* The same for words between runs of white space. */
bool slice_word(struct slice *rest_r, struct slice *word_r);
/* Whether one of the words is exactly that. */
bool slice_has_word(struct slice words, struct slice word);

/* Decimal digits only, nothing before or after; false on overflow, an empty slice or anything else.
 */
MUST_CHECK bool slice_u64(struct slice s, uint64_t *value_r);
MUST_CHECK bool slice_u32(struct slice s, uint32_t *value_r);

/* Copies into `out` as a NUL-terminated string, for the system calls that want one; false when it
 * does not fit or holds a NUL. */
MUST_CHECK bool slice_cstr(struct slice s, char *out, size_t size);

#endif
