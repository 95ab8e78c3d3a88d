#include "cli/explain_filter.h"

#include <fnmatch.h>
#include <string.h>

#include "cli/words.h"
#include "reply/explanation_json.h"

static bool find_cause(struct slice name, enum cause *cause_r)
{
    for (int c = 0; c < CAUSE_COUNT; c++)
        if (slice_ieq(name, slice_str(cause_name((enum cause)c)))) {
            *cause_r = (enum cause)c;
            return true;
        }
    return false;
}

bool explain_filter_add_causes(struct explain_filter *f, const char *list, struct slice *wrong_r)
{
    struct slice rest = slice_str(list), name;
    enum cause cause;
    while (slice_split(&rest, ',', &name)) {
        if (!find_cause(slice_trim(name), &cause)) {
            *wrong_r = name;
            return false;
        }
        f->causes[cause] = f->has_causes = true;
    }
    return f->has_causes;
}

static const struct {
    const char *unit;
    int64_t seconds;
} units[] = {{"s", 1},     {"m", 60},     {"min", 60},    {"h", 3600},
             {"d", 86400}, {"w", 604800}, {"days", 86400}};

static bool parse_span(struct slice text, int64_t *ms_r)
{
    size_t digits = 0;
    uint32_t count;
    while (digits < text.len && ascii_is_digit(text.at[digits]))
        digits++;
    if (!slice_u32(slice_head(text, digits), &count))
        return false;
    struct slice unit = slice_trim(slice_from(text, digits));
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (slice_eq(unit, slice_str(units[i].unit))) {
            *ms_r = (int64_t)count * units[i].seconds * 1000;
            return true;
        }
    return false;
}

bool explain_filter_set_since(struct explain_filter *f, const char *text, int64_t now)
{
    enum { DATE_LEN = 10 };
    char day[DATE_LEN + sizeof("T00:00:00Z")];
    struct buf full;
    int64_t span;
    struct slice s = slice_trim(slice_str(text));
    if (parse_span(s, &span)) {
        f->since = now - span;
        return true;
    }
    buf_init_fixed(&full, day, sizeof(day));
    buf_add(&full, s);
    buf_add_str(&full, "T00:00:00Z");
    return words_parse_time(s.len == DATE_LEN && !full.failed ? buf_slice(&full) : s, &f->since);
}

static bool fits_recipient(const char *pattern, struct slice recipient)
{
    enum { ADDRESS_BYTES = 1024 };
    char address[ADDRESS_BYTES];
    struct slice wanted = slice_str(pattern);
    if (slice_starts(wanted, SLICE("@")))
        return slice_iends(recipient, wanted);
    if (!strpbrk(pattern, "*?["))
        return slice_ieq(recipient, wanted);
    return slice_cstr(recipient, address, sizeof(address)) &&
           fnmatch(pattern, address, FNM_CASEFOLD) == 0;
}

bool explain_filter_passes(const struct explain_filter *f, const struct explained *x)
{
    if (f->has_causes &&
        (!f->causes[x->diagnosis.cause] || !explanation_has_cause(&x->in, &x->diagnosis)))
        return false;
    if (f->recipient && !fits_recipient(f->recipient, explained_recipient(x)))
        return false;
    return f->since == INT64_MIN || x->time >= f->since;
}
