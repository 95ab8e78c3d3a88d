#include "system/account.h"

#include "base/verifier.h"
#include "system/config_internal.h"

/* A verifier has two colons of its own. */
static struct slice take_verifier(struct slice *rest)
{
    const char *begin = rest->at, *end = rest->at;
    struct slice part;
    for (int i = 0; i < 3 && slice_split(rest, ':', &part); i++)
        end = part.at + part.len;
    return slice_of(begin, (size_t)(end - begin));
}

struct slice account_terms(struct slice line)
{
    struct slice hash, rest = line;
    if (!slice_split(&rest, ':', &hash))
        return SLICE("");
    if (verifier_is_meant(rest))
        (void)take_verifier(&rest);
    return rest;
}

static bool read_day(struct slice text, int64_t *day_r)
{
    const struct conf_item item = {.type = CONF_DAY};
    char words[128];
    struct buf what;
    buf_init_fixed(&what, words, sizeof(words));
    return config_value_parse(&item, text, NULL, day_r, &what);
}

static const char *read_terms(struct slice rest, struct account *a)
{
    struct slice term;
    while (slice_split(&rest, ':', &term)) {
        if (slice_eq(term, SLICE(ACCOUNT_SCRAM_ONLY)))
            a->is_scram_only = true;
        if (!slice_starts(term, SLICE(ACCOUNT_EXPIRES)))
            continue;
        a->expires = slice_from(term, sizeof(ACCOUNT_EXPIRES) - 1);
        if (!read_day(a->expires, &a->expires_day))
            return "password-expires is no day; right is, for example, "
                   "password-expires=2026-12-31, as `candor user expire` writes it";
    }
    if (a->is_scram_only && a->verifier.len == 0)
        return "it is to log in by SCRAM only, and has no verifier for that; `candor user passwd` "
               "writes one";
    return NULL;
}

const char *account_read(struct slice line, struct account *a_r)
{
    struct slice rest = line;
    struct verifier v;
    *a_r = (struct account){.verifier = SLICE(""), .expires = SLICE(""), .expires_day = INT64_MAX};
    if (!slice_split(&rest, ':', &a_r->hash) || a_r->hash.len == 0)
        return "there is no hash of a password";
    if (verifier_is_meant(rest)) {
        a_r->verifier = take_verifier(&rest);
        if (!verifier_read(a_r->verifier, &v))
            return "its verifier for SCRAM can't be used; `candor user passwd` writes a new one";
    }
    return read_terms(rest, a_r);
}

void account_add_without(struct buf *out, struct slice line, struct slice term)
{
    struct slice part;
    bool is_first = true;
    while (slice_split(&line, ':', &part)) {
        if (!is_first && slice_starts(part, term))
            continue;
        buf_add_str(out, is_first ? "" : ":");
        buf_add(out, part);
        is_first = false;
    }
}
