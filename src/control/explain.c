/* Explanations as JSON, with the names that `candor explain --json` has. */
#include "control/operation.h"
#include "guide/reader.h"
#include "reply/explanation_json.h"

enum {
    EXPLANATION_MEMORY = 64 * 1024,
    ANSWERS_MAX = 500, /* to one text: a page shows no more, and the server has other work */
};

bool control_explanation(struct json *j, const struct diagnosis_input *in,
                         const struct control_call *call)
{
    struct arena arena;
    struct diagnosis d;
    struct explanation e;
    arena_init(&arena, call->mem, EXPLANATION_MEMORY);
    diagnose_with(call->backend->rules, in, &d);
    bool done = explain_with(call->backend->rules, &d, in, &arena, &e);
    if (done && explanation_has_cause(in, &d))
        json_put_string(j, "title", slice_str(cause_title(d.cause)));
    if (done)
        explanation_put_json(j, in, &d, &e);
    arena_reset(&arena);
    return done;
}

struct answers {
    struct json *j;
    size_t count;
    bool is_cut;
};

static bool put_answer(void *ctx, const struct explained *x)
{
    struct answers *a = ctx;
    a->is_cut = a->count == ANSWERS_MAX;
    if (a->is_cut)
        return false;
    json_put_object(a->j, NULL);
    if (explanation_has_cause(&x->in, &x->diagnosis))
        json_put_string(a->j, "title", slice_str(cause_title(x->diagnosis.cause)));
    explained_put_json(a->j, x);
    json_end_object(a->j);
    a->count++;
    return true;
}

void control_explain(struct slice text, const struct control_backend *backend, int64_t now,
                     const struct mem *mem, struct buf *out)
{
    static const struct guide_listener listener = {.item = put_answer};
    struct json j = json_to(out);
    struct answers answers = {.j = &j};
    struct guide_reader reader;
    size_t begin = out->len;
    json_put_object(&j, NULL);
    json_put_bool(&j, "ok", true);
    json_put_array(&j, "answers");
    guide_reader_init(&reader, mem, &listener, &answers, backend->rules);
    reader.clock = (struct log_clock){.now = now, .zone = backend->zone, .ctx = backend->ctx};
    bool done = guide_read_whole(&reader, "-", text) || answers.is_cut;
    json_end_array(&j);
    if (answers.is_cut)
        json_put_bool(&j, "cut", true);
    if (reader.logs)
        json_put_number(&j, "delivered", (int64_t)reader.delivered);
    json_end_object(&j);
    buf_add_char(out, '\n');
    guide_reader_free(&reader);
    if (done)
        return;
    out->len = begin;
    control_error(out, "failed", "this text could not be explained: %s", err_text(ERR_MEMORY));
}

void operation_explain(const struct control_call *call)
{
    control_explain(call->request->text, call->backend, call->now, call->mem, call->out);
}
