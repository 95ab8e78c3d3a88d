/* The explanation of a reply as JSON, with the names that `candor explain --json` has. */
#include "control/operation.h"
#include "reply/explanation_json.h"
#include "reply/scan.h"

enum { EXPLANATION_MEMORY = 64 * 1024 };

bool control_explanation(struct json *j, const struct diagnosis_input *in,
                         const struct control_call *call)
{
    struct arena arena;
    struct diagnosis d;
    struct explanation e;
    arena_init(&arena, call->mem, EXPLANATION_MEMORY);
    diagnose_with(call->backend->rules, in, &d);
    bool done = explain(&d, in, &arena, &e);
    if (done && explanation_has_cause(in, &d))
        json_put_string(j, "title", slice_str(cause_title(d.cause)));
    if (done)
        explanation_put_json(j, in, &d, &e);
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
    if (control_explanation(&j, &in, call)) {
        json_end_object(&j);
        buf_add_char(call->out, '\n');
    } else {
        call->out->len = begin;
        control_error(call->out, "failed", "this text could not be explained: %s",
                      err_text(ERR_MEMORY));
    }
    arena_reset(&arena);
}
