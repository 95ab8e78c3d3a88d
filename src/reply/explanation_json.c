#include "reply/explanation_json.h"

#include "reply/catalogue.h"

static bool is_success(const struct reply *r)
{
    return r->code ? r->code >= 200 && r->code < 400 : r->enhanced.class == 2;
}

bool explanation_has_cause(const struct diagnosis_input *in, const struct diagnosis *d)
{
    const struct reply *r = &in->reply;
    bool is_known =
        r->code || r->enhanced.class || in->stage != STAGE_NONE || d->cause != CAUSE_UNKNOWN;
    return is_known && !is_success(r);
}

const char *explanation_kind(const struct diagnosis_input *in, const struct diagnosis *d)
{
    if (explanation_has_cause(in, d))
        return diagnosis_may_retry(d) ? "delay" : "failure";
    return is_success(&in->reply) && in->reply.code < 300 ? "success" : "none";
}

static void put_name(struct json *j, const char *key, const char *name)
{
    json_put_known(j, key, slice_str(name));
}

static void put_count(struct json *j, const char *key, uint64_t value)
{
    if (value && value <= INT64_MAX)
        json_put_number(j, key, (int64_t)value);
}

static void put_reply(struct json *j, const struct reply *r)
{
    unsigned digit = r->code ? r->code / 100U : r->enhanced.class;
    put_count(j, "code", r->code);
    if (r->enhanced.class) {
        char storage[16];
        struct buf text;
        buf_init_fixed(&text, storage, sizeof(storage));
        enhanced_write(&text, r->enhanced);
        json_put_string(j, "enhanced", buf_slice(&text));
    }
    json_put_harmless(j, "text", r->text);
    put_name(j, "severity", severity_name(digit));
    put_name(j, "category", category_name(r->code));
}

static void put_cause(struct json *j, const struct diagnosis *d)
{
    put_name(j, "cause", cause_name(d->cause));
    put_name(j, "scope", scope_name(d->scope));
    put_name(j, "permanence", permanence_name(d->permanence));
    put_name(j, "stage", stage_name(d->stage));
    put_name(j, "fixer", fixer_name(d->fixer));
    put_name(j, "action", action_name(d->action));
}

static void put_details(struct json *j, const struct diagnosis_details *d)
{
    bool any = d->blocklist.len || d->ip.len || d->url.len || d->host.len || d->domain.len ||
               d->limit || d->size || d->retry_after;
    if (!any)
        return;
    json_put_object(j, "details");
    json_put_harmless(j, "blocklist", d->blocklist);
    json_put_harmless(j, "ip", d->ip);
    json_put_harmless(j, "url", d->url);
    json_put_harmless(j, "host", d->host);
    json_put_harmless(j, "domain", d->domain);
    put_count(j, "limit", d->limit);
    put_count(j, "size", d->size);
    put_count(j, "retry_after", d->retry_after);
    json_end_object(j);
}

static void put_advice(struct json *j, const struct explanation *e)
{
    json_put_harmless(j, "summary", e->summary);
    json_put_array(j, "next");
    for (size_t i = 0; i < e->count; i++)
        json_put_harmless(j, NULL, e->steps[i]);
    json_end_array(j);
}

void explanation_put_json(struct json *j, const struct diagnosis_input *in,
                          const struct diagnosis *d, const struct explanation *e)
{
    explanation_put_json_as(j, explanation_kind(in, d), in, d, e);
}

void explanation_put_json_as(struct json *j, const char *kind, const struct diagnosis_input *in,
                             const struct diagnosis *d, const struct explanation *e)
{
    bool has_cause = explanation_has_cause(in, d);
    put_name(j, "kind", kind);
    put_reply(j, &in->reply);
    if (has_cause)
        put_cause(j, d);
    json_put_known(j, "provider", d->provider);
    json_put_harmless(j, "remote", in->remote);
    put_details(j, &d->details);
    put_advice(j, e);
    if (!has_cause)
        return;
    json_put_bool(j, "retry", diagnosis_may_retry(d));
    json_put_fraction(j, "confidence", (double)d->confidence);
    json_put_known(j, "rule", d->rule);
}
