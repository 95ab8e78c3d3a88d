#include "base/json.h"
#include "cli/explain.h"
#include "cli/words.h"
#include "reply/catalogue.h"
#include "system/heap.h"

enum { TEXT_MAX = 1024 * 1024 };

static void put_text(struct json *j, const char *key, struct slice text)
{
    struct buf harmless;
    buf_init(&harmless, &heap, TEXT_MAX);
    words_harmless(&harmless, text);
    json_put_known(j, key, buf_slice(&harmless));
    buf_free(&harmless);
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

static void put_reply(struct json *j, const struct explained *x)
{
    const struct reply *r = &x->in.reply;
    unsigned digit = r->code ? r->code / 100U : r->enhanced.class;
    put_count(j, "code", r->code);
    if (r->enhanced.class) {
        char storage[16];
        struct buf text;
        buf_init_fixed(&text, storage, sizeof(storage));
        enhanced_write(&text, r->enhanced);
        json_put_string(j, "enhanced", buf_slice(&text));
    }
    put_text(j, "text", r->text);
    put_name(j, "severity", severity_name(digit));
    put_name(j, "category", category_name(r->code));
}

static void put_cause(struct json *j, const struct explained *x)
{
    const struct diagnosis *d = &x->diagnosis;
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
    put_text(j, "blocklist", d->blocklist);
    put_text(j, "ip", d->ip);
    put_text(j, "url", d->url);
    put_text(j, "host", d->host);
    put_text(j, "domain", d->domain);
    put_count(j, "limit", d->limit);
    put_count(j, "size", d->size);
    put_count(j, "retry_after", d->retry_after);
    json_end_object(j);
}

static void put_advice(struct json *j, const struct explanation *e)
{
    put_text(j, "summary", e->summary);
    json_put_array(j, "next");
    for (size_t i = 0; i < e->count; i++)
        put_text(j, NULL, e->steps[i]);
    json_end_array(j);
}

void explain_write_json(struct buf *out, const struct explained *x)
{
    struct json j = json_to(out);
    bool success = explained_is_success(x);
    json_put_object(&j, NULL);
    put_name(&j, "source", x->source);
    put_count(&j, "line", x->line);
    put_name(&j, "input", "reply");
    put_name(&j, "kind", explained_kind(x));
    put_reply(&j, x);
    if (!success)
        put_cause(&j, x);
    json_put_known(&j, "provider", x->diagnosis.provider);
    put_text(&j, "remote", x->in.remote);
    put_details(&j, &x->diagnosis.details);
    put_advice(&j, &x->explanation);
    if (!success) {
        json_put_bool(&j, "retry", diagnosis_may_retry(&x->diagnosis));
        json_put_fraction(&j, "confidence", (double)x->diagnosis.confidence);
        json_put_known(&j, "rule", x->diagnosis.rule);
    }
    json_end_object(&j);
    buf_add_char(out, '\n');
}
