/* What was said in an attempt, and why a client was refused. */
#include "control/operation.h"

void operation_trace(const struct control_call *call)
{
    char id[SPOOL_ID_TEXT + 1];
    int64_t at;
    struct slice text;
    const struct control_backend *backend = call->backend;
    if (!backend->trace) {
        control_error(call->out, "not_offered", "this server keeps no transcripts");
        return;
    }
    spool_id_write(call->request->filter.id, id);
    if (!backend->trace(backend->ctx, call->request->filter.id, &at, &text)) {
        control_error(call->out, "not_found",
                      "no failed attempt for message %s is remembered: none failed, or that was "
                      "before the server was started, or too many failed since",
                      id);
        return;
    }
    struct json j = json_to(call->out);
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_string(&j, "id", slice_str(id));
    control_time(&j, "time", at);
    json_put_string(&j, "transcript", text);
    json_end_object(&j);
    buf_add_char(call->out, '\n');
}

void operation_refusal(const struct control_call *call)
{
    const struct control_backend *backend = call->backend;
    struct slice reference = call->request->reference;
    if (!backend->refusal) {
        control_error(call->out, "not_offered", "this server keeps no refusals");
        return;
    }
    if (!backend->refusal(backend->ctx, reference, call->out)) {
        control_error(call->out, "not_found",
                      "no refusal %.*s is remembered: that was before the server was started, or "
                      "there were too many since; the log has it, as ref=%.*s",
                      SLICE_ARG(slice_head(reference, 40)), SLICE_ARG(slice_head(reference, 40)));
        return;
    }
    buf_add_str(call->out, "\n{\"ok\":true}\n");
}
