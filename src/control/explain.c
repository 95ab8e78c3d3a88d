/* The explanation of a reply as JSON, with the names that `candor explain --json` has. */
#include "control/operation.h"
#include "reply/scan.h"

enum { EXPLANATION_MEMORY = 64 * 1024 };

static void add_amount(struct json *j, const char *key, uint64_t value)
{
    if (value)
        json_put_number(j, key, (int64_t)value);
}

static void add_codes(struct json *j, const struct reply *r)
{
    char storage[16];
    struct buf text;
    if (r->code)
        json_put_number(j, "code", r->code);
    if (r->enhanced.class == 0)
        return;
    buf_init_fixed(&text, storage, sizeof(storage));
    enhanced_write(&text, r->enhanced);
    json_put_string(j, "enhanced", buf_slice(&text));
}

static bool has_details(const struct diagnosis_details *d)
{
    return d->blocklist.len || d->ip.len || d->url.len || d->host.len || d->domain.len ||
           d->limit || d->size || d->retry_after;
}

static void add_details(struct json *j, const struct diagnosis_details *d)
{
    if (!has_details(d))
        return;
    json_put_object(j, "details");
    json_put_known(j, "blocklist", d->blocklist);
    json_put_known(j, "ip", d->ip);
    json_put_known(j, "url", d->url);
    json_put_known(j, "host", d->host);
    json_put_known(j, "domain", d->domain);
    add_amount(j, "limit", d->limit);
    add_amount(j, "size", d->size);
    add_amount(j, "retry_after", d->retry_after);
    json_end_object(j);
}

static void add_diagnosis(struct json *j, const struct diagnosis *d)
{
    json_put_string(j, "cause", slice_str(cause_name(d->cause)));
    json_put_string(j, "title", slice_str(cause_title(d->cause)));
    json_put_string(j, "scope", slice_str(scope_name(d->scope)));
    json_put_string(j, "permanence", slice_str(permanence_name(d->permanence)));
    json_put_known(j, "stage", slice_str(stage_name(d->stage)));
    json_put_string(j, "fixer", slice_str(fixer_name(d->fixer)));
    json_put_string(j, "action", slice_str(action_name(d->action)));
    json_put_known(j, "provider", d->provider);
    add_details(j, &d->details);
}

bool control_explanation(struct json *j, const struct diagnosis_input *in, const struct mem *mem)
{
    struct arena arena;
    struct diagnosis d;
    struct explanation e;
    arena_init(&arena, mem, EXPLANATION_MEMORY);
    diagnose(in, &d);
    bool done = explain(&d, in, &arena, &e);
    if (done) {
        add_codes(j, &in->reply);
        json_put_known(j, "text", in->reply.text);
        add_diagnosis(j, &d);
        json_put_known(j, "remote", in->remote);
        json_put_string(j, "summary", e.summary);
        json_put_array(j, "next");
        for (size_t i = 0; i < e.count; i++)
            json_put_string(j, NULL, e.steps[i]);
        json_end_array(j);
        json_put_bool(j, "retry", diagnosis_may_retry(&d));
        json_put_fraction(j, "confidence", (double)d.confidence);
        json_put_string(j, "rule", d.rule);
    }
    arena_reset(&arena);
    return done;
}

void operation_explain(const struct control_call *call)
{
    struct arena arena;
    struct diagnosis_input in;
    size_t begin = call->out->len;
    arena_init(&arena, call->mem, CONTROL_REQUEST_MAX + EXPLANATION_MEMORY);
    reply_scan(call->request->text, &arena, &in);
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    if (control_explanation(&j, &in, call->mem)) {
        json_end_object(&j);
        buf_add_char(call->out, '\n');
    } else {
        call->out->len = begin;
        control_error(call->out, "failed", "this text could not be explained: %s",
                      err_text(ERR_MEMORY));
    }
    arena_reset(&arena);
}
