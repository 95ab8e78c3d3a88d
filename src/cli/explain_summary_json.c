#include "base/json.h"
#include "cli/explain_summary.h"
#include "mail/date.h"

enum { TOP = 20, FIXES = 5, TIME_BYTES = 40 };

static void put_time(struct json *j, const char *key, int64_t unix_ms)
{
    char storage[TIME_BYTES];
    struct buf time;
    buf_init_fixed(&time, storage, sizeof(storage));
    date_write_3339(&time, unix_ms, 0);
    json_put_string(j, key, buf_slice(&time));
}

static void put_tally(struct json *j, const char *key, const char *name, const struct tally *t)
{
    const struct tally_row *top[TOP];
    size_t count = tally_top(t, top, TOP);
    json_put_array(j, key);
    for (size_t i = 0; i < count; i++) {
        json_put_object(j, NULL);
        json_put_harmless(j, name, top[i]->name);
        json_put_number(j, "count", (int64_t)top[i]->count);
        json_end_object(j);
    }
    json_end_array(j);
}

static void put_kinds(struct json *j, const struct explain_summary *s)
{
    json_put_object(j, "kinds");
    for (int k = 0; k < SUMMARY_KINDS; k++)
        if (s->kinds[k] > 0)
            json_put_number(j, bounce_kind_name((enum bounce_kind)k), (int64_t)s->kinds[k]);
    json_end_object(j);
}

static void put_causes(struct json *j, const struct explain_summary *s)
{
    json_put_object(j, "causes");
    for (int c = 0; c < CAUSE_COUNT; c++)
        if (s->causes[c] > 0)
            json_put_number(j, cause_name((enum cause)c), (int64_t)s->causes[c]);
    json_end_object(j);
}

static void put_fixes(struct json *j, const struct explain_summary *s)
{
    const struct tally_row *fixes[FIXES];
    size_t count = explain_summary_fixes(s, fixes, FIXES);
    json_put_array(j, "fix_first");
    for (size_t i = 0; i < count; i++) {
        const struct summary_fix *fix = fixes[i]->about;
        json_put_object(j, NULL);
        json_put_string(j, "cause", slice_str(cause_name(fix->cause)));
        json_put_known(j, "provider", fix->provider);
        json_put_string(j, "fixer", slice_str(fixer_name(fix->fixer)));
        json_put_number(j, "count", (int64_t)fixes[i]->count);
        json_put_harmless(j, "summary", fix->summary);
        json_put_harmless(j, "next", fix->step);
        json_end_object(j);
    }
    json_end_array(j);
}

void explain_summary_write_json(struct buf *out, const struct explain_summary *s)
{
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_number(&j, "items", (int64_t)s->items);
    if (s->first <= s->last) {
        put_time(&j, "from", s->first);
        put_time(&j, "to", s->last);
    }
    put_kinds(&j, s);
    put_causes(&j, s);
    put_tally(&j, "providers", "provider", &s->providers);
    put_tally(&j, "destinations", "domain", &s->destinations);
    put_tally(&j, "recipients", "recipient", &s->recipients);
    put_tally(&j, "hosts", "host", &s->hosts);
    put_fixes(&j, s);
    json_end_object(&j);
    buf_add_char(out, '\n');
}
