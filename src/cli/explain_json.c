#include "base/json.h"
#include "cli/explain.h"
#include "reply/explanation_json.h"

void explain_write_json(struct buf *out, const struct explained *x)
{
    struct json j = json_to(out);
    json_put_object(&j, NULL);
    json_put_string(&j, "source", slice_str(x->source));
    if (x->line)
        json_put_number(&j, "line", (int64_t)x->line);
    json_put_string(&j, "input", SLICE("reply"));
    explanation_put_json(&j, &x->in, &x->diagnosis, &x->explanation);
    json_end_object(&j);
    buf_add_char(out, '\n');
}
