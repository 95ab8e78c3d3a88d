#include "reply/catalogue.h"

enum {
    NOBODY = 0,
    RFC1985 = 1985,
    RFC2645 = 2645,
    RFC3463 = 3463,
    RFC3886 = 3886,
    RFC4468 = 4468,
    RFC4954 = 4954,
    RFC5248 = 5248,
    RFC5321 = 5321,
    RFC6531 = 6531,
    RFC6710 = 6710,
    RFC7293 = 7293,
    RFC7372 = 7372,
    RFC7504 = 7504,
    RFC7505 = 7505,
    RFC8617 = 8617,
    RFC8689 = 8689,
};
enum { GENERIC, SPECIFIC };

static const struct catalogue_entry entries[] = {
#define BASIC(code, origin, cause, weight, meaning, step)                                          \
    {CAUSE_##cause, weight, origin, SLICE_INIT(#code), SLICE_INIT(meaning), SLICE_INIT(step)},
#define ENHANCED(subject, detail, origin, cause, weight, meaning, step)                            \
    {CAUSE_##cause,       weight,          origin, SLICE_INIT("X." #subject "." #detail),          \
     SLICE_INIT(meaning), SLICE_INIT(step)},
#include "reply/catalogue.def"
#undef BASIC
#undef ENHANCED
};
enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };

/* Where a code's row is: its number in the order of the table, so that a look-up is one index. */
enum position {
#define BASIC(code, origin, cause, weight, meaning, step)               AT_##code,
#define ENHANCED(subject, detail, origin, cause, weight, meaning, step) AT_X_##subject##_##detail,
#include "reply/catalogue.def"
#undef BASIC
#undef ENHANCED
};

enum { BASIC_FIRST = 200, BASIC_COUNT = 400, SUBJECTS = 8, DETAILS = 32 };

/* Position + 1; 0: no row. */
static const uint8_t basic_at[BASIC_COUNT] = {
#define BASIC(code, origin, cause, weight, meaning, step) [code - BASIC_FIRST] = AT_##code + 1,
#include "reply/catalogue.def"
#undef BASIC
};

static const uint8_t enhanced_at[SUBJECTS][DETAILS] = {
#define ENHANCED(subject, detail, origin, cause, weight, meaning, step)                            \
    [subject][detail] = AT_X_##subject##_##detail + 1,
#include "reply/catalogue.def"
#undef ENHANCED
};
_Static_assert(ENTRIES < UINT8_MAX, "positions no longer fit a byte");

static const struct catalogue_entry *entry(uint8_t position)
{
    return position ? &entries[position - 1] : NULL;
}

const struct catalogue_entry *catalogue_basic(uint16_t code)
{
    if (code < BASIC_FIRST || code >= BASIC_FIRST + BASIC_COUNT)
        return NULL;
    return entry(basic_at[code - BASIC_FIRST]);
}

const struct catalogue_entry *catalogue_enhanced(struct enhanced e)
{
    if (e.class == 0 || e.subject >= SUBJECTS || e.detail >= DETAILS)
        return NULL;
    return entry(enhanced_at[e.subject][e.detail]);
}

const struct catalogue_entry *catalogue_next(size_t *at)
{
    return *at < ENTRIES ? &entries[(*at)++] : NULL;
}

const char *severity_name(unsigned first_digit)
{
    static const char *const names[] = {
        [1] = "preliminary",       [2] = "success",           [3] = "intermediate",
        [4] = "transient failure", [5] = "permanent failure",
    };
    return first_digit >= 1 && first_digit <= 5 ? names[first_digit] : "";
}

/* RFC 5321 4.2.1: the second digit. */
const char *category_name(uint16_t code)
{
    static const char *const names[] = {
        "syntax", "information", "connection", "unspecified", "unspecified", "mail system",
    };
    unsigned digit = code / 10 % 10;
    return code >= 100 && digit <= 5 ? names[digit] : "";
}

/* RFC 3463 3: the second number of an enhanced code. */
const char *subject_name(uint16_t subject)
{
    static const char *const names[] = {
        "undefined",        "address",       "mailbox", "mail system",
        "network, routing", "mail protocol", "content", "security, policy",
    };
    return subject < SUBJECTS ? names[subject] : "";
}
