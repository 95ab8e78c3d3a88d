#include "deliver/sts_policy.h"

static bool is_id(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.at[i]))
            return false;
    return s.len > 0 && s.len <= STS_ID_MAX;
}

/* `key = value` or `key: value`. */
static bool split_pair(struct slice part, char sign, struct slice *key_r, struct slice *value_r)
{
    size_t at = slice_find(part, sign, 0);
    if (at == SLICE_NONE)
        return false;
    *key_r = slice_trim(slice_head(part, at));
    *value_r = slice_trim(slice_from(part, at + 1));
    return true;
}

bool sts_record_read(struct slice text, struct slice *id_r)
{
    struct slice part, key, value;
    bool is_first = true;
    while (slice_split(&text, ';', &part)) {
        if (!split_pair(part, '=', &key, &value))
            continue;
        if (is_first && (!slice_eq(key, SLICE("v")) || !slice_eq(value, SLICE("STSv1"))))
            return false;
        if (!is_first && slice_eq(key, SLICE("id"))) {
            *id_r = value;
            return is_id(value);
        }
        is_first = false;
    }
    return false;
}

static const struct {
    struct slice name;
    enum sts_mode mode;
} modes[] = {
    {SLICE_INIT("none"), STS_NONE},
    {SLICE_INIT("testing"), STS_TESTING},
    {SLICE_INIT("enforce"), STS_ENFORCE},
};

/* Which keys were there; of all but mx the first counts (RFC 8461 3.2). */
struct reading {
    struct sts_policy *policy;
    bool has_version, has_mode, has_age;
    const char *wrong;
};

static void read_version(struct reading *r, struct slice value)
{
    if (!slice_eq(value, SLICE("STSv1")))
        r->wrong = "its version is not STSv1";
    r->has_version = true;
}

static void read_mode(struct reading *r, struct slice value)
{
    size_t i = 0, count = sizeof(modes) / sizeof(modes[0]);
    while (i < count && !slice_eq(modes[i].name, value))
        i++;
    if (i == count)
        r->wrong = "its mode is none of enforce, testing, none";
    else if (!r->has_mode)
        r->policy->mode = modes[i].mode;
    r->has_mode = true;
}

static void read_age(struct reading *r, struct slice value)
{
    uint64_t age;
    if (!slice_u64(value, &age) || age > STS_AGE_MAX)
        r->wrong = "its max_age is not a number of seconds up to a year";
    else if (!r->has_age)
        r->policy->max_age = age;
    r->has_age = true;
}

static bool is_pattern(struct slice s)
{
    struct slice label;
    if (slice_starts(s, SLICE("*.")))
        s = slice_from(s, 2);
    if (s.len == 0 || s.at[s.len - 1] == '.')
        return false;
    while (slice_split(&s, '.', &label)) {
        for (size_t i = 0; i < label.len; i++)
            if (!ascii_is_alnum(label.at[i]) && label.at[i] != '-' && label.at[i] != '_')
                return false;
        if (label.len == 0)
            return false;
    }
    return true;
}

static void read_mx(struct reading *r, struct slice value)
{
    if (!is_pattern(value))
        r->wrong = "one of its mx is no host name";
    else if (r->policy->count == STS_MX_MAX)
        r->wrong = "it has too many mx";
    else
        r->policy->mx[r->policy->count++] = value;
}

static const struct {
    struct slice key;
    void (*read)(struct reading *r, struct slice value);
} keys[] = {
    {SLICE_INIT("version"), read_version},
    {SLICE_INIT("mode"), read_mode},
    {SLICE_INIT("max_age"), read_age},
    {SLICE_INIT("mx"), read_mx},
};

static void read_line(struct reading *r, struct slice line)
{
    struct slice key, value;
    if (!split_pair(line, ':', &key, &value))
        return;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (slice_eq(keys[i].key, key))
            keys[i].read(r, value);
}

bool sts_policy_read(struct slice text, struct sts_policy *p_r, const char **why_r)
{
    struct reading r = {.policy = p_r};
    p_r->mode = STS_NONE;
    p_r->max_age = 0;
    p_r->count = 0;
    for (struct slice line; !r.wrong && slice_line(&text, &line);)
        read_line(&r, line);
    if (!r.wrong && !(r.has_version && r.has_mode && r.has_age))
        r.wrong = "it lacks one of version, mode, max_age";
    if (!r.wrong && p_r->mode != STS_NONE && p_r->count == 0)
        r.wrong = "it has no mx";
    *why_r = r.wrong;
    return !r.wrong;
}

bool sts_policy_names(const struct sts_policy *p, struct slice host)
{
    size_t dot = slice_find(host, '.', 0);
    for (size_t i = 0; i < p->count; i++) {
        bool is_wild = slice_starts(p->mx[i], SLICE("*."));
        /* a star stands for one label, the first (RFC 8461 4.1, RFC 6125 6.4) */
        if (is_wild ? dot != SLICE_NONE && dot > 0 &&
                          slice_ieq(slice_from(p->mx[i], 1), slice_from(host, dot))
                    : slice_ieq(p->mx[i], host))
            return true;
    }
    return false;
}

struct sts_policy *sts_policy_dup(const struct sts_policy *p, struct arena *arena)
{
    struct sts_policy *copy = arena_take(arena, sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *p;
    for (size_t i = 0; i < p->count; i++)
        if (!arena_dup(arena, p->mx[i], &copy->mx[i]))
            return NULL;
    return copy;
}
